"""The audit tables as tables of a catalog (option ``audit.catalog``), written by delta-spark in the user's session.

Unlike all else that is recorded this runs Spark jobs: it is done only if asked for, when the program is at its end or
stops its session. A run whose session is stopped before the program has ended is there with the outcome ``running``
until a later run, or whoever calls :meth:`CatalogAudit.catch_up`, brings the rest.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator
from typing import Any

from spark_lineage.model import Outcome
from spark_lineage.sinks.audit_rows import schema, tables
from spark_lineage.store.runs import RunRecord, Store

ATTEMPTS = 5  # of one write; another driver may make the same table, or commit, at the same moment
NAME = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?\Z")
TYPES = {
    "string": "STRING",
    "int64": "BIGINT",
    "double": "DOUBLE",
    "bool": "BOOLEAN",
    "timestamp[us, tz=UTC]": "TIMESTAMP",
}
OPEN, FINAL = 1, 2  # versions of a run's rows


class CatalogAudit:
    """The audit tables in one schema of a catalog: ``lineage``, or ``main.lineage``.

    ``spark``: a classic session with delta-spark. Raises ValueError for what is no name of a schema.
    """

    def __init__(self, spark: Any, name: str) -> None:
        if NAME.match(name) is None:
            raise ValueError(f"{name!r} is no schema of a catalog: write schema, or catalog.schema")
        self._spark = spark
        self._name = name

    def put(self, record: RunRecord) -> bool:
        """Writes one run, once it has ended for the last time; False if it is there already. Runs Spark jobs."""
        run = record.graph.run
        known = self._outcomes()
        if run.id in known and (known[run.id] != Outcome.RUNNING.value or run.outcome is Outcome.RUNNING):
            return False
        for name, rows in tables(record):
            self._retried(name, rows, record, run.id in known)
        return True

    def catch_up(self, store: Store) -> int:
        """Writes the ended runs of a store that are not there, or not with their end; returns how many."""
        known = self._outcomes()
        added = 0
        for summary in store.runs():
            if summary.why is None and known.get(summary.id, Outcome.RUNNING.value) == Outcome.RUNNING.value:
                record = store.open(summary)
                if not record.recovered:
                    added += self.put(record)
        return added

    def _outcomes(self) -> dict[str, str]:
        if not self._spark.catalog.tableExists(f"{self._name}.runs"):
            return {}
        found = self._spark.sql(f"SELECT run_id, outcome FROM {self._name}.runs").collect()
        return {row["run_id"]: row["outcome"] for row in found}

    def _retried(self, name: str, rows: Any, record: RunRecord, again: bool) -> None:
        for attempt in range(ATTEMPTS):
            try:
                self._write(name, rows, record, again)
                return
            except Exception:
                if attempt == ATTEMPTS - 1:
                    raise
                time.sleep(random.uniform(0, 0.1 * 2**attempt))

    def _write(self, name: str, rows: Any, record: RunRecord, again: bool) -> None:
        """Writes the rows of one run; ``again`` takes away those that are there before."""
        place, run = f"{self._name}.{name}", record.graph.run
        if not rows.num_rows and not again and self._spark.catalog.tableExists(place):
            return
        frame = self._spark.createDataFrame(list(_tuples(rows)), _declared(name), verifySchema=False)
        version = OPEN if run.outcome is Outcome.RUNNING else FINAL
        writer = frame.coalesce(1).write.format("delta").mode("overwrite" if again else "append")
        writer = writer.option("txnAppId", f"spark-lineage/{run.id}").option("txnVersion", version)
        if again:
            writer.option("replaceWhere", f"run_id = '{run.id}'").saveAsTable(place)
        else:
            writer.option("mergeSchema", "true").saveAsTable(place)


def _declared(name: str) -> str:
    return ", ".join(f"`{field.name}` {_type(str(field.type))}" for field in schema(name))


def _type(arrow: str) -> str:
    if arrow.startswith("list"):
        return "ARRAY<STRING>"
    if arrow.startswith("map"):
        return f"MAP<STRING, {_type(arrow.rsplit(', ', 1)[1].rstrip('>').split(' ')[0])}>"
    return TYPES[arrow]


def _tuples(rows: Any) -> Iterator[tuple[Any, ...]]:
    maps = {field.name for field in rows.schema if str(field.type).startswith("map")}
    for row in rows.to_pylist():
        yield tuple(dict(item) if name in maps and item is not None else item for name, item in row.items())
