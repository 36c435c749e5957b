"""The rules that an event can break although it is taken: all of them, and those that it breaks by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.receiver.parts import Document, datasets, facets
from tests.receiver.spec import OUR_PREFIX, Specification

RULES = {
    "empty-name": "an empty namespace or name breaks Marquez's listing for ever",
    "job-namespace": "characters that Marquez rewrites with _",
    "namespace-colon": "a colon other than scheme://host and host:port breaks lineage",
    "dataset-hash": "# in a dataset name breaks column lineage",
    "dataset-colon": ": in a dataset name breaks field lookup",
    "run-id": "run ids are UUIDs, each of one job",
    "event-type": "START, then one of COMPLETE, FAIL, ABORT; RUNNING overwrites the start time",
    "order": "START comes first, once; one terminal event ends the run, nothing comes after it",
    "time": "no event of a run is earlier than its START",
    "unfinished": "edges appear only after a terminal event",
    "parent-missing": "the parent facet goes on every event of a run",
    "parent-unknown": "the parent's START comes first",
    "parent-name": "parent.job is the parent's namespace and full name",
    "parent-prefix": "a job's name is its parent's name, a dot, its own name",
    "parent-changed": "all events of a run have the same parent",
    "recursion": "a job with its parent's name is attached wrongly",
    "root": "parent.root is the run at the top",
    "output-schema": "an output without schema blanks the dataset's fields",
    "one-version": "one dataset version per run: outputs are the same in every event that has them",
    "one-producer": "an interim dataset is the output of one job, and of no job around it",
    "column-lineage-input": "column lineage needs the input listed in the same event",
    "column-lineage-field": "column lineage needs the schemas of both ends, with these fields",
    "spec": "the OpenLineage specification",
    "our-schema": "facets of ours have a schema in the package",
}

JOB_NAMESPACE = re.compile(r"[a-zA-Z:/0-9_\-.@+]*\Z")
COLON_FINE = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.\-]*://)?[^:]*(?::[0-9]+)?(?:/[^:]*)?\Z")


def names(event: Document) -> Iterator[tuple[str, str]]:
    job = event.get("job")
    for each in [*([job] if job else []), *datasets(event)]:
        if not each["namespace"].strip() or not each["name"].strip():
            yield "empty-name", f"namespace {each['namespace']!r}, name {each['name']!r}"
        elif not COLON_FINE.match(each["namespace"]):
            yield "namespace-colon", each["namespace"]
    if job and not JOB_NAMESPACE.match(job["namespace"]):
        yield "job-namespace", job["namespace"]
    for each in datasets(event):
        if "#" in each["name"]:
            yield "dataset-hash", each["name"]
        if ":" in each["name"]:
            yield "dataset-colon", each["name"]


def specified(event: Document, specification: Specification) -> Iterator[tuple[str, str]]:
    for fault in (*specification.of_event(event), *_facet_faults(event, specification)):
        yield "spec", f"{fault.where}: {fault.what}"
    for entity, name, _, where in facets(event):
        if name.startswith(OUR_PREFIX) and not specification.knows(entity, name):
            yield "our-schema", f"{where}: no schema for a {entity} of this name"


def _facet_faults(event: Document, specification: Specification) -> list[Any]:
    return [
        fault
        for entity, name, facet, where in facets(event)
        for fault in specification.of_facet(entity, name, facet, where)
    ]
