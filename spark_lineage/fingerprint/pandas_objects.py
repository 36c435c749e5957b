"""What a pandas object holds, read without leaving a trace on it: facts, and a digest that tells whether it changed.

Only the arrays in the object's block manager are read, through objects of our own. Methods of the object itself would
fill its caches and add references to its blocks, which pandas looks at before it warns of chained assignments.
"""

from __future__ import annotations

import datetime
import decimal
import zlib
from collections.abc import Hashable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from spark_lineage.fingerprint import objects
from spark_lineage.fingerprint.arrow_objects import BEYOND, NO_FINGERPRINT
from spark_lineage.fingerprint.columns import hashes
from spark_lineage.fingerprint.tables import FACTOR, measure
from spark_lineage.model import Probed, ProbedColumn, RuleAnswer

MOST_VALUES = 1_000_000  # of one object: more are only counted
MOST_DIGESTED = 10_000_000  # of one object: of more only some are looked at
INSTANCE = "pandas"  # of the one measurement that an object has
_PLAIN = (str, bytes, bool, int, float, decimal.Decimal, datetime.date, datetime.time, datetime.timedelta, np.generic)


def columns_of(obj: Any) -> tuple[tuple[str, str], ...]:
    """(name, type as pandas names it) of each column; a Series is one column."""
    return tuple((name, str(array.dtype)) for name, array in _columns(obj))


def measured(obj: Any, sample_rows: int) -> tuple[Probed, str | None]:
    """The facts of a DataFrame or Series, and a word for the order in which its rows stand.

    A named index counts as columns, any other is left out. NaN, NaT and None are null. What is too large, or holds
    objects that have no fingerprint, is incomplete.
    """
    manager = vars(obj)["_mgr"]
    rows, named = len(manager.axes[-1]), list(_columns(obj))
    if rows * len(named) > MOST_VALUES:
        return _incomplete(named, rows, "too_large", f"more than {MOST_VALUES:,} values are only counted"), None
    arrays = [(name, _arrow(array)) for name, array in named]
    unknown = [name for name, array in arrays if array is None]
    if unknown:
        why = f"{', '.join(unknown[:3])}: objects that have no fingerprint"
        return _incomplete(named, rows, "no_fingerprint", why), None
    known = [(name, array) for name, array in arrays if array is not None]
    table = pa.Table.from_arrays([array for _, array in known], [name for name, _ in known])
    try:
        facts = measure(table, (), sample_rows)
    except NO_FINGERPRINT:
        return _incomplete(named, rows, "no_fingerprint", BEYOND), None
    probed = Probed(
        dataset="", instance=INSTANCE, execution=None, rows=rows if known else len(manager.axes[-1]), complete=True,
        reason=None, detail=None, pushed=(), columns=facts.columns, fingerprint=facts.fingerprint, sample=facts.sample,
    )  # fmt: skip
    return probed, f"{facts.order}{_index_word(manager.axes[-1])}"


def answer(obj: Any, kind: str, arguments: Sequence[str]) -> RuleAnswer:
    """What a rule asks of all rows: whether columns are unique. Its conditions are SQL, which nobody reads here."""
    asked = tuple(arguments)
    if kind != "unique":
        return RuleAnswer(kind, asked, None, "conditions in SQL are not counted in pandas objects")
    found = dict(_columns(obj))
    arrays = [_arrow(found[name]) if name in found else None for name in asked]
    if any(array is None for array in arrays):
        return RuleAnswer(kind, asked, None, f"{', '.join(asked)}: not all are columns with a fingerprint")
    rows = pa.Table.from_arrays(arrays, list(map(str, range(len(arrays))))).drop_null()
    try:
        different = rows.group_by(rows.column_names).aggregate([]).num_rows
    except pa.ArrowException:  # lists, for instance
        return RuleAnswer(kind, asked, None, f"values of {', '.join(asked)} are not compared in pandas objects")
    return RuleAnswer(kind, asked, int(different == rows.num_rows))


def digest(obj: Any) -> Hashable:
    """Equal as long as the object holds the same. Means nothing in another process."""
    manager = vars(obj)["_mgr"]
    values = tuple(_digest(values) for values in _blocks(manager))
    return (values, tuple(_digest_of_index(axis) for axis in manager.axes))


def shape(obj: Any) -> Hashable:
    """What changes when rows or columns come or go; nothing of the values is read."""
    axes = vars(obj)["_mgr"].axes
    return (len(axes[-1]), tuple(map(str, axes[0])) if len(axes) > 1 else ())


def _incomplete(named: list[tuple[str, Any]], rows: int, reason: str, detail: str) -> Probed:
    columns = tuple(ProbedColumn(name, str(array.dtype), None, None) for name, array in named)
    return Probed(
        dataset="", instance=INSTANCE, execution=None, rows=rows, complete=False, reason=reason, detail=detail,
        pushed=(), columns=columns, fingerprint=None, sample=None,
    )  # fmt: skip


# --------------------------------------------------------------------------- columns


def _columns(obj: Any) -> Iterator[tuple[str, Any]]:
    manager = vars(obj)["_mgr"]
    if len(manager.axes) == 1:
        name = vars(obj).get("_name")
        own = [("value" if name is None else _label(name), next(_blocks(manager)))]
    else:
        labels = manager.axes[0]
        own = [(_label(label), manager.iget_values(at)) for at, label in enumerate(labels)]
    taken = {name for name, _ in own}
    index = manager.axes[-1]
    for level, name in enumerate(index.names):
        if name is not None and _label(name) not in taken:
            yield _label(name), index.get_level_values(level).array
    yield from own


def _label(label: Any) -> str:
    """``amount``; ``amount_sum`` for one of several levels."""
    return "_".join(str(part) for part in label if str(part)) if isinstance(label, tuple) else str(label)


def _blocks(manager: Any) -> Iterator[Any]:
    if hasattr(manager, "arrays") and not hasattr(manager, "blocks"):  # the array manager of pandas 2
        yield from manager.arrays
    else:
        yield from (block.values for block in manager.blocks)


def _arrow(values: Any) -> pa.Array | None:
    """The values as an Arrow array; None if they are objects of types that have no fingerprint."""
    series = pd.Series(values, copy=False)
    try:
        array = pa.array(series, from_pandas=True)
        if series.dtype == object and pa.types.is_nested(array.type):
            kind = objects.settled(series.tolist(), array.type)
            array = pa.array(series, kind, from_pandas=True) if kind != array.type else array
        array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
        hashes(array[:0])
        return array
    except NO_FINGERPRINT:
        return _as_text(series)


def _as_text(series: Any) -> pa.Array | None:
    """The values as text, for a column of several types or of types that Spark has not; None for other objects."""
    values = series.astype(object).tolist()
    empty = series.isna().tolist()
    if not all(
        none or isinstance(value, (*_PLAIN, pd.Period, pd.Interval)) for value, none in zip(values, empty, strict=True)
    ):
        return None
    return pa.array(
        [None if none else f"{type(value).__name__} {value}" for value, none in zip(values, empty, strict=True)]
    )


def _index_word(index: Any) -> str:
    """A hash of the index, which decides where pandas puts rows side by side; empty for rows that are only numbered."""
    if isinstance(index, pd.RangeIndex) and index.start == 0 and index.step == 1:
        return ""
    word = 0
    with np.errstate(over="ignore"):
        for level in range(index.nlevels):
            array = _arrow(index.get_level_values(level).array)
            if array is None:
                return "?"
            array = array.dictionary_decode() if pa.types.is_dictionary(array.type) else array
            places = np.arange(len(array), dtype=np.uint64) * np.uint64(2) + np.uint64(2 * level + 1)
            word ^= int((hashes(array) * (FACTOR * places)).sum(dtype=np.uint64))
    return f"{word:016x}"


# --------------------------------------------------------------------------- has it changed


def _digest(values: Any) -> Hashable:
    if not isinstance(values, np.ndarray):
        return _digest_of_extension(values)
    if values.size > MOST_DIGESTED:
        values = values.reshape(-1)[:: values.size // MOST_DIGESTED + 1]
    if values.dtype == object:
        return _digest_of_objects(values.ravel().tolist())
    plain = np.ascontiguousarray(values)
    return (values.shape, values.dtype.str, zlib.crc32(plain.view(np.uint8).data if plain.size else b""))


def _digest_of_objects(values: list[Any]) -> Hashable:
    try:
        return hash(tuple(values))
    except TypeError:  # lists and the like: which they are, not what is in them
        return tuple(map(id, values)).__hash__()


def _digest_of_extension(values: Any) -> Hashable:
    """A digest of an extension array.

    Deprecated properties are not read: they would write a warning to the program's stderr.
    """
    if isinstance(chunks := getattr(values, "_pa_array", None), pa.ChunkedArray):
        return (str(values.dtype), tuple(map(_digest_of_arrow, chunks.chunks)))
    own = getattr(values, "__dict__", {})
    parts = [getattr(values, "_ndarray", None), own.get("_data"), own.get("_mask")]
    arrays = tuple(_digest(part) for part in parts if isinstance(part, np.ndarray))
    if isinstance(values, pd.Categorical):
        return ("category", arrays, _digest_of_index(values.categories))
    return (str(values.dtype), arrays or _digest_of_objects(list(values)))


def _digest_of_arrow(array: pa.Array) -> Hashable:
    buffers = tuple(zlib.crc32(buffer) if buffer is not None else None for buffer in array.buffers())
    return (len(array), array.offset, buffers)


def _digest_of_index(index: Any) -> Hashable:
    if isinstance(index, pd.RangeIndex):
        return (tuple(index.names), index.start, index.stop, index.step)
    if index.nlevels > 1:
        return (tuple(index.names), tuple(map(_digest, index.codes)), tuple(len(level) for level in index.levels))
    return (tuple(index.names), _digest(index.array.to_numpy() if index.dtype == object else index.array))
