"""Our own facets, next to OpenLineage's: the client's classes for what ``events.content`` declares.

A class is called ``SparkLineage<what>RunFacet`` or ``SparkLineage<what>DatasetFacet``, and so is its JSON schema in
``schemas/``. The names of its fields are those of the event, as in the client's own classes.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

import attr

from spark_lineage.events import content
from spark_lineage.events.content.declaring import camel, is_of_earlier, is_required, once, types
from spark_lineage.events.identity import SCHEMAS
from spark_lineage.events.openlineage_classes import facet_v2

_AS_IT_IS = frozenset((str, int, float, bool, type(None)))


def facet(held: Any) -> Any:
    """The facet that holds ``held``, an instance of a class of ``events.content``; None for None."""
    return _CLASSES[type(held)](**document(held)) if held is not None else None


def document(held: Any) -> dict[str, Any]:
    """The properties as the event has them, without those that have their default value."""
    written: dict[str, Any] = {}
    for name, in_event, default in _properties(type(held)):
        value = getattr(held, name)
        if value != default:
            written[in_event] = _plain(value)
    return written


@once
def _properties(kind: Any) -> tuple[tuple[str, str, Any], ...]:
    """(name, name in the event, the value that is not written) of each property."""
    hints = types(kind)
    return tuple(
        (field.name, camel(field.name), MISSING if is_required(hints[field.name]) else field.default)
        for field in fields(kind)
    )


def _plain(value: Any) -> Any:
    if value.__class__ in _AS_IT_IS:
        return value
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Mapping):
        return dict(value)
    return document(value)


def _class(declared: type, base: type[facet_v2.BaseFacet], holder: str) -> Any:
    name = f"SparkLineage{declared.__name__}{holder}Facet"
    address = f"{SCHEMAS}/{name}.json"
    body = {"__doc__": declared.__doc__, "__module__": __name__, "_get_schema": staticmethod(lambda: address)}
    properties = [camel(name) for name, type_ in types(declared).items() if not is_of_earlier(type_)]
    made = attr.define(these={name: attr.field(default=None, kw_only=True) for name in properties})
    return made(type(name, (base,), body))


_CLASSES: Mapping[type, Any] = {
    **{declared: _class(declared, facet_v2.RunFacet, "Run") for declared in content.RUN},
    **{declared: _class(declared, facet_v2.DatasetFacet, "Dataset") for declared in content.DATASET},
}
# Each class is an attribute of this module under its name, as in the modules of the client.
globals().update({made.__name__: made for made in _CLASSES.values()})
