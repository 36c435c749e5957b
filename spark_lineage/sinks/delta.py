"""The Delta audit tables, written by ``deltalake``: no Spark job, no jar.

A run is appended once: each commit carries the run id as an application transaction, so appending again, from
another process or after a crash half-way, adds only what is missing. Many drivers may append to one store at once.
Where ``deltalake`` is not installed nothing is written; ``catch_up`` brings in such runs later.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import random
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spark_lineage.refusals import Refusal
from spark_lineage.sinks.journal import seal
from spark_lineage.sinks.table_places import TablePlace, table_place
from spark_lineage.store import places
from spark_lineage.store.runs import RunRecord, Store, open_folder

if TYPE_CHECKING:
    from spark_lineage.sinks.signing import Signer

ATTEMPTS = 20  # of one commit; many drivers may want the same next version
LONGEST_PAUSE = 1.0  # seconds between two attempts
# Commits from one checkpoint of a table to the next: whoever opens the table reads all commits since the last one.
CHECKPOINT = {"delta.checkpointInterval": "10"}
LONGEST = 60.0  # seconds after which no other attempt is made: a store elsewhere does not answer
FILES = 64  # that it takes to write a table: two runtimes of tokio, and the table's own


def _can_open(files: int) -> None:
    """Raises OSError unless so many more files can be opened: ``deltalake`` panics then, and prints that it does."""
    with contextlib.ExitStack() as opened:
        for _ in range(files):
            opened.callback(os.close, os.open(os.devnull, os.O_RDONLY))


def available() -> bool:
    return importlib.util.find_spec("deltalake") is not None and importlib.util.find_spec("pyarrow") is not None


class AuditError(Refusal):
    """The audit tables cannot be written; its text is one sentence for the user."""


def tables_of(store: Store) -> DeltaAudit:
    """The audit tables of a store. Raises :class:`AuditError` where ``deltalake`` is not installed."""
    if not available():
        raise AuditError("the audit tables need the package deltalake: pip install deltalake")
    return DeltaAudit(store.path / "audit")


class DeltaAudit:
    """The audit tables of one store, each a Delta table of its own.

    ``path``: the folder ``audit`` of the store. Where that is the mirror of a store elsewhere, the tables are there.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    @property
    def name(self) -> str:
        """For people."""
        place = places.place_of(self.path.parent)
        return f"{place.name}/audit" if place is not None else str(self.path)

    @property
    def place(self) -> TablePlace:
        return table_place(self.path)

    def append(self, record: RunRecord | Path) -> bool:
        """Appends one run, given as its record or its folder. False if ``deltalake`` is not there."""
        if not available():
            return False
        from spark_lineage.sinks.audit_rows import tables

        _can_open(FILES)
        opened = record if isinstance(record, RunRecord) else open_folder(record)
        run = opened.graph.run.id
        for _ in self.place.each(lambda made: self._append(made[0], run, made[1]), tables(opened)):
            continue
        return True

    def runs(self) -> set[str]:
        """The ids of the runs that are wholly in the tables."""
        table = self.table("runs")
        if table is None:
            return set()
        found = self.place.rows(table, ["run_id"])
        return set(found.column("run_id").to_pylist())

    def table(self, name: str) -> Any:
        """One of the tables as ``deltalake`` has it; None where it is not there."""
        return self.place.table(name)

    def catch_up(self, store: Store, signer: Signer | None = None) -> int:
        """Appends the ended runs of a store that are not in the tables yet; returns how many there were.

        Those that were killed are sealed first, and signed by ``signer``.
        """
        if not available():
            return 0
        known = self.runs()
        added = 0
        for run in store.runs():
            if run.id in known or run.empty:
                continue
            seal(run.folder, signer)  # a run that was killed ends here
            record = store.open(run)
            if not record.recovered:
                added += self.append(record)
        return added

    def rebuild(self, store: Store, signer: Signer | None = None) -> int:
        """Makes the tables anew from the journals; returns the number of runs. Nobody may append meanwhile."""
        from spark_lineage.sinks.audit_rows import TABLES

        if not available():
            return 0
        for name in TABLES:
            self.place.remove(name)
        return self.catch_up(store, signer)

    def delete(self, runs: Sequence[str], names: Iterable[str] | None = None) -> None:
        """Removes the rows of these runs from all tables, or from those of these names."""
        from spark_lineage.sinks.audit_rows import TABLES

        if not available() or not runs:
            return
        quoted = ", ".join("'{}'".format(run.replace("'", "''")) for run in runs)
        # `runs` first: what is in it is in all other tables.
        for name in names if names is not None else reversed(TABLES):
            self._retried(lambda name=name: self._delete(name, f"run_id IN ({quoted})"))  # type: ignore[misc]

    def compact(self, vacuum_hours: float | None = 168.0) -> None:
        """Few large files in place of many small ones. ``vacuum_hours``: files that no version of this many hours has
        are removed; None removes none. Under a reader of an older version they must not be removed.
        """
        from spark_lineage.sinks.audit_rows import TABLES

        for name in TABLES if available() else ():
            self._retried(lambda name=name: self._compact(name, vacuum_hours))  # type: ignore[misc]

    def _append(self, name: str, run: str, rows: Any) -> None:
        import deltalake

        def append() -> None:
            table = _table(self.place, name, rows.schema)
            if rows.num_rows and table.transaction_version(run) is None:
                properties = deltalake.CommitProperties(app_transactions=[deltalake.Transaction(run, 1)])
                older = {*rows.schema.names} - {field.name for field in table.schema().fields}
                deltalake.write_deltalake(
                    table, rows, mode="append", commit_properties=properties,
                    schema_mode="merge" if older else None,  # a store of an earlier version gets the new columns
                )  # fmt: skip

        self._retried(append)
        self.place.close(name)

    def _delete(self, name: str, predicate: str) -> None:
        table = self.table(name)
        if table is not None:
            table.delete(predicate)
            self.place.close(name)

    def _compact(self, name: str, vacuum_hours: float | None) -> None:
        table = self.table(name)
        if table is None:
            return
        table.optimize.compact()
        if vacuum_hours is not None:
            table.vacuum(retention_hours=round(vacuum_hours), enforce_retention_duration=False, dry_run=False)
        self.place.close(name)

    def _retried(self, commit: Callable[[], None]) -> None:
        begun = time.monotonic()
        for attempt in range(ATTEMPTS):
            try:
                commit()
                return
            except _conflicts():
                if attempt == ATTEMPTS - 1 or time.monotonic() - begun > LONGEST:
                    raise
                time.sleep(random.uniform(0, min(LONGEST_PAUSE, 0.02 * 2**attempt)))


def _table(place: TablePlace, name: str, schema: Any) -> Any:
    """The table, made if it is not there. Another driver may make it at the same moment."""
    table = place.table(name)
    if table is not None:
        return table
    with contextlib.suppress(*_conflicts()):
        return place.create(name, schema, CHECKPOINT)
    return place.opened(name)


def _conflicts() -> tuple[type[Exception], ...]:
    """The errors that ``deltalake`` raises where another driver writes at the same moment."""
    from deltalake.exceptions import DeltaError

    return (DeltaError, OSError)


def read_tables(path: str | Path, names: Iterable[str]) -> dict[str, Any]:
    """Whole tables as Arrow, for tests and small stores."""
    import deltalake

    return {name: deltalake.DeltaTable(str(Path(path) / name)).to_pyarrow_table() for name in names}
