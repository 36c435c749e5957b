"""The parts of an event that the receiver looks at."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

Document = dict[str, Any]
FACETS = (
    ("inputs", "InputDatasetFacet", "inputFacets"),
    ("outputs", "OutputDatasetFacet", "outputFacets"),
)


def facets(event: Document) -> Iterator[tuple[str, str, Any, str]]:
    """(entity, name, facet, where) of every facet of an event."""
    for holder, entity in (("run", "RunFacet"), ("job", "JobFacet"), ("dataset", "DatasetFacet")):
        for name, facet in ((event.get(holder) or {}).get("facets") or {}).items():
            yield entity, name, facet, f"{holder}.facets.{name}"
    for side, entity, kind in FACETS:
        for number, dataset in enumerate(event.get(side) or ()):
            if not isinstance(dataset, dict):
                continue
            for name, facet in (dataset.get("facets") or {}).items():
                yield "DatasetFacet", name, facet, f"{side}[{number}].facets.{name}"
            for name, facet in (dataset.get(kind) or {}).items():
                yield entity, name, facet, f"{side}[{number}].{kind}.{name}"


def uris(event: Document) -> Iterator[Any]:
    if event.get("producer") is not None:
        yield event["producer"]
    for _, _, facet, _ in facets(event):
        if isinstance(facet, Mapping):
            yield from (facet[name] for name in ("_producer", "_schemaURL") if facet.get(name) is not None)


def holders(event: Document) -> Iterator[Document]:
    for name in ("run", "job", "dataset"):
        if isinstance(event.get(name), dict):
            yield event[name]
    yield from datasets(event)


def datasets(event: Document) -> list[Document]:
    alone = [event["dataset"]] if isinstance(event.get("dataset"), dict) else []
    return [*alone, *(event.get("inputs") or ()), *(event.get("outputs") or ())]


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield key
            yield from strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)


def id_of(dataset: Mapping[str, Any]) -> tuple[str, str]:
    return (dataset["namespace"], dataset["name"])


def schema_of(dataset: Mapping[str, Any]) -> list[Any] | None:
    facet = (dataset.get("facets") or {}).get("schema")
    return list(facet.get("fields") or ()) if isinstance(facet, Mapping) else None


def shape(schema: list[Any] | None) -> tuple[tuple[str, str], ...]:
    return tuple((str(each.get("name")), str(each.get("type"))) for each in schema or ())


def input_fields(facet: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    listed = [each.get("inputFields", ()) for each in facet.get("fields", {}).values()] + [facet.get("dataset") or ()]
    for inputs in listed:
        # What is no list of objects breaks the specification, and is reported as that.
        yield from (each for each in inputs if isinstance(each, Mapping))


def parent_of(event: Document) -> tuple[tuple[str, str, str] | None, str | None]:
    facet = (event["run"].get("facets") or {}).get("parent")
    if not facet:
        return None, None
    root = facet.get("root")
    above = (facet["run"]["runId"], facet["job"]["namespace"], facet["job"]["name"])
    return above, root["run"]["runId"] if root else None


def is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def is_moment(text: Any) -> bool:
    try:
        moment(text)
    except (ValueError, TypeError):
        return False
    return True


def moment(text: str) -> datetime:
    """An ISO date-time with an offset; more than six digits of a second are cut (Python 3.10 wants 3 or 6)."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(?::\d\d)?)(\.\d+)?(Z|z|[+-]\d\d:?\d\d)", text)
    if match is None:
        raise ValueError(f"{text!r} is no date-time with an offset")
    whole, fraction, offset = match.groups()
    offset = "+00:00" if offset in "Zz" else offset if ":" in offset else f"{offset[:3]}:{offset[3:]}"
    return datetime.fromisoformat(whole + ((fraction or ".0")[:7]).ljust(7, "0") + offset)
