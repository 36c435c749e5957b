"""Validates events against the OpenLineage specification and against our own facet schemas."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import referencing

ROOT = Path(__file__).parents[2]
OURS = ROOT / "spark_lineage" / "events" / "schemas"


def shared(part: str) -> Path:
    """A file or folder of the shared contracts; skips the test where they are not at hand."""
    folder = Path(os.environ.get("SPARK_LINEAGE_SHARED", ROOT.parent / "shared")) / part
    if not folder.exists():
        pytest.skip(f"needs {part} of the shared contracts: set SPARK_LINEAGE_SHARED")
    return folder


@functools.cache
def _documents() -> Mapping[str, Any]:
    spec = shared("openlineage-spec")
    files = [spec / "OpenLineage.json", *(spec / "facets").glob("*.json"), *OURS.glob("*.json")]
    return {document["$id"]: document for document in (json.loads(file.read_text()) for file in files)}


@functools.cache
def _registry() -> referencing.Registry[Any]:
    specification = referencing.jsonschema.DRAFT202012
    resources = ((uri, specification.create_resource(document)) for uri, document in _documents().items())
    return referencing.Registry().with_resources(resources)


@functools.cache
def _validator(reference: str) -> Any:
    formats = jsonschema.Draft202012Validator.FORMAT_CHECKER
    return jsonschema.Draft202012Validator({"$ref": reference}, registry=_registry(), format_checker=formats)


def check_event(event: Mapping[str, Any]) -> int:
    """Raises ValidationError for what is not as specified; returns how many facets were checked."""
    spec = next(uri for uri in _documents() if uri.endswith("/OpenLineage.json"))
    _validator(f"{spec}#/$defs/RunEvent").validate(event)
    checked = 0
    for name, facet in _facets(event):
        schema = _schema_of(name)
        if name.startswith("sparkLineage_"):
            assert facet["_schemaURL"].startswith(schema.split("#")[0]), name
        _validator(schema).validate(facet)
        checked += 1
    return checked


@functools.cache
def _schema_of(name: str) -> str:
    """By the name of the facet: a client may write a newer version into ``_schemaURL`` than the one at hand."""
    for uri, document in _documents().items():
        if name in document.get("properties", {}):
            return f"{uri}#/properties/{name}"
    raise AssertionError(f"no schema for the facet {name}")


def _facets(event: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    holders = [(event["run"], "facets"), (event["job"], "facets")]
    for dataset in event.get("inputs", ()):
        holders += [(dataset, "facets"), (dataset, "inputFacets")]
    for dataset in event.get("outputs", ()):
        holders += [(dataset, "facets"), (dataset, "outputFacets")]
    for holder, key in holders:
        yield from (holder.get(key) or {}).items()


def check_show(document: Mapping[str, Any]) -> None:
    schema = json.loads((shared("contracts") / "show.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(document)
