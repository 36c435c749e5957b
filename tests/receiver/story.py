"""A small program's events as they should be: an application that reads, cleans and writes. For tests."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta, timezone
from typing import Any

Document = dict[str, Any]
PRODUCER = "https://example.org/producer"
SPEC = "https://openlineage.io/spec"
BEGIN = datetime(2026, 1, 31, 12, 0, 0, tzinfo=timezone.utc)


def facet(schema: str, **fields: Any) -> Document:
    return {"_producer": PRODUCER, "_schemaURL": f"{SPEC}/{schema}", **fields}


def schema(*columns: str) -> Document:
    fields = [{"name": name, "type": "bigint"} for name in columns]
    return facet("facets/1-2-0/SchemaDatasetFacet.json#/$defs/SchemaDatasetFacet", fields=fields)


def dataset(namespace: str, name: str, *columns: str, **facets: Any) -> Document:
    described = {"schema": schema(*columns), **facets} if columns else dict(facets)
    return {"namespace": namespace, "name": name, **({"facets": described} if described else {})}


def column_lineage(source: Document, **fields: str) -> Document:
    """``out="column of source"``"""
    return facet(
        "facets/1-2-0/ColumnLineageDatasetFacet.json#/$defs/ColumnLineageDatasetFacet",
        fields={
            name: {"inputFields": [{"namespace": source["namespace"], "name": source["name"], "field": of}]}
            for name, of in fields.items()
        },
    )


class Story:
    """Runs of one application, event by event. ``story.step("clean")`` gives a START and a COMPLETE."""

    def __init__(self, app: str = "shop", namespace: str = "spark-lineage", run: str | None = None) -> None:
        self.app, self.namespace = app, namespace
        self.run = run or str(uuid.uuid4())
        self._ids: dict[str, str] = {app: self.run}
        self._clock = BEGIN

    def event(self, kind: str, job: str, inputs: Any = (), outputs: Any = (), **run_facets: Any) -> Document:
        self._clock += timedelta(seconds=1)
        run = self._ids.setdefault(job, str(uuid.uuid4()))
        above = job.rpartition(".")[0]
        facets = {**({"parent": self._parent(above)} if above else {}), **run_facets}
        return {
            "eventType": kind,
            "eventTime": self._clock.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "producer": PRODUCER,
            "schemaURL": f"{SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent",
            "run": {"runId": run, **({"facets": facets} if facets else {})},
            "job": {"namespace": self.namespace, "name": job},
            "inputs": list(inputs),
            "outputs": list(outputs),
        }

    def _parent(self, above: str) -> Document:
        return facet(
            "facets/1-2-0/ParentRunFacet.json#/$defs/ParentRunFacet",
            run={"runId": self._ids[above]},
            job={"namespace": self.namespace, "name": above},
            root={"run": {"runId": self.run}, "job": {"namespace": self.namespace, "name": self.app}},
        )

    def begin(self) -> Document:
        return self.event("START", self.app)

    def end(self, kind: str = "COMPLETE") -> Document:
        return self.event(kind, self.app)

    def step(self, name: str, inputs: Any = (), outputs: Any = (), kind: str = "COMPLETE") -> list[Document]:
        job = f"{self.app}.{name}"
        bare = [{"namespace": each["namespace"], "name": each["name"]} for each in inputs]
        return [self.event("START", job, bare), self.event(kind, job, inputs, outputs)]


def shop(steps: int = 2, app: str = "shop", run: str | None = None) -> list[Document]:
    """2 + 2 * ``steps`` events: a chain of steps from a file over interim datasets."""
    story = Story(app, run=run)
    events = [story.begin()]
    source = dataset("file", "/data/orders.csv", "id", "amount")
    for number in range(steps):
        made = dataset(f"inmemory://{app}", f"step_{number}", "id", "amount")
        made["facets"]["columnLineage"] = column_lineage(source, id="id", amount="amount")
        events += story.step(f"step_{number}", [source], [made])
        source = dataset(f"inmemory://{app}", f"step_{number}")
    return [*events, story.end()]
