"""Columns of Python's values as Arrow arrays, without pandas.

``pyarrow.array`` imports pandas to ask whether what it was given is of that kind: at the end of a program that has not
imported it, that is the most expensive thing of all. So the buffers of an array are made here by what runs in C,
``array`` and ``join``, as Arrow's format lays them out (https://arrow.apache.org/docs/format/Columnar.html).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, chain
from typing import Any

import pyarrow as pa

Buffer = Any  # of pyarrow


def column(values: Sequence[Any], type_: pa.DataType) -> pa.Array:
    """The values, of which each may be None, as an array of one of the types that audit tables have.

    Time stamps are whole numbers of the type's unit. Raises OverflowError for more than 2 GiB of text, or a number that
    64 bits do not hold.
    """
    nulls = values.count(None)
    valid = _bits([value is not None for value in values]) if nulls else None
    buffers, children = _content(values, type_)
    return pa.Array.from_buffers(type_, len(values), [valid, *buffers], nulls, children=children)


def _content(values: Sequence[Any], type_: pa.DataType) -> tuple[Sequence[Buffer], Sequence[pa.Array] | None]:
    """The buffers of an array beside the one of its validity, and the arrays inside of it."""
    if pa.types.is_string(type_):
        return _texts(values), None
    if pa.types.is_boolean(type_):
        return [_bits(values)], None
    if pa.types.is_list(type_):
        items = column(list(chain.from_iterable(filter(None, values))), type_.value_type)
        return [_offsets(map(_length, values))], [items]
    if pa.types.is_map(type_):
        return [_offsets(map(_length, values))], [_entries(values, type_)]
    numbers = [0 if value is None else value for value in values]
    return [pa.py_buffer(array("d" if pa.types.is_floating(type_) else "q", numbers))], None


def _entries(values: Iterable[Mapping[str, Any] | None], type_: pa.MapType) -> pa.Array:
    pairs = [pair for value in values if value for pair in value.items()]
    keys = column([key for key, _ in pairs], type_.key_type)
    items = column([item for _, item in pairs], type_.item_type)
    fields = pa.struct([type_.key_field, type_.item_field])
    return pa.Array.from_buffers(fields, len(pairs), [None], 0, children=[keys, items])


def _length(value: Sequence[Any] | Mapping[str, Any] | None) -> int:
    return 0 if value is None else len(value)


def _bits(flags: Iterable[bool | None]) -> Buffer:
    """Eight flags in each byte, the first one in its lowest bit."""
    text = "".join(["1" if flag else "0" for flag in flags])
    return pa.py_buffer(int(text[::-1] or "0", 2).to_bytes((len(text) + 7) // 8, "little"))


def _texts(values: Sequence[str | None]) -> tuple[Buffer, Buffer]:
    """Where each text begins, and all of them in a row. Half a pair of surrogates becomes a question mark."""
    texts = ["" if value is None else value for value in values]
    together = "".join(texts)
    if together.isascii():
        return _offsets(map(len, texts)), pa.py_buffer(together.encode("ascii"))
    encoded = [text.encode("utf-8", "replace") for text in texts]
    return _offsets(map(len, encoded)), pa.py_buffer(b"".join(encoded))


def _offsets(lengths: Iterable[int]) -> Buffer:
    return pa.py_buffer(array("i", accumulate(lengths, initial=0)))
