"""The JVM half of the SparkContext that is alive: what capture tells it, and what it has seen."""

from __future__ import annotations

import _thread
import itertools
import threading
from collections.abc import Callable, Sequence
from typing import Any

from spark_lineage.agent.ahead import Ahead
from spark_lineage.guard import Guard, logger
from spark_lineage.jvm.bridge import Bridge, JvmHalfMissing
from spark_lineage.model import Observation, SparkStarted

SETTLE_SECONDS = 2.0  # at most, for what ran before an observation began

_spark: SparkStarted | None = None  # the JVM half says it once; a later observation of the same session needs it too


class Relay:
    """What capture calls on the JVM half; holds the bridge of the context that is alive, if one is."""

    def __init__(self) -> None:
        self.bridge: Bridge | None = None
        self._serves = False

    def attach(self, bridge: Bridge) -> None:
        self.bridge, self._serves = bridge, bridge.serves_connect()

    def hears_connect(self) -> bool:
        """Whether sessions of Spark Connect run in this JVM: the program has started their server."""
        return self.bridge is not None and self._serves

    def mark(self, df: Any, df_id: str, inputs: Sequence[str], why: str) -> None:
        if self.bridge is not None:
            self.bridge.mark(df, df_id, inputs, why)

    def read(self, df: Any, df_id: str) -> None:
        if self.bridge is not None:
            self.bridge.read(df, df_id)

    def ask(self, df_id: str, questions: Sequence[tuple[str, tuple[str, ...]]]) -> None:
        if self.bridge is not None:
            self.bridge.ask(df_id, questions)

    def same(self, df: Any, df_id: str) -> None:
        if self.bridge is not None:
            self.bridge.same(df, df_id)

    def place(self, path: str) -> tuple[str, str, str] | None:
        return self.bridge.place(path) if self.bridge is not None else None

    def set_op(self, op_id: str | None) -> None:
        if self.bridge is not None:
            self.bridge.set_op(op_id)

    def function(self, udf: Any, code: str) -> None:
        if self.bridge is not None:
            self.bridge.function(udf, code)


class JvmHalf:
    """Takes from the JVM half what it has seen. ``seconds``: how long the program waits for it at an end."""

    def __init__(self, ahead: Ahead, guard: Guard, gap: Callable[[str, str], None], seconds: float) -> None:
        self.relay = Relay()
        self.ours = False  # what is seen just now is our own doing, and no part of the record
        self._ahead, self._guard, self._gap, self._seconds = ahead, guard, gap, seconds
        self._draining = threading.Lock()  # not the lock of the file: a JVM that hangs holds up only what needs it

    def attach(self, spark_context: Any, ran_before: bool, put: Callable[[Observation], None]) -> None:
        """``ran_before``: the context was there before this observation began."""
        try:
            bridge = Bridge(spark_context)
        except JvmHalfMissing as missing:
            why = str(missing)
            logger.warning("spark-lineage.jar: %s", why)
            self._gap("jvm", f"{why} Steps, edges and code are recorded; rows, columns and executions are not.")
            return
        if ran_before:
            self._pass_over(bridge, put)
        self.relay.attach(bridge)

    def _pass_over(self, bridge: Bridge, put: Callable[[Observation], None]) -> None:
        """What was seen before this observation began is not ours, but for what Spark it is."""
        global _spark
        bridge.settle(min(self._seconds, SETTLE_SECONDS))
        for observation in itertools.chain.from_iterable(bridge.drain()):
            _spark = observation if isinstance(observation, SparkStarted) else _spark
        if _spark is not None:
            put(_spark)

    def detached(self) -> None:
        """The context has been stopped."""
        bridge, self.relay.bridge = self.relay.bridge, None
        if bridge is not None:
            self._guard("drain", self._drain, bridge)

    def take(self) -> None:
        """Takes what has been seen since the last time."""
        if (bridge := self.relay.bridge) is not None and bridge.alive():
            self._guard("drain", self._drain, bridge)

    def _drain(self, bridge: Bridge) -> None:
        global _spark
        with self._draining:  # until all are written: the end must not come in between
            for observations in bridge.drain():
                started = (observation for observation in observations if isinstance(observation, SparkStarted))
                _spark = next(started, _spark)
                if not self.ours:
                    self._ahead.write(observations)

    def settle(self, seconds: float | None = None) -> None:
        """Takes all that there is, also what Spark has still to tell. ``seconds``: what comes later than that is taken
        another time.
        """
        bridge = self.relay.bridge
        if bridge is not None and bridge.alive():
            if not bridge.settle(self._seconds if seconds is None else seconds) and seconds is None:
                why = f"Spark's listener bus was not empty after {self._seconds:g} s: facts may be missing"
                self._gap("settle", why)
            self.take()
            self._ahead.flush()

    def last_look(self) -> None:
        """``settle`` in a thread of its own: the program ends whether or not the JVM still answers."""
        bridge, looked = self.relay.bridge, threading.Event()
        if bridge is None:
            return

        def look() -> None:
            try:
                self.settle()
            finally:
                looked.set()
                bridge.hang_up()

        _thread.start_new_thread(self._guard, ("settle", look))
        if not looked.wait(self._seconds + SETTLE_SECONDS):
            self.relay.bridge = None
            self._gap("settle", "the JVM did not answer any more: facts may be missing")
