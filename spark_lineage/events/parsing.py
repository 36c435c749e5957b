"""Lines of a journal as typed records: parsed and checked in one go, and what readers do not need is skipped.

A journal of a thousand datasets has tens of megabytes, most of them standard facets for other tools; a parser that
knows what is wanted passes over them. What is not of the type that it must be is refused here, in one place.
"""

from __future__ import annotations

import json
from typing import Annotated, Any

import msgspec

from spark_lineage.events.lazily import Lazily

Document = dict[str, Any]

Number = Annotated[int, msgspec.Meta(ge=0)]
Text = str | None


class Schema(msgspec.Struct, gc=False):
    fields: list[Field] = []


class Field(msgspec.Struct, gc=False):
    name: str
    type: str = ""


class ColumnFacts(msgspec.Struct, gc=False, rename="camel"):
    nulls: Number | None = None
    fingerprint: Text = None
    sum: Text = None
    sum_squares: Text = None
    signed_sum: Text = None


class Sketch(msgspec.Struct, array_like=True, gc=False):
    column: Number
    sum: str
    sum_squares: str
    signed_sum: str


class ColumnLists(msgspec.Struct):
    """See ``columns``. ``columns``: in format 1, instead of the others."""

    columns: list[ColumnFacts] | None = None
    nulls: list[Annotated[int, msgspec.Meta(ge=-1)]] = []
    fingerprints: list[str] = []
    sketches: list[Sketch] = []


class Fingerprint(ColumnLists, rename="camel"):
    row_count: Number | None = None
    rows: Text = None


class PartialColumn(ColumnFacts, gc=False, rename="camel"):
    name: str = ""
    type: str = ""


class PartialFacts(ColumnLists, kw_only=True):
    """``declared``: the columns of the measurement, if they are not those of the dataset."""

    pushed: list[str]
    rows: Number
    columns: list[PartialColumn] | None = None  # type: ignore[assignment]  # in format 1
    declared: list[Field] | None = None
    fingerprint: Text = None


class Answered(msgspec.Struct):
    kind: str
    arguments: list[str]
    value: int | None = None
    reason: Text = None


class Checked(msgspec.Struct):
    check: str
    status: str
    expected: str
    actual: str
    step: str
    call: Number
    rule: bool
    column: Text = None
    where: Text = None


class OurDataset(msgspec.Struct, rename="camel"):
    id: str
    kind: str
    order: int
    call: Number
    engine: str
    complete: bool
    measurements: Number
    step: Text = None
    variable: Text = None
    reason: Text = None
    detail: Text = None
    pushed: list[str] = []
    not_null: list[int] = []
    format: Text = None
    version: Text = None
    table: Text = None
    stored_columns: bool = False
    mode: Text = None
    files: Text = None
    partial: list[PartialFacts] = []
    answers: list[Answered] = []
    checks: list[Checked] = []


class SampleHash(msgspec.Struct):
    hash: str


class DatasetFacets(msgspec.Struct):
    schema: Schema | None = None
    dataset: OurDataset | None = msgspec.field(default=None, name="sparkLineage_dataset")
    fingerprint: Fingerprint | None = msgspec.field(default=None, name="sparkLineage_fingerprint")
    sample: SampleHash | None = msgspec.field(default=None, name="sparkLineage_sample")


class ListedDataset(msgspec.Struct):
    namespace: str
    name: str
    facets: DatasetFacets | None = None


class Call(msgspec.Struct, rename="camel"):
    step: str
    call: Number
    kind: str
    order: int
    function: str
    file: str
    line: int
    end_line: int
    outcome: str
    started: str
    inputs: list[str]
    outputs: list[str]
    ended: Text = None
    site_line: int | None = None
    parent_step: Text = None
    parent_call: int | None = None
    variable: Text = None
    source_hash: Text = None
    thread: Text = None


class SparkSeen(msgspec.Struct, rename="camel"):
    app_id: str
    app_name: str
    spark_version: str
    scala_version: str
    java_version: str
    master: str
    at: str


class Repository(msgspec.Struct):
    root: str
    commit: str
    branch: Text = None
    remote: Text = None
    dirty: bool | None = None


class Trace(msgspec.Struct, rename="camel"):
    trace_id: str
    span_id: Text = None


class MlflowRun(msgspec.Struct, rename="camel"):
    run_id: str


class Context(msgspec.Struct):
    app: str
    program: str
    argv: list[str]
    python: str
    mode: str
    labels: dict[str, str]
    outcome: str
    started: str
    ended: Text = None
    spark: SparkSeen | None = None
    repository: Repository | None = None
    trace: Trace | None = msgspec.field(default=None, name="openTelemetry")
    mlflow: MlflowRun | None = None


class Executed(msgspec.Struct, rename="camel"):
    description: str
    started: str
    outcome: str
    spark_jobs: list[int]
    metrics: dict[str, int]
    execution: int | None = None
    op: Text = None
    ended: Text = None
    error: Text = None


class Executions(msgspec.Struct):
    executions: list[Executed]


class GapLine(msgspec.Struct):
    what: str
    why: str
    step: Text = None
    dataset: Text = None


class Gaps(msgspec.Struct):
    gaps: list[GapLine]


class Plans(msgspec.Struct):
    outputs: list[dict[str, Any]]


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


class RunFacets(msgspec.Struct):
    parent: Parent | None = None
    parameters: Parameters | None = msgspec.field(default=None, name="executionParameters")
    error: ErrorMessage | None = msgspec.field(default=None, name="errorMessage")
    call: Call | None = msgspec.field(default=None, name="sparkLineage_call")
    context: Context | None = msgspec.field(default=None, name="sparkLineage_context")
    plan: Plans | None = msgspec.field(default=None, name="sparkLineage_plan")
    execution: Executions | None = msgspec.field(default=None, name="sparkLineage_execution")
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
    """As much of an event as a list of runs needs; only the context facet is looked into."""

    run: HeadRun


class KeptSample(msgspec.Struct):
    """A line of ``samples.jsonl``; its rows are parsed when they are looked at."""

    dataset: str
    key: list[str]
    columns: list[str]
    counts: list[int]
    hash: str
    rows: msgspec.Raw


_events: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
_samples: msgspec.json.Decoder[KeptSample] = msgspec.json.Decoder(KeptSample)
_heads: msgspec.json.Decoder[Head] = msgspec.json.Decoder(Head)


def parse(line: bytes) -> Event:
    """One line of a journal. Raises ValueError, saying what is missing or of another type."""
    try:
        return _events.decode(line)
    except ValueError:
        # Text that is no Unicode (odd bytes in an argument) is JSON to Python only.
        return of_document(json.loads(line))


def of_document(document: Any) -> Event:
    """The same from a document that is parsed already."""
    return msgspec.convert(document, Event)


def head(line: bytes) -> Document | None:
    """The context facet, which only events of an application have. Raises ValueError."""
    try:
        return _heads.decode(line).run.facets.context
    except ValueError:
        return msgspec.convert(json.loads(line), Head).run.facets.context


def context(facet: Document) -> Context:
    """A context facet with its types checked. Raises ValueError."""
    return msgspec.convert(facet, Context)


def sample(line: bytes) -> Document:
    """A line of ``samples.jsonl``. Raises ValueError, KeyError or TypeError."""
    try:
        kept = _samples.decode(line)
    except ValueError:
        document: Document = json.loads(line)
        return {name: document[name] for name in KeptSample.__struct_fields__}
    rows: Lazily[str] = Lazily(lambda: tuple(json.loads(bytes(kept.rows))), f"the sample of {kept.dataset}")
    return {**{name: getattr(kept, name) for name in KeptSample.__struct_fields__}, "rows": rows}
