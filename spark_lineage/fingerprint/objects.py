"""Python's own containers as values of a column: what Arrow takes them for must not hang on the order of the rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from spark_lineage.fingerprint.columns import Unhashable

_CONTAINERS = (list, tuple, dict)


def settled(values: Iterable[Any], inferred: pa.DataType) -> pa.DataType:
    """The type of a column of lists, tuples and dicts; ``inferred`` is what Arrow has made of it.

    Arrow names the fields of a struct in the order in which the rows bring them. Where rows differ in their keys, they
    are sorted instead. Raises :class:`Unhashable` for sets, which have no order at all.
    """
    keys: set[tuple[str, tuple[Any, ...]]] = set()
    todo: list[tuple[str, Any]] = [("", value) for value in values]
    while todo:
        path, value = todo.pop()
        if isinstance(value, (set, frozenset)):
            raise Unhashable("set")
        if isinstance(value, dict):
            keys.add((path, tuple(value)))
            todo.extend((f"{path}.{key}", inner) for key, inner in value.items())
        elif isinstance(value, (list, tuple)):
            todo.extend((f"{path}[]", inner) for inner in value if isinstance(inner, (*_CONTAINERS, set, frozenset)))
    return _sorted(inferred) if len({path for path, _ in keys}) < len(keys) else inferred


def _sorted(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_struct(kind):
        fields: Mapping[str, pa.DataType] = {field.name: field.type for field in kind}
        return pa.struct([(name, _sorted(fields[name])) for name in sorted(fields)])
    if pa.types.is_list(kind):
        return pa.list_(_sorted(kind.value_type))
    return kind
