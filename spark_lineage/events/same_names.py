"""Properties that the graph and a facet call the same are copied from one to the other.

Moments change their form: seconds since the epoch in the graph, RFC 3339 in the facet. What one side calls otherwise,
or holds in another form, the caller gives as ``rest``.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, TypeVar

from spark_lineage.events.content.declaring import is_moment, once, types
from spark_lineage.events.identity import iso, seconds

T = TypeVar("T")


def to_content(kind: type[T], value: Any, **rest: Any) -> T:
    """The content of a facet, of the declared class ``kind``, from a value of the graph."""
    return kind(**_copied(value, _same(kind, type(value)), _moments(kind), iso, rest))


def to_graph(kind: type[T], content: Any, **rest: Any) -> T:
    """A value of the graph, of the class ``kind``, from the content of a facet."""
    return kind(**_copied(content, _same(type(content), kind), _moments(type(content)), seconds, rest))


def _copied(
    value: Any, same: tuple[tuple[str, ...], Callable[[Any], Any]], moments: frozenset[str],
    converted: Callable[[Any], Any], rest: dict[str, Any],
) -> dict[str, Any]:  # fmt: skip
    names, get = same
    copied = dict(zip(names, get(value), strict=True))
    for name in moments:
        if name in copied and copied[name] is not None:
            copied[name] = converted(copied[name])
    copied.update(rest)
    return copied


@once
def _same(one: Any, other: Any) -> tuple[tuple[str, ...], Callable[[Any], Any]]:
    """The names that both have, and what gives their values of an object: one call for all of them."""
    names = tuple(name for name in types(one) if name in types(other))
    return names, (attrgetter(*names) if len(names) > 1 else lambda value: [getattr(value, name) for name in names])


@once
def _moments(kind: Any) -> frozenset[str]:
    return frozenset(name for name, type_ in types(kind).items() if is_moment(type_))
