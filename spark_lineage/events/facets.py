"""Our own facets, next to OpenLineage's: the client's classes for what ``events.content`` declares.

A class is called ``SparkLineage<what>RunFacet`` or ``SparkLineage<what>DatasetFacet``, and so is its JSON schema in
``schemas/``. The names of its fields are those of the event, as in the client's own classes.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import attr
from openlineage.client import facet_v2

from spark_lineage.events import content
from spark_lineage.events.content.declaring import camel, is_of_earlier, is_required, types
from spark_lineage.events.identity import SCHEMAS


def facet(held: Any) -> Any:
    """The facet that holds ``held``, an instance of a class of ``events.content``; None for None."""
    return _CLASSES[type(held)](**document(held)) if held is not None else None


def document(held: Any) -> dict[str, Any]:
    """The properties as the event has them, without those that have their default value."""
    hints = types(type(held))
    written = {field.name: getattr(held, field.name) for field in fields(held)
               if is_required(hints[field.name]) or getattr(held, field.name) != field.default}  # fmt: skip
    return {camel(name): _plain(value) for name, value in written.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return value.value
    if is_dataclass(value):
        return document(value)
    if isinstance(value, Mapping):
        return dict(value)
    return [_plain(item) for item in value] if isinstance(value, (tuple, list)) else value


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
globals().update({made.__name__: made for made in _CLASSES.values()})
