"""What the receiver has taken so far, and the rules over several events that were broken.

Two kinds of outcome: the **answer** is Marquez's (``answers``); a **breach** is what Marquez takes with 201 and then
shows wrongly or breaks on for ever, or what the specification forbids. ``Breach.rule`` is one of the keys of ``RULES``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.receiver.answers import Answer, judge
from tests.receiver.parts import Document, id_of, input_fields, is_uuid, moment, parent_of, schema_of, shape
from tests.receiver.rules import names, specified
from tests.receiver.spec import Specification

TERMINAL = ("COMPLETE", "FAIL", "ABORT")


@dataclass(frozen=True)
class Breach:
    """A rule that an event breaks. ``event`` counts the received events from 0."""

    rule: str
    event: int
    job: str
    text: str

    def __str__(self) -> str:
        return f"[{self.rule}] event {self.event} ({self.job}): {self.text}"


@dataclass(frozen=True)
class Received:
    """One event that was accepted, as it came."""

    event: Document
    bytes: int

    @property
    def key(self) -> tuple[str, str]:
        """(run id, event type)."""
        return (self.event.get("run", {}).get("runId", ""), self.event.get("eventType", ""))


@dataclass
class _RunSeen:
    """What is known about one OpenLineage run."""

    namespace: str
    job: str
    parent: tuple[str, str, str] | None  # run id, namespace, job
    root: str
    started: str
    ended: str | None = None
    outputs: dict[tuple[str, str], Any] = field(default_factory=dict)  # (namespace, name) -> schema fields


class Book:
    """Every event accepted so far, in order, and every rule broken. Not safe for several threads at once.

    ``foreign``: ids of runs that others report (an orchestrator's), and which may be parents.
    """

    def __init__(self, specification: Specification | None = None, foreign: frozenset[str] = frozenset()) -> None:
        self.received: list[Received] = []
        self.refused: list[tuple[Answer, bytes]] = []
        self.breaches: list[Breach] = []
        self.specification = specification or Specification.load()
        self._foreign = foreign
        self._runs: dict[str, _RunSeen] = {}
        self._schemas: dict[tuple[str, str], frozenset[str]] = {}
        self._producers: dict[tuple[str, str, str], tuple[str, str]] = {}  # root, namespace, name -> run, job

    # -- the door

    def receive(self, body: bytes) -> Answer:
        answer, event = judge(body, self.specification)
        if not answer.accepted or event is None:
            self.refused.append((answer, body))
            return answer
        self.breaches.extend(self._breaches(event))
        self.received.append(Received(event, len(body)))
        return answer

    def unfinished(self) -> list[Breach]:
        """Runs that have begun and not ended. A rule only once nothing more will come."""
        number = len(self.received)
        return [
            Breach("unfinished", number, seen.job, f"run {run} has no terminal event")
            for run, seen in self._runs.items()
            if seen.ended is None
        ]

    def root_of(self, run: str) -> str:
        """The run at the top of this one."""
        return self._runs[run].root

    # -- rules

    def _breaches(self, event: Document) -> Iterator[Breach]:
        number, job = len(self.received), str((event.get("job") or {}).get("name", "?"))
        found: list[tuple[str, str]] = [*names(event), *specified(event, self.specification)]
        if "run" in event:
            found.extend(self._lifecycle(event))
            found.extend(self._outputs(event))
            found.extend(self._column_lineage(event))
        for rule, text in found:
            yield Breach(rule, number, job, text)

    def _lifecycle(self, event: Document) -> Iterator[tuple[str, str]]:
        run, kind, at = event["run"]["runId"], event["eventType"], event["eventTime"]
        job = event["job"]
        parent, root = parent_of(event)
        seen = self._runs.get(run)
        if kind not in ("START", *TERMINAL):
            yield "event-type", f"{kind}"
        if seen is None:
            if kind != "START":
                yield "order", f"{kind} of run {run} came before its START"
            if not is_uuid(run):
                yield "run-id", f"{run} is no UUID"
            above = self._runs.get(parent[0]) if parent else None
            # A run that others report is at the top as far as the facet says.
            top = root if parent and parent[0] in self._foreign and root else run
            seen = _RunSeen(job["namespace"], job["name"], parent, above.root if above else top, at)
            self._runs[run] = seen
            yield from self._parentage(seen, root)
        else:
            if kind == "START":
                yield "order", f"a second START of run {run}, or a late one"
            elif seen.ended is not None:
                yield "order", f"{kind} of run {run} came after {seen.ended}"
            if (job["namespace"], job["name"]) != (seen.namespace, seen.job):
                yield "run-id", f"run {run} is of {seen.job} and of {job['name']}"
            if parent != seen.parent:
                rule = "parent-missing" if parent is None else "parent-changed"
                yield rule, f"{kind} has parent {parent}, the START had {seen.parent}"
            if moment(at) < moment(seen.started):
                yield "time", f"{kind} at {at}, START at {seen.started}"
        if kind in TERMINAL and seen.ended is None:
            seen.ended = kind

    def _parentage(self, seen: _RunSeen, root: str | None) -> Iterator[tuple[str, str]]:
        if seen.parent is None:
            return
        run, namespace, name = seen.parent
        above = self._runs.get(run)
        if run in self._foreign:
            return
        if above is None:
            yield "parent-unknown", f"no START of the parent {name} (run {run}) has come"
        elif (above.namespace, above.job) != (namespace, name):
            yield "parent-name", f"parent.job is {namespace}/{name}, the parent is {above.namespace}/{above.job}"
        if namespace != seen.namespace:
            yield "parent-name", f"the parent's namespace is {namespace}, the job's {seen.namespace}"
        if name == seen.job:
            yield "recursion", f"{seen.job} is its own parent"
        elif not seen.job.startswith(name + "."):
            yield "parent-prefix", f"{seen.job} does not begin with {name}."
        if root is None:
            yield "root", "the parent facet has no root"
        elif above is not None and root != above.root and above.root not in self._foreign:
            yield "root", f"root is run {root}, at the top is {above.root}"

    def _outputs(self, event: Document) -> Iterator[tuple[str, str]]:
        for dataset in (*event.get("inputs", ()), *event.get("outputs", ())):
            schema = schema_of(dataset)
            if schema is not None:
                self._schemas[id_of(dataset)] = frozenset(str(each.get("name")) for each in schema)
        seen = self._runs[event["run"]["runId"]]
        outputs: dict[tuple[str, str], Any] = {}
        for dataset in event.get("outputs", ()):
            schema = schema_of(dataset)
            is_model = dataset.get("facets", {}).get("datasetType", {}).get("datasetType") == "MODEL"  # has no fields
            if not schema and not is_model and event["eventType"] not in ("FAIL", "ABORT"):  # those make none current
                yield "output-schema", f"{dataset['name']} has no schema"
            if id_of(dataset) in outputs:
                yield "one-version", f"{dataset['name']} is listed twice"
            outputs[id_of(dataset)] = shape(schema)
            yield from self._producer(event, seen, dataset)
        if outputs and seen.outputs and outputs != seen.outputs:
            yield "one-version", f"outputs differ between the events of run {event['run']['runId']}"
        seen.outputs = outputs or seen.outputs

    def _producer(self, event: Document, seen: _RunSeen, dataset: Document) -> Iterator[tuple[str, str]]:
        run = event["run"]["runId"]
        key = (seen.root, *id_of(dataset))
        other_run, other_job = self._producers.setdefault(key, (run, seen.job))
        if other_run == run:
            return
        if dataset["namespace"].startswith("inmemory://") and other_job != seen.job:
            yield "one-producer", f"{dataset['name']} is the output of {other_job} and of {seen.job}"
        elif self._is_top(run) or self._is_top(other_run):
            return  # an application has the outer inputs and outputs of its steps, for a coarse view
        elif other_run in self._above(run) or run in self._above(other_run):
            yield "one-producer", f"{dataset['name']} is the output of {other_job} and of {seen.job}, one in the other"

    def _is_top(self, run: str) -> bool:
        parent = self._runs[run].parent
        return parent is None or parent[0] in self._foreign

    def _above(self, run: str) -> set[str]:
        found: set[str] = set()
        seen = self._runs.get(run)
        while seen is not None and seen.parent is not None and seen.parent[0] not in found:
            found.add(seen.parent[0])
            seen = self._runs.get(seen.parent[0])
        return found

    def _column_lineage(self, event: Document) -> Iterator[tuple[str, str]]:
        inputs = {id_of(each) for each in event.get("inputs", ())}
        for output in event.get("outputs", ()):
            facet = (output.get("facets") or {}).get("columnLineage")
            if not isinstance(facet, Mapping):
                continue
            own = self._schemas.get(id_of(output))
            for name in facet.get("fields", {}):
                if own is not None and name not in own:
                    yield "column-lineage-field", f"{output['name']} has no column {name}"
            for each in input_fields(facet):
                source = (each.get("namespace", ""), each.get("name", ""))
                fields = self._schemas.get(source)
                if source not in inputs:
                    yield "column-lineage-input", f"{source[1]} ({source[0]}) is not among the inputs"
                elif fields is None:
                    yield "column-lineage-field", f"the schema of {source[1]} is not known"
                elif each.get("field") not in fields:
                    yield "column-lineage-field", f"{source[1]} has no column {each.get('field')}"
