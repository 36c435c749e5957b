"""What the receiver makes of each event: Marquez's answer to it, and the rules that it breaks.

Pure but for the state that rules over several events need (:class:`Book`). Two kinds of outcome:

* the **answer** is what Marquez answers: 201; 422, 400, 500, and the 500 whose body says ``"code": 400``;
* a **breach** is what Marquez takes with 201 and then shows wrongly or breaks on for ever, or what the
  specification forbids. ``Breach.rule`` is one of the keys of ``RULES``.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

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

LONGEST_FIELD = 255
LONGEST_NAME = 2_500  # what a PostgreSQL index entry takes
DATASET_NAMESPACE = re.compile(r"[a-zA-Z:;=/0-9_\-.@+]*\Z")
JOB_NAMESPACE = re.compile(r"[a-zA-Z:/0-9_\-.@+]*\Z")
COLON_FINE = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.\-]*://)?[^:]*(?::[0-9]+)?(?:/[^:]*)?\Z")
NO_URI = re.compile(r"[\x00-\x20<>\"{}|\\^`\x7f]")
TERMINAL = ("COMPLETE", "FAIL", "ABORT")
FACETS = (
    ("inputs", "InputDatasetFacet", "inputFacets"),
    ("outputs", "OutputDatasetFacet", "outputFacets"),
)

Document = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: Mapping[str, Any]

    @property
    def accepted(self) -> bool:
        return self.status < 300


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

    # -- rules

    def _breaches(self, event: Document) -> Iterator[Breach]:
        number, job = len(self.received), str((event.get("job") or {}).get("name", "?"))
        found: list[tuple[str, str]] = [*_names(event), *_specified(event, self.specification)]
        if "run" in event:
            found.extend(self._lifecycle(event))
            found.extend(self._outputs(event))
            found.extend(self._column_lineage(event))
        for rule, text in found:
            yield Breach(rule, number, job, text)

    def _lifecycle(self, event: Document) -> Iterator[tuple[str, str]]:
        run, kind, at = event["run"]["runId"], event["eventType"], event["eventTime"]
        job = event["job"]
        parent, root = _parent(event)
        seen = self._runs.get(run)
        if kind not in ("START", *TERMINAL):
            yield "event-type", f"{kind}"
        if seen is None:
            if kind != "START":
                yield "order", f"{kind} of run {run} came before its START"
            if not _is_uuid(run):
                yield "run-id", f"{run} is no UUID"
            above = self._runs.get(parent[0]) if parent else None
            seen = _RunSeen(job["namespace"], job["name"], parent, above.root if above else run, at)
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
            if _moment(at) < _moment(seen.started):
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
            schema = _schema(dataset)
            if schema is not None:
                self._schemas[_id(dataset)] = frozenset(str(each.get("name")) for each in schema)
        seen = self._runs[event["run"]["runId"]]
        outputs: dict[tuple[str, str], Any] = {}
        for dataset in event.get("outputs", ()):
            schema = _schema(dataset)
            if not schema and event["eventType"] not in ("FAIL", "ABORT"):  # those never make an output current
                yield "output-schema", f"{dataset['name']} has no schema"
            if _id(dataset) in outputs:
                yield "one-version", f"{dataset['name']} is listed twice"
            outputs[_id(dataset)] = _shape(schema)
            yield from self._producer(event, seen, dataset)
        if outputs and seen.outputs and outputs != seen.outputs:
            yield "one-version", f"outputs differ between the events of run {event['run']['runId']}"
        seen.outputs = outputs or seen.outputs

    def _producer(self, event: Document, seen: _RunSeen, dataset: Document) -> Iterator[tuple[str, str]]:
        run = event["run"]["runId"]
        key = (seen.root, *_id(dataset))
        other_run, other_job = self._producers.setdefault(key, (run, seen.job))
        if other_run == run:
            return
        if dataset["namespace"].startswith("inmemory://") and other_job != seen.job:
            yield "one-producer", f"{dataset['name']} is the output of {other_job} and of {seen.job}"
        elif other_run in self._above(run) or run in self._above(other_run):
            yield "one-producer", f"{dataset['name']} is the output of {other_job} and of {seen.job}, one in the other"

    def _above(self, run: str) -> set[str]:
        found: set[str] = set()
        seen = self._runs.get(run)
        while seen is not None and seen.parent is not None and seen.parent[0] not in found:
            found.add(seen.parent[0])
            seen = self._runs.get(seen.parent[0])
        return found

    def _column_lineage(self, event: Document) -> Iterator[tuple[str, str]]:
        inputs = {_id(each) for each in event.get("inputs", ())}
        for output in event.get("outputs", ()):
            facet = (output.get("facets") or {}).get("columnLineage")
            if not isinstance(facet, Mapping):
                continue
            own = self._schemas.get(_id(output))
            for name in facet.get("fields", {}):
                if own is not None and name not in own:
                    yield "column-lineage-field", f"{output['name']} has no column {name}"
            for each in _input_fields(facet):
                source = (each.get("namespace", ""), each.get("name", ""))
                fields = self._schemas.get(source)
                if source not in inputs:
                    yield "column-lineage-input", f"{source[1]} ({source[0]}) is not among the inputs"
                elif fields is None:
                    yield "column-lineage-field", f"the schema of {source[1]} is not known"
                elif each.get("field") not in fields:
                    yield "column-lineage-field", f"{source[1]} has no column {each.get('field')}"


# --------------------------------------------------------------------------- one event by itself


def judge(body: bytes, specification: Specification) -> tuple[Answer, Document | None]:
    """Marquez's answer to a request body, and the event in it if there is one."""
    try:
        event = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        return _unreadable(str(error)), None
    if not isinstance(event, dict):
        return _unreadable(f"Cannot deserialize from {type(event).__name__}"), None
    not_uri = next((uri for uri in _uris(event) if not isinstance(uri, str) or NO_URI.search(uri)), None)
    if not_uri is not None:
        return _unreadable(f"not a valid URI: {not_uri!r}"), None
    missing = _missing(event)
    missing += _missing_in_facets(event, specification)
    if missing:
        return Answer(422, {"errors": missing}), event
    if not _is_moment(event["eventTime"]):
        return _unreadable(f"eventTime {event['eventTime']!r}"), event
    if "run" in event and not event.get("eventType"):
        return _broken("eventType is missing"), event
    strings = list(_strings(event))
    if any("\x00" in each for each in strings):
        return _broken("NUL in a string"), event
    long = _too_long(event)
    if long:
        return _broken(long), event
    bad = [each["namespace"] for each in _datasets(event) if not DATASET_NAMESPACE.match(each["namespace"])]
    if bad:
        message = f"namespace '{bad[0]}' must contain only letters, digits, :;=/_-.@+"
        return Answer(400, {"code": 400, "message": message}), event
    return Answer(201, {}), event


def _unreadable(why: str) -> Answer:
    return Answer(500, {"code": 400, "message": "Unable to process JSON", "details": why[:300]})


def _broken(why: str) -> Answer:
    return Answer(500, {"code": 500, "message": "There was an error processing your request.", "details": why})


def _no_constant(name: str) -> Any:
    raise ValueError(f"Non-standard token '{name}'")


def _missing(event: Document) -> list[str]:
    found = [f"{name} must not be null" for name in ("eventTime", "producer") if not event.get(name)]
    if "dataset" in event and "job" not in event:
        return found + _missing_ids(event["dataset"], "dataset")
    if not isinstance(event.get("job"), dict):
        found.append("job must not be null")
    else:
        found.extend(_missing_ids(event["job"], "job"))
    is_job_event = "run" not in event and "eventType" not in event and "JobEvent" in str(event.get("schemaURL"))
    if not is_job_event:
        run = event.get("run")
        if not isinstance(run, dict):
            found.append("run must not be null")
        elif not isinstance(run.get("runId"), str):
            found.append("run.runId must not be null")
    for side in ("inputs", "outputs"):
        for number, dataset in enumerate(event.get(side) or ()):
            found.extend(_missing_ids(dataset, f"{side}[{number}]"))
    return found


def _missing_in_facets(event: Document, specification: Specification) -> list[str]:
    """Marquez reads the facets of the specification; others it keeps as they are."""
    return [
        f"{fault.where} {fault.what}"
        for entity, name, facet, where in _facets(event)
        if specification.knows(entity, name) and not name.startswith(OUR_PREFIX)
        for fault in specification.of_facet(entity, name, facet, where)
        if fault.missing
    ]


def _missing_ids(holder: Any, where: str) -> list[str]:
    if not isinstance(holder, dict):
        return [f"{where} must be an object"]
    return [
        f"{where}.{name} must not be null" for name in ("namespace", "name") if not isinstance(holder.get(name), str)
    ]


def _too_long(event: Document) -> str | None:
    for holder in _holders(event):
        for kind in ("facets", "inputFacets", "outputFacets"):
            for name in holder.get(kind) or ():
                if len(name) > LONGEST_FIELD:
                    return f"facet name of {len(name)} characters"
    for dataset in _datasets(event):
        for each in _schema(dataset) or ():
            if len(str(each.get("name"))) > LONGEST_FIELD:
                return f"column name of {len(str(each.get('name')))} characters"
    names = [each["name"] for each in _datasets(event)] + ([event["job"]["name"]] if "job" in event else [])
    longest = max((len(each.encode("utf-8")) for each in names), default=0)
    return f"name of {longest} bytes" if longest > LONGEST_NAME else None


def _names(event: Document) -> Iterator[tuple[str, str]]:
    job = event.get("job")
    for each in [*([job] if job else []), *_datasets(event)]:
        if not each["namespace"].strip() or not each["name"].strip():
            yield "empty-name", f"namespace {each['namespace']!r}, name {each['name']!r}"
        elif not COLON_FINE.match(each["namespace"]):
            yield "namespace-colon", each["namespace"]
    if job and not JOB_NAMESPACE.match(job["namespace"]):
        yield "job-namespace", job["namespace"]
    for each in _datasets(event):
        if "#" in each["name"]:
            yield "dataset-hash", each["name"]
        if ":" in each["name"]:
            yield "dataset-colon", each["name"]


def _specified(event: Document, specification: Specification) -> Iterator[tuple[str, str]]:
    for fault in (*specification.of_event(event), *_facet_faults(event, specification)):
        yield "spec", f"{fault.where}: {fault.what}"
    for entity, name, _, where in _facets(event):
        if name.startswith(OUR_PREFIX) and not specification.knows(entity, name):
            yield "our-schema", f"{where}: no schema for a {entity} of this name"


def _facet_faults(event: Document, specification: Specification) -> list[Any]:
    return [
        fault
        for entity, name, facet, where in _facets(event)
        for fault in specification.of_facet(entity, name, facet, where)
    ]


def _facets(event: Document) -> Iterator[tuple[str, str, Any, str]]:
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


def _uris(event: Document) -> Iterator[Any]:
    if event.get("producer") is not None:
        yield event["producer"]
    for _, _, facet, _ in _facets(event):
        if isinstance(facet, Mapping):
            yield from (facet[name] for name in ("_producer", "_schemaURL") if facet.get(name) is not None)


def _holders(event: Document) -> Iterator[Document]:
    for name in ("run", "job", "dataset"):
        if isinstance(event.get(name), dict):
            yield event[name]
    yield from _datasets(event)


def _datasets(event: Document) -> list[Document]:
    alone = [event["dataset"]] if isinstance(event.get("dataset"), dict) else []
    return [*alone, *(event.get("inputs") or ()), *(event.get("outputs") or ())]


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield key
            yield from _strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)


def _id(dataset: Mapping[str, Any]) -> tuple[str, str]:
    return (dataset["namespace"], dataset["name"])


def _schema(dataset: Mapping[str, Any]) -> list[Any] | None:
    facet = (dataset.get("facets") or {}).get("schema")
    return list(facet.get("fields") or ()) if isinstance(facet, Mapping) else None


def _shape(schema: list[Any] | None) -> tuple[tuple[str, str], ...]:
    return tuple((str(each.get("name")), str(each.get("type"))) for each in schema or ())


def _input_fields(facet: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    listed = [each.get("inputFields", ()) for each in facet.get("fields", {}).values()] + [facet.get("dataset") or ()]
    for inputs in listed:
        # What is no list of objects breaks the specification, and is reported as that.
        yield from (each for each in inputs if isinstance(each, Mapping))


def _parent(event: Document) -> tuple[tuple[str, str, str] | None, str | None]:
    facet = (event["run"].get("facets") or {}).get("parent")
    if not facet:
        return None, None
    root = facet.get("root")
    above = (facet["run"]["runId"], facet["job"]["namespace"], facet["job"]["name"])
    return above, root["run"]["runId"] if root else None


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def _is_moment(text: Any) -> bool:
    try:
        _moment(text)
    except (ValueError, TypeError):
        return False
    return True


def _moment(text: str) -> datetime:
    """An ISO date-time with an offset; more than six digits of a second are cut (Python 3.10 wants 3 or 6)."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(?::\d\d)?)(\.\d+)?(Z|z|[+-]\d\d:?\d\d)", text)
    if match is None:
        raise ValueError(f"{text!r} is no date-time with an offset")
    whole, fraction, offset = match.groups()
    offset = "+00:00" if offset in "Zz" else offset if ":" in offset else f"{offset[:3]}:{offset[3:]}"
    return datetime.fromisoformat(whole + ((fraction or ".0")[:7]).ljust(7, "0") + offset)
