"""Calls into ``io.sparklineage.PythonApi`` of one SparkContext.

Nothing here waits for Spark: ``mark`` sets a tag, ``set_op`` sets a local property, ``drain`` takes what is there.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from spark_lineage.jvm.fit import why_not
from spark_lineage.jvm.records import decode
from spark_lineage.model import WIRE_VERSION, JvmGap, Observation

OP_PROPERTY = "spark.lineage.op"
CONNECT_PLUGIN = "org.apache.spark.sql.connect.SparkConnectPlugin"


class JvmHalfMissing(Exception):
    """The listener's classes are not on the classpath of this driver, or are for another Spark. One sentence."""


class Bridge:
    """One live SparkContext's listener. Implements ``capture.JvmPort``.

    Raises :class:`JvmHalfMissing` if the JVM half is not there.
    """

    def __init__(self, spark_context: Any) -> None:
        self._context = self.context = spark_context
        if misfit := why_not(spark_context._jvm):
            raise JvmHalfMissing(misfit)
        self._api = api = spark_context._jvm.io.sparklineage.PythonApi
        if (wire := api.wire()) != WIRE_VERSION:
            raise JvmHalfMissing(f"The spark-lineage jar speaks wire version {wire}, this package {WIRE_VERSION}.")
        self._mark = _as_they_are(api.mark)
        self._read = _as_they_are(api.read)
        self._same = _as_they_are(api.same)
        self._set_property = _as_they_are(spark_context._jsc.setLocalProperty)
        self._client = spark_context._gateway._gateway_client

    def mark(self, df: Any, df_id: str, inputs: Sequence[str], why: str) -> None:
        self._mark(df._jdf, df_id, ",".join(inputs), "", why)

    def read(self, df: Any, df_id: str) -> None:
        """Has the plan of a DataFrame described that a reader has given, without a mark."""
        self._read(df._jdf, df_id)

    def ask(self, df_id: str, questions: Sequence[tuple[str, tuple[str, ...]]]) -> None:
        """What rules want to know of a DataFrame's rows; before it is marked."""
        asked = [{"kind": kind, "arguments": list(arguments)} for kind, arguments in questions]
        self._api.ask(df_id, json.dumps(asked))

    def same(self, df: Any, df_id: str) -> None:
        """Says that a DataFrame has the rows of the marked DataFrame ``df_id``, which its plan does not show."""
        self._same(df._jdf, df_id)

    def place(self, path: str) -> tuple[str, str, str] | None:
        """The namespace, the name and the part ("" for all) of the storage at a path; None after a fault."""
        found = self._api.place(path).split("\n")
        return (found[0], found[1], found[2]) if len(found) > 3 else None

    def set_op(self, op_id: str | None) -> None:
        """Ties the Spark jobs that this thread starts from now on to one operation."""
        self._set_property(OP_PROPERTY, op_id)

    def function(self, udf: Any, code: str) -> None:
        """Tells the hash of the code of a UDF, so that the plans that call it have it in theirs."""
        self._api.function(udf, code)

    def hang_up(self) -> None:
        """Closes the connection of a thread of ours that ends. py4j would say so in the program's log (INFO)."""
        ours = threading.get_ident()

        def of_the_program(record: logging.LogRecord) -> bool:
            return record.thread != ours

        client, log = self._client, logging.getLogger("py4j.clientserver")
        log.addFilter(of_the_program)
        try:
            connection = client.get_thread_connection() if hasattr(type(client), "get_thread_connection") else None
            if connection is not None:
                if connection in client.deque:
                    client.deque.remove(connection)
                connection.close()
            del connection  # its end is logged once more
        finally:
            log.removeFilter(of_the_program)

    def serves_connect(self) -> bool:
        """Whether a server of Spark Connect runs in this JVM, as for ``remote("local[2]")``."""
        if "pyspark.sql.connect.session" not in sys.modules:
            return False
        return CONNECT_PLUGIN in (self._context._conf.get("spark.plugins") or "").split(",")

    def alive(self) -> bool:
        """False once the JVM has ended: asking it then would make py4j log errors into the user's handlers."""
        gateway = self._context._gateway
        if gateway is None:
            return False
        process = getattr(gateway, "proc", None)  # absent under spark-submit, where the JVM is our parent
        return process is None or process.poll() is None

    def settle(self, seconds: float) -> bool:
        """Waits until the listener has seen all events posted so far, at most ``seconds``."""
        return bool(self._api.settle(int(seconds * 1000)))

    def drain(self) -> Iterator[list[Observation]]:
        """Observations of the JVM half since the last call, oldest first, in chunks of about a megabyte of JSON."""
        while lines := self._api.drain():
            yield [_decoded(line) for line in lines.splitlines() if line]

    def status(self) -> str:
        return str(self._api.status())


def _as_they_are(member: Any) -> Any:
    """A method of the JVM's, bound once (py4j asks the JVM for it each time it is named), whose arguments are strings,
    None or objects of the JVM's: py4j need not ask each of pyspark's converters about each, which is most of a call."""
    member.converters = ()
    return member


def _decoded(line: str) -> Observation:
    try:
        return decode(line)
    except Exception as error:
        return JvmGap("wire", f"an observation of the JVM half could not be read ({type(error).__name__}: {error})")
