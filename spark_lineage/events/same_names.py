"""Properties that the graph and a facet call the same are copied from one to the other.

Moments change their form: seconds since the epoch in the graph, RFC 3339 in the facet. What one side calls otherwise,
or holds in another form, the caller gives as ``rest``.
"""

from __future__ import annotations

from typing import Any, TypeVar

from spark_lineage.events.content.declaring import is_moment, once, types
from spark_lineage.events.identity import iso, seconds

T = TypeVar("T")


def to_content(kind: type[T], value: Any, **rest: Any) -> T:
    """The content of a facet, of the declared class ``kind``, from a value of the graph."""
    same = {name: getattr(value, name) for name in _same(kind, type(value)) if name not in rest}
    for name in _moments(kind).intersection(same):
        same[name] = iso(same[name]) if same[name] is not None else None
    return kind(**same, **rest)


def to_graph(kind: type[T], content: Any, **rest: Any) -> T:
    """A value of the graph, of the class ``kind``, from the content of a facet."""
    same = {name: getattr(content, name) for name in _same(type(content), kind) if name not in rest}
    for name in _moments(type(content)).intersection(same):
        same[name] = seconds(same[name]) if same[name] is not None else None
    return kind(**same, **rest)


@once
def _same(one: Any, other: Any) -> tuple[str, ...]:
    return tuple(name for name in types(one) if name in types(other))


@once
def _moments(kind: Any) -> frozenset[str]:
    return frozenset(name for name, type_ in types(kind).items() if is_moment(type_))
