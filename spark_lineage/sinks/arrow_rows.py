"""Rows (mappings) as an Arrow table, without pandas.

``pyarrow.Table.from_pylist`` imports pandas to ask whether what it was given is of that kind: at the end of a program
that has not imported it, that is the most expensive thing of all. Arrow's reader of JSON does not ask.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

import pyarrow as pa


def table(rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """As ``pyarrow.Table.from_pylist(rows, schema=schema)``. Time stamps must be in UTC."""
    if "pandas" not in sys.modules:
        try:
            return _by_json(rows or [{}], schema).slice(0, len(rows))  # an empty table asks for pandas, too
        except (ValueError, NotImplementedError):  # infinite numbers, and what else JSON has no word for
            pass
    return pa.Table.from_pylist(rows, schema=schema)


def _by_json(rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    from pyarrow import json as reader

    text = "\n".join(json.dumps(_pairs(row, schema), allow_nan=False, default=_text) for row in rows).encode()
    read = reader.read_json(
        io.BytesIO(text),
        reader.ReadOptions(use_threads=False, block_size=len(text) + 1),
        reader.ParseOptions(explicit_schema=pa.schema(map(_read_as, schema)), unexpected_field_behavior="error"),
    )
    return pa.Table.from_arrays([_column(read.column(field.name), field.type) for field in schema], schema=schema)


def _pairs(row: Mapping[str, Any], schema: pa.Schema) -> Mapping[str, Any]:
    """The row for Arrow's reader of JSON: a map is a list of its pairs, and values that are None are left out."""
    return {
        name: [{"key": key, "value": item} for key, item in value.items()] if isinstance(value, Mapping) else value
        for name, value in row.items()
        if value is not None
    }


def _text(value: Any) -> str:
    if not isinstance(value, datetime):
        raise ValueError(f"{type(value).__name__} has no JSON")
    return value.astimezone(timezone.utc).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _read_as(field: pa.Field) -> pa.Field:
    if not pa.types.is_map(field.type):
        return field
    return field.with_type(pa.list_(pa.struct([("key", field.type.key_type), ("value", field.type.item_type)])))


def _column(read: pa.ChunkedArray, as_: pa.DataType) -> pa.ChunkedArray:
    if not pa.types.is_map(as_):
        return read
    lists = read.combine_chunks()
    pairs = lists.values
    return pa.chunked_array(
        [pa.MapArray.from_arrays(lists.offsets, pairs.field(0), pairs.field(1), mask=lists.is_null())]
    )
