"""Parses lines of a journal into typed records, and checks their types while it does.

A journal of a thousand datasets has tens of megabytes, most of them standard facets for other tools; a parser that
knows what is wanted passes over them. What is not of the type that it must be is refused here, in one place.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

from spark_lineage.events import content
from spark_lineage.events.lazily import Lazily
from spark_lineage.events.structs import struct

if TYPE_CHECKING:  # a struct has the properties of the class that it is made from
    from spark_lineage.events.content import Call, Context, Dataset, Execution, Fingerprint, Gaps
    from spark_lineage.events.content.dataset import ColumnFacts as ColumnFacts
else:
    Call, Context, Execution, Gaps = map(struct, (content.Call, content.Context, content.Execution, content.Gaps))
    Dataset, Fingerprint, ColumnFacts = map(struct, (content.Dataset, content.Fingerprint, content.dataset.ColumnFacts))

Document = dict[str, Any]


class Schema(msgspec.Struct, gc=False):
    fields: list[Field] = []


class Field(msgspec.Struct, gc=False):
    name: str
    type: str = ""


class SampleHash(msgspec.Struct):
    hash: str


class DatasetFacets(msgspec.Struct):
    schema: Schema | None = None
    dataset: Dataset | None = msgspec.field(default=None, name="sparkLineage_dataset")
    fingerprint: Fingerprint | None = msgspec.field(default=None, name="sparkLineage_fingerprint")
    sample: SampleHash | None = msgspec.field(default=None, name="sparkLineage_sample")


class ListedDataset(msgspec.Struct):
    namespace: str
    name: str
    facets: DatasetFacets | None = None


class ErrorMessage(msgspec.Struct):
    message: str


class Parameter(msgspec.Struct):
    key: str
    value: str = ""


class Parameters(msgspec.Struct):
    parameters: list[Parameter] = []


class ParentRun(msgspec.Struct, rename="camel"):
    run_id: str


class ParentJob(msgspec.Struct):
    namespace: str
    name: str


class Root(msgspec.Struct):
    run: ParentRun
    job: ParentJob


class Parent(msgspec.Struct):
    run: ParentRun
    job: ParentJob
    root: Root | None = None


class PlanOutput(msgspec.Struct, rename="camel", gc=False):
    """One of ``content.Plan.outputs``, as ``events.plans`` writes it."""

    output: str
    hash: str
    operators: tuple[str, ...]
    text: str
    datasets: list[str]
    definitions: list[Any]  # these, and what else is Any, are looked at when they are used
    dataset: str | None = None
    deterministic: bool = True
    inputs: int | None = None
    columns: list[Any] | None = None
    nondeterminism: tuple[str, ...] = ()
    sources: list[Document] = []
    opaque: tuple[str, ...] = ()
    sample_key: tuple[str, ...] = ()
    indirect: list[Document] = []
    covers: tuple[str, ...] = ()
    row_operators: list[Any] = []
    notes: list[Any] = []


class Plan(msgspec.Struct):
    outputs: list[PlanOutput] = []


class RunFacets(msgspec.Struct):
    parent: Parent | None = None
    parameters: Parameters | None = msgspec.field(default=None, name="executionParameters")
    error: ErrorMessage | None = msgspec.field(default=None, name="errorMessage")
    call: Call | None = msgspec.field(default=None, name="sparkLineage_call")
    context: Context | None = msgspec.field(default=None, name="sparkLineage_context")
    plan: Plan | None = msgspec.field(default=None, name="sparkLineage_plan")
    execution: Execution | None = msgspec.field(default=None, name="sparkLineage_execution")
    gaps: Gaps | None = msgspec.field(default=None, name="sparkLineage_gaps")


class EventRun(msgspec.Struct, rename="camel"):
    run_id: str
    facets: RunFacets = msgspec.field(default_factory=RunFacets)


class SourceCode(msgspec.Struct, rename="camel"):
    source_code: str


class Documentation(msgspec.Struct):
    description: str


class JobType(msgspec.Struct, rename="camel"):
    processing_type: str = ""


class JobFacets(msgspec.Struct, rename="camel"):
    job_type: JobType | None = None
    source_code: SourceCode | None = None
    documentation: Documentation | None = None


class EventJob(msgspec.Struct):
    name: str
    facets: JobFacets = msgspec.field(default_factory=JobFacets)


class Event(msgspec.Struct, rename="camel"):
    run: EventRun
    job: EventJob
    event_type: str = ""
    inputs: list[ListedDataset] = []
    outputs: list[ListedDataset] = []

    @property
    def is_start(self) -> bool:
        return self.event_type == "START"


class HeadFacets(msgspec.Struct):
    context: dict[str, Any] | None = msgspec.field(default=None, name="sparkLineage_context")


class HeadRun(msgspec.Struct, rename="camel"):
    run_id: str
    facets: HeadFacets = msgspec.field(default_factory=HeadFacets)


class Head(msgspec.Struct):
    """The part of an event that a list of runs needs: the context facet, and nothing else."""

    run: HeadRun


class EventHead(msgspec.Struct, rename="camel"):
    """What a list of events says of each."""

    event_time: str
    run: ParentRun
    job: ParentJob
    event_type: str | None = None


class KeptSample(msgspec.Struct):
    """A line of ``samples.jsonl``. Its rows stay text until they are used."""

    dataset: str
    key: list[str]
    columns: list[str]
    counts: list[int]
    hash: str
    rows: msgspec.Raw


_events: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
_samples: msgspec.json.Decoder[KeptSample] = msgspec.json.Decoder(KeptSample)
_event_heads: msgspec.json.Decoder[EventHead] = msgspec.json.Decoder(EventHead)
_heads: msgspec.json.Decoder[Head] = msgspec.json.Decoder(Head)


def parse(line: bytes) -> Event:
    """One line of a journal. Raises ValueError, saying what is missing or of another type."""
    try:
        return _events.decode(line)
    except ValueError:
        # Text that is no Unicode (odd bytes in an argument) is JSON to Python only.
        return of_document(json.loads(line))


def of_document(document: Any) -> Event:
    """The same as :func:`parse`, for a line that has been parsed as JSON. Raises ValueError."""
    return msgspec.convert(document, Event)


def head(line: bytes) -> Document | None:
    """The context facet, which only events of an application have. Raises ValueError."""
    try:
        return _heads.decode(line).run.facets.context
    except ValueError:
        return msgspec.convert(json.loads(line), Head).run.facets.context


def event_head(line: bytes) -> EventHead:
    """Raises ValueError."""
    try:
        return _event_heads.decode(line)
    except ValueError:
        return msgspec.convert(json.loads(line), EventHead)


def context(facet: Document) -> Context:
    """A context facet with its types checked. Raises ValueError."""
    return msgspec.convert(facet, Context)


def sample(line: bytes) -> Document:
    """A line of ``samples.jsonl`` as a document. Raises ValueError, KeyError or TypeError for another shape."""
    try:
        kept = _samples.decode(line)
    except ValueError:
        document: Document = json.loads(line)
        return {name: document[name] for name in KeptSample.__struct_fields__}
    rows: Lazily[str] = Lazily(lambda: tuple(json.loads(bytes(kept.rows))), f"the sample of {kept.dataset}")
    return {**{name: getattr(kept, name) for name in KeptSample.__struct_fields__}, "rows": rows}
