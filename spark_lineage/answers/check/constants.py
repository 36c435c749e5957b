"""Whether a column holds one value only: a sampled value and the fingerprint prove it.

The fingerprint of a column is the sum of the hashes of its values modulo 2^64 (``docs/fingerprint.md``). If all rows
hold the value ``v`` it is the number of rows times the hash of ``v``; any other column has that sum by a chance of
about one in 2^64.
"""

from __future__ import annotations

import datetime as dt
import decimal
import re
from collections.abc import Callable
from typing import Any

from spark_lineage.model import Column, Dataset

PREFIX = "xxh64:"
CUT = "…"  # the end of a sampled text that is not all of the value


def constant_value(dataset: Dataset, column: Column) -> str | None:
    """The one value of a column without NULL, as text; None if it has several, or if it cannot be told."""
    rows, sample = dataset.rows, dataset.sample
    if not rows or column.nulls != 0 or column.fingerprint is None or sample is None or not sample.rows:
        return None
    if sample.columns.count(column.name) != 1:
        return None
    at = sample.columns.index(column.name)
    values = {row[at] for row in sample.rows}
    text = values.pop()
    if values or text is None:
        return None
    hashed = _hash(text, column.type)
    if hashed is None:
        return None
    return text if f"{PREFIX}{hashed * rows % 2**64:016x}" == column.fingerprint else None


def _hash(text: str, type_: str) -> int | None:
    """``xxhash64`` of a sampled value; None for types whose text is not all of the value."""
    try:
        import pyarrow as pa

        from spark_lineage.fingerprint.columns import hashes
    except ImportError:  # numpy is no dependency of ours: pyspark and pandas users have it
        return None
    parsed = _parsed(text, type_, pa)
    return int(hashes(parsed)[0]) if parsed is not None else None


def _parsed(text: str, type_: str, pa: Any) -> Any:
    try:
        if type_ in _TYPES:
            read, kind = _TYPES[type_]
            return pa.array([read(text)], getattr(pa, kind)())
        found = re.fullmatch(r"decimal\((\d+),(\d+)\)", type_)
        if found:
            return pa.array([decimal.Decimal(text)], pa.decimal128(int(found[1]), int(found[2])))
    except (ValueError, ArithmeticError, pa.ArrowInvalid):
        return None
    return None


def _whole(text: str) -> str:
    if text.endswith(CUT):
        raise ValueError("cut")
    return text


_TYPES: dict[str, tuple[Callable[[str], Any], str]] = {
    "tinyint": (int, "int8"),
    "smallint": (int, "int16"),
    "int": (int, "int32"),
    "bigint": (int, "int64"),
    "float": (float, "float32"),
    "double": (float, "float64"),
    "string": (_whole, "string"),
    "date": (dt.date.fromisoformat, "date32"),
}
