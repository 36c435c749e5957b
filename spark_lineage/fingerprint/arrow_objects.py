"""What a table or a record batch of Arrow holds: its facts. It never changes, so that one look is enough."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import pyarrow as pa

from spark_lineage.fingerprint.columns import Unhashable, hashes
from spark_lineage.fingerprint.tables import measure
from spark_lineage.model import Probed, ProbedColumn, RuleAnswer

# Values that their type allows, and Spark's does not: moments beyond the reach of microseconds, say.
NO_FINGERPRINT = (pa.ArrowException, Unhashable, TypeError, ValueError, OverflowError)
MOST_VALUES = 1_000_000  # of one object: more are only counted
BEYOND = "it holds values that Spark's types cannot hold"
INSTANCE = "pyarrow"  # of the one measurement that an object has
Columns = Sequence[tuple[str, str]]


def columns_of(obj: Any) -> tuple[tuple[str, str], ...]:
    """(name, type as Arrow names it) of each column."""
    return tuple((field.name, str(field.type)) for field in obj.schema)


def measured(obj: Any, sample_rows: int) -> tuple[Probed, str | None]:
    """The facts of a table, and a word for the order in which its rows stand."""
    if obj.num_rows * len(obj.schema) > MOST_VALUES:
        return too_large(columns_of(obj), obj.num_rows, INSTANCE), None
    return of_table(_table(obj), columns_of(obj), sample_rows, INSTANCE)


def answer(obj: Any, kind: str, arguments: Sequence[str]) -> RuleAnswer:
    """What a rule asks of all rows: whether columns are unique. Its conditions are SQL, which nobody reads here."""
    asked = tuple(arguments)
    if kind != "unique" or not set(asked) <= set(obj.schema.names):
        return RuleAnswer(kind, asked, None, "conditions in SQL are not counted in tables of Arrow")
    return unique(_table(obj), kind, asked, "tables of Arrow")


def digest(obj: Any) -> Hashable:
    """A table of Arrow never changes."""
    return "arrow"


def shape(obj: Any) -> Hashable:
    return "arrow"


# --------------------------------------------------------------------------- what other libraries hold in Arrow's form


def of_table(table: pa.Table, named: Columns, sample_rows: int, instance: str) -> tuple[Probed, str | None]:
    """The facts of a table that stands for an object with the columns ``named``."""
    unknown = [name for name, column in zip(table.column_names, table.columns, strict=True) if not _has_hash(column)]
    if unknown:
        why = f"{', '.join(unknown[:3])}: objects that have no fingerprint"
        return incomplete(named, table.num_rows, "no_fingerprint", why, instance), None
    try:
        facts = measure(table, (), sample_rows)
    except NO_FINGERPRINT:
        return incomplete(named, table.num_rows, "no_fingerprint", BEYOND, instance), None
    probed = Probed(
        dataset="", instance=instance, execution=None, rows=table.num_rows, complete=True, reason=None, detail=None,
        pushed=(), columns=facts.columns, fingerprint=facts.fingerprint, sample=facts.sample,
    )  # fmt: skip
    return probed, facts.order


def unique(table: pa.Table, kind: str, asked: tuple[str, ...], of: str) -> RuleAnswer:
    rows = table.select(list(asked)).drop_null()
    try:
        different = rows.group_by(rows.column_names).aggregate([]).num_rows
    except pa.ArrowException:  # lists, for instance
        return RuleAnswer(kind, asked, None, f"values of {', '.join(asked)} are not compared in {of}")
    return RuleAnswer(kind, asked, int(different == rows.num_rows))


def too_large(named: Columns, rows: int, instance: str) -> Probed:
    return incomplete(named, rows, "too_large", f"more than {MOST_VALUES:,} values are only counted", instance)


def incomplete(named: Columns, rows: int | None, reason: str, detail: str, instance: str) -> Probed:
    columns = tuple(ProbedColumn(name, kind, None, None) for name, kind in named)
    return Probed(
        dataset="", instance=instance, execution=None, rows=rows, complete=False, reason=reason, detail=detail,
        pushed=(), columns=columns, fingerprint=None, sample=None,
    )  # fmt: skip


def _table(obj: Any) -> pa.Table:
    return pa.Table.from_batches([obj]) if isinstance(obj, pa.RecordBatch) else obj


def _has_hash(column: pa.ChunkedArray) -> bool:
    try:
        hashes(column.slice(0, 0).combine_chunks())
        return True
    except NO_FINGERPRINT:
        return False
