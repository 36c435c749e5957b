"""Whether the rows of a run in the audit tables are those that its journal gives."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spark_lineage.events.identity import PRODUCER
from spark_lineage.sinks.delta import DeltaAudit, available
from spark_lineage.store.runs import RunRecord

if TYPE_CHECKING:
    import pyarrow as pa

Row = Mapping[str, Any]

# By these columns a row is known again although another one of its columns was altered.
KNOWN_BY: Mapping[str, tuple[str, ...]] = {
    "runs": (),
    "steps": ("step", "call"),
    "datasets": ("dataset",),
    "columns": ("dataset", "column", "position"),
    "edges": ("step", "call", "direction", "dataset"),
    "column_lineage": ("dataset", "column", "input_dataset", "input_column", "kind", "subtype"),
    "samples": ("dataset", "position"),
    "checks": ("check", "dataset", "column"),
    "gaps": ("step", "dataset", "what"),
    "events": ("seq",),
}
OF_EVERY_ROW = ("run_id", "app", "run_started_at")


@dataclass(frozen=True)
class Compared:
    """``there``: the run has been written to the tables. ``why``: the first row that is another one; None if none is.

    ``unknown`` says why the tables could not be looked at.
    """

    there: bool = False
    why: str | None = None
    unknown: str | None = None


def compared(audit: DeltaAudit, record: RunRecord) -> Compared:
    """The rows of one run against those that :meth:`DeltaAudit.rebuild` would write now."""
    if not audit.place.exists():
        return Compared()
    if not available():
        return Compared(unknown="the audit tables were not compared: that needs the package deltalake")
    from spark_lineage.sinks.audit_rows import tables

    there, why = False, None
    for name, expected in tables(record):
        try:
            found, written = _rows_of(audit, name, record.graph.run.id)
        except Exception as error:  # what Arrow and Delta raise for a damaged file has no common class
            if audit.place.is_unreachable(error):
                return Compared(unknown="the audit tables were not compared: their store does not answer")
            said = " ".join(str(error).split())[:200]
            return Compared(True, f"the table `{name}` cannot be read ({type(error).__name__}: {said})")
        there = there or written or (found is not None and found.num_rows > 0)
        if why is None:
            why = _difference(name, expected, found, _is_ours(record))
    return Compared(there, why) if there else Compared()


def runs_in(audit: DeltaAudit) -> dict[str, set[str]]:
    """The ids of the runs that have rows, for each table."""
    from spark_lineage.sinks.audit_rows import TABLES

    found = {}
    for name in TABLES if available() else ():
        table = audit.table(name)
        if table is not None:
            found[name] = set(audit.place.rows(table, ["run_id"]).column("run_id").to_pylist())
    return found


def _rows_of(audit: DeltaAudit, name: str, run: str) -> tuple[pa.Table | None, bool]:
    """The rows of a run in a table, and whether a commit says that it was written; (None, False) without a table."""
    table = audit.table(name)
    if table is None:
        return None, False
    written = table.transaction_version(run) is not None
    return audit.place.rows(table, run=run), written


def _is_ours(record: RunRecord) -> bool:
    """Whether this version has recorded the run: another one may have had other columns."""
    return not record.lines or json.loads(record.lines[-1]).get("producer") == PRODUCER


def _difference(name: str, expected: pa.Table, found: pa.Table | None, ours: bool) -> str | None:
    if found is None:
        return f"the table `{name}` is missing" if expected.num_rows else None
    columns = [column for column in expected.schema.names if column in found.schema.names]
    if not ours:  # its rows have nulls in columns that came later
        columns = [column for column in columns if found.column(column).null_count < max(1, found.num_rows)]
    expected, found = expected.select(columns), found.select(columns)
    if found.schema.equals(expected.schema) and found.equals(expected):
        return None
    return _first(name, expected.to_pylist(), found.to_pylist())


def _first(name: str, expected: Sequence[Row], found: Sequence[Row]) -> str | None:
    """A sentence about the first row that is another one. In which order the rows stand says nothing."""
    wanted, there = list(map(_key, expected)), list(map(_key, found))
    missing = _left(expected, wanted, Counter(there))
    added = _left(found, there, Counter(wanted))
    row = next(missing, None)
    if row is None:
        other = next(added, None)
        return f"the table `{name}` has a row that was added{_called(name, other)}" if other is not None else None
    same = next((other for other in added if _is_same(name, row, other)), None)
    if same is None:
        return f"a row of the table `{name}` is missing{_called(name, row)}"
    altered = ", ".join(column for column in row if _key({"": row[column]}) != _key({"": same[column]}))
    return f"a row of the table `{name}` was altered{_called(name, row)}: {altered}"


def _left(rows: Sequence[Row], keys: Sequence[str], others: Counter[str]) -> Iterator[Row]:
    """The rows that the others have not, or have less often."""
    for row, key in zip(rows, keys, strict=True):
        if others[key] > 0:
            others[key] -= 1
        else:
            yield row


def _is_same(name: str, row: Row, other: Row) -> bool:
    """Whether two rows stand for the same thing: the run has it once, or most of the row is as it was."""
    known_by = [column for column in KNOWN_BY[name] if column in row]
    if all(row[column] == other[column] for column in known_by):
        return True
    own = [column for column in row if column not in OF_EVERY_ROW]
    equal = [column for column in own if row[column] == other[column]]
    return 2 * len(equal) > len(own)


def _key(row: Row) -> str:
    return json.dumps({column: _plain(value) for column, value in row.items()}, default=str)


def _plain(value: Any) -> Any:
    """Arrow gives a map as a list of pairs, whose order says nothing."""
    if isinstance(value, list) and value and all(isinstance(item, tuple) for item in value):
        return sorted(value, key=repr)
    return value


def _called(name: str, row: Row) -> str:
    """Which row that is: `` (dataset=clean, position=3)``."""
    said = [f"{column}={row[column]}" for column in KNOWN_BY[name] if row.get(column) is not None]
    return f" ({', '.join(said)})" if said else ""
