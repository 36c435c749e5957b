"""What a polars object holds, as Arrow has it: facts, and a digest that tells whether it changed.

A lazy frame holds nothing: what it would hold is not computed for us.
"""

from __future__ import annotations

import zlib
from collections.abc import Hashable, Sequence
from typing import Any

import pyarrow as pa

from spark_lineage.fingerprint.arrow_objects import (
    BEYOND,
    MOST_VALUES,
    NO_FINGERPRINT,
    incomplete,
    of_table,
    too_large,
    unique,
)
from spark_lineage.fingerprint.columns import Unhashable
from spark_lineage.model import Probed, RuleAnswer

INSTANCE = "polars"  # of the one measurement that an object has


def columns_of(obj: Any) -> tuple[tuple[str, str], ...]:
    """(name, type as polars names it) of each column; a Series is one column. Of a query that is wrong none."""
    if _is_lazy(obj):
        try:
            return tuple((name, str(kind)) for name, kind in obj.collect_schema().items())
        except Exception:  # the program will hear of it when it collects
            return ()
    if _is_series(obj):
        return ((obj.name or "value", str(obj.dtype)),)
    return tuple((name, str(kind)) for name, kind in zip(obj.columns, obj.dtypes, strict=True))


def measured(obj: Any, sample_rows: int) -> tuple[Probed, str | None]:
    """The facts of a frame or Series, and a word for the order in which its rows stand."""
    if _is_lazy(obj):
        why = "a lazy frame holds no rows before it is collected"
        return incomplete(columns_of(obj), None, "never_executed", why, INSTANCE), None
    named, rows = columns_of(obj), len(obj)
    if rows * len(named) > MOST_VALUES:
        return too_large(named, rows, INSTANCE), None
    kinds = [obj.dtype] if _is_series(obj) else obj.dtypes
    try:
        if any(map(_has_objects, kinds)):  # to Arrow they are where they lie in memory
            raise Unhashable("Object")
        table = _table(obj)
    except NO_FINGERPRINT:  # a type that Arrow has not
        return incomplete(named, rows, "no_fingerprint", BEYOND, INSTANCE), None
    return of_table(table, named, sample_rows, INSTANCE)


def answer(obj: Any, kind: str, arguments: Sequence[str]) -> RuleAnswer:
    """What a rule asks of all rows: whether columns are unique. Its conditions are SQL, which nobody reads here."""
    asked = tuple(arguments)
    if kind != "unique" or _is_lazy(obj) or _is_series(obj) or not set(asked) <= set(obj.columns):
        return RuleAnswer(kind, asked, None, "conditions in SQL are not counted in polars objects")
    return unique(_table(obj), kind, asked, "polars objects")


def digest(obj: Any) -> Hashable:
    """Equal as long as the object holds the same. Means nothing in another process."""
    if _is_lazy(obj):
        return "lazy"  # it never changes
    if len(obj) * max(1, len(columns_of(obj))) > MOST_VALUES:
        return shape(obj)
    try:
        table = _table(obj)
    except NO_FINGERPRINT:
        return shape(obj)
    columns = [
        (chunk.offset, len(chunk), *(zlib.crc32(buffer) if buffer is not None else None for buffer in chunk.buffers()))
        for column in table.columns
        for chunk in column.chunks
    ]
    return (columns_of(obj), tuple(columns))


def shape(obj: Any) -> Hashable:
    """What changes when rows or columns come or go; nothing of the values is read."""
    return "lazy" if _is_lazy(obj) else (len(obj), columns_of(obj))


def _has_objects(kind: Any) -> bool:
    """Whether a type of polars is that of Python's objects, or holds some."""
    inner = [getattr(kind, "inner", None), *(field.dtype for field in getattr(kind, "fields", ()))]
    return str(kind) == "Object" or any(_has_objects(each) for each in inner if each is not None)


def _is_lazy(obj: Any) -> bool:
    return type(obj).__name__ == "LazyFrame" or "_ldf" in vars(obj)


def _is_series(obj: Any) -> bool:
    return "_s" in vars(obj)


def _table(obj: Any) -> pa.Table:
    if _is_series(obj):
        return pa.table({obj.name or "value": obj.to_arrow()})
    return obj.to_arrow()
