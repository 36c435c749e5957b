"""The OpenLineage specification and the facet schemas of spark-lineage, as a validator of events.

The specification is found as ``../shared/openlineage-spec`` beside the repository, or by the environment variable
``SPARK_LINEAGE_SHARED``. Without it only our own facet schemas are known, and ``complete`` is False.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource

ROOT = Path(__file__).resolve().parents[2]
OUR_SCHEMAS = ROOT / "spark_lineage" / "events" / "schemas"
OUR_PREFIX = "sparkLineage_"
ENTITIES = ("InputDatasetFacet", "OutputDatasetFacet", "DatasetFacet", "RunFacet", "JobFacet")


def shared() -> Path:
    """Where the specification's files are, if they are anywhere."""
    return Path(os.environ.get("SPARK_LINEAGE_SHARED", ROOT.parent / "shared")) / "openlineage-spec"


@dataclass(frozen=True)
class Fault:
    """One way in which a document does not follow its schema."""

    where: str  # run.facets.parent: the place in the event
    what: str
    missing: bool  # a required field is not there


class Specification:
    """Validates events and facets. Make it by :meth:`load`, which reads the files once."""

    def __init__(
        self, core: Mapping[str, Any] | None, facets: Mapping[tuple[str, str], tuple[str, str]], registry: Any
    ):
        self.complete = core is not None
        self._facets = facets
        self._registry = registry
        self._event = _validator_of(core, registry) if core is not None else None
        self._validators: dict[tuple[str, str], Draft202012Validator | None] = {}
        self._seen: dict[tuple[str, str, str], tuple[Fault, ...]] = {}  # the same facets come again and again

    @staticmethod
    @functools.cache
    def load() -> Specification:
        core_file = shared() / "OpenLineage.json"
        files = [*sorted((shared() / "facets").glob("*.json")), *sorted(OUR_SCHEMAS.glob("*.json"))]
        documents = [json.loads(each.read_text("utf-8")) for each in files]
        core = json.loads(core_file.read_text("utf-8")) if core_file.exists() else None
        known = [*documents, *([core] if core else [])]
        registry = Registry().with_resources((each["$id"], Resource.from_contents(each)) for each in known)
        facets: dict[tuple[str, str], tuple[str, str]] = {}
        for document in documents:
            for entity, name, definition in _declared(document):
                facets[(entity, name)] = (document["$id"], definition)
        return Specification(core, facets, registry)

    def knows(self, entity: str, name: str) -> bool:
        return (entity, name) in self._facets

    def of_event(self, event: Any) -> Iterator[Fault]:
        """What is wrong with the event apart from the contents of its facets."""
        if self._event is None:
            return
        for error in self._event.iter_errors(_bare(event)):
            # The document is "one of three kinds of events"; the run event's own faults are the telling ones.
            yield _fault(_telling(error), "")

    def of_facet(self, entity: str, name: str, facet: Any, where: str) -> Iterator[Fault]:
        """What is wrong with one facet: by its own schema if it has one, else by that of all facets."""
        text = json.dumps(facet, sort_keys=True)
        key = (entity, name, hashlib.sha256(text.encode("ascii")).hexdigest())
        if key not in self._seen:
            self._seen[key] = tuple(self._faults(entity, name, facet))
        for fault in self._seen[key]:
            yield replace(fault, where=".".join(part for part in (where, fault.where) if part))

    def _faults(self, entity: str, name: str, facet: Any) -> Iterator[Fault]:
        validator = self._validator(entity, name)
        if validator is not None:
            for error in validator.iter_errors(facet):
                yield _fault(error, "")
        if isinstance(facet, Mapping):
            yield from _base(facet, "")

    def _validator(self, entity: str, name: str) -> Draft202012Validator | None:
        if (entity, name) not in self._validators:
            # Our schemas stand on the specification's: without it they cannot be followed.
            place = self._facets.get((entity, name)) if self.complete else None
            reference = {"$ref": f"{place[0]}#/$defs/{place[1]}"} if place else None
            self._validators[(entity, name)] = _validator_of(reference, self._registry) if reference else None
        return self._validators[(entity, name)]


def _validator_of(schema: Mapping[str, Any], registry: Any) -> Draft202012Validator:
    return Draft202012Validator(schema, registry=registry, format_checker=Draft202012Validator.FORMAT_CHECKER)


def _bare(event: Any) -> Any:
    """Without the contents of facets, which have schemas of their own."""
    if not isinstance(event, Mapping):
        return event
    bare = {name: _without_facets(each) if isinstance(each, Mapping) else each for name, each in event.items()}
    for side in ("inputs", "outputs"):
        if isinstance(event.get(side), list):
            bare[side] = [_without_facets(each) for each in event[side]]
    return bare


def _without_facets(holder: Any) -> Any:
    if not isinstance(holder, Mapping):
        return holder
    kinds = ("facets", "inputFacets", "outputFacets")
    return {name: {} if name in kinds and isinstance(each, Mapping) else each for name, each in holder.items()}


def _declared(document: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(entity, facet name, definition) for each facet that a schema file declares."""
    names = list(document.get("properties", {}))
    for definition, schema in document["$defs"].items():
        for part in schema.get("allOf", ()):
            entity = str(part.get("$ref", "")).rsplit("/", 1)[-1]
            if entity in ENTITIES:
                for name in names:
                    yield entity, name, definition


def _base(facet: Mapping[str, Any], where: str) -> Iterator[Fault]:
    for name in ("_producer", "_schemaURL"):
        if name not in facet:
            yield Fault(where, f"{name} is missing", True)


def _telling(error: ValidationError) -> ValidationError:
    """Of "none of the three kinds of events fits": the fault that the run event has."""
    if error.validator == "oneOf" and error.context:
        of_run = [each for each in error.context if each.schema_path and each.schema_path[0] == 0]
        return of_run[0] if of_run else error
    return error


def _fault(error: ValidationError, where: str) -> Fault:
    path = ".".join(str(part) for part in error.absolute_path)
    place = ".".join(part for part in (where, path) if part)
    return Fault(place, error.message[:300], error.validator == "required")
