"""Our own facets, next to OpenLineage's: plain documents of what ``events.content`` declares.

A facet is called ``SparkLineage<what>RunFacet`` or ``SparkLineage<what>DatasetFacet``, and so is its JSON schema in
``schemas/``.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

from spark_lineage.events import content
from spark_lineage.events.content.declaring import camel, is_required, once, types
from spark_lineage.events.identity import PRODUCER, SCHEMAS
from spark_lineage.events.specified import Document, present

NAMES: Mapping[type, str] = {
    **{declared: f"SparkLineage{declared.__name__}RunFacet" for declared in content.RUN},
    **{declared: f"SparkLineage{declared.__name__}DatasetFacet" for declared in content.DATASET},
}
_AS_IT_IS = frozenset((str, int, float, bool))


def facet(held: Any) -> Document | None:
    """The facet that holds ``held``, an instance of a class of ``events.content``; None for None."""
    if held is None:
        return None
    return {"_producer": PRODUCER, "_schemaURL": f"{SCHEMAS}/{NAMES[type(held)]}.json", **document(held)}


def document(held: Any) -> Document:
    """The properties as the event has them, without those that are None or have their default value."""
    written: Document = {}
    for name, in_event, default in _properties(type(held)):
        value = getattr(held, name)
        if value is not None and value != default:
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
        return [_plain(item) for item in value if item is not None]  # as OpenLineage's own serialiser
    if isinstance(value, enum.Enum):
        return value.value
    return present(dict(value)) if isinstance(value, Mapping) else document(value)
