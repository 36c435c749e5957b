"""Seam types: what crosses from one part of the agent to the next.

Everything here is frozen. Capture and the JVM bridge produce *observations*; ``graph.assemble`` turns them
into a :class:`LineageGraph`; ``events.build`` turns that into OpenLineage events. No part imports another
part's insides: it imports this module.

Identifiers are strings with a letter that says what they name: ``c7`` a call (one activation of user code),
``o12`` an operation, ``d5`` a DataFrame. They are unique in one run and mean nothing in another; names that
are stable from run to run are made by ``graph``.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Union

WIRE_VERSION = 1
FORMAT = 2  # of what is written into the store; in the address of every facet's schema


class Damaged(ValueError):
    """Something in the store is not as it was written; its text is one sentence for people."""


# What data of another shape than it must have makes code raise that trusts it.
SHAPE_ERRORS = (ValueError, KeyError, TypeError, AttributeError, IndexError, ArithmeticError, RecursionError)


class Mode(str, enum.Enum):
    """How much the probe may cost. See ``docs/how-it-works.md``."""

    PLAN = "plan"
    FLOW = "flow"
    EXACT = "exact"


class Outcome(str, enum.Enum):
    COMPLETE = "complete"
    FAIL = "fail"
    ABORT = "abort"
    RUNNING = "running"


class StepKind(str, enum.Enum):
    APPLICATION = "application"
    FUNCTION = "function"
    STATEMENT = "statement"
    CELL = "cell"


class DatasetKind(str, enum.Enum):
    INTERIM = "interim"
    SOURCE = "source"
    SINK = "sink"
    MODEL = "model"


class OperationKind(str, enum.Enum):
    TRANSFORM = "transform"
    ACTION = "action"
    READ = "read"
    WRITE = "write"
    VIEW = "view"  # registers a DataFrame under a name
    CACHE = "cache"  # cache, persist, checkpoint, unpersist
    CREATE = "create"  # createDataFrame, range, sql without table


# --------------------------------------------------------------------------- what the source says (static)


@dataclass(frozen=True)
class Statement:
    """One simple statement of a body (also inside its loops, ifs and withs), in source order."""

    index: int  # position in FunctionReading.statements
    line: int
    end_line: int
    variable: str | None  # the name that it assigns: ``x = ...`` -> x; tuple targets: "a, b"; else None
    ordinal: int  # 1 for the first statement of the body that assigns this variable, 2 for the second, ...
    source_hash: str  # of the normalised source: comments, formatting and docstrings do not matter
    source: str = ""  # the text as written
    column: int = 0  # of its first character (UTF-8 bytes, as ast counts): tells statements on one line apart
    reads: tuple[str, ...] = ()  # names that it takes values from: ``rows``, ``self.rows``
    binds: tuple[str, ...] = ()  # names that it gives values to; ``+rows`` where the earlier value stays a part


@dataclass(frozen=True)
class FunctionReading:
    """What the source says about one function; the module body is the function ``<module>``."""

    qualname: str  # ``Pipeline.clean``, ``make.<locals>.inner``, ``<module>``
    line: int
    end_line: int
    composite: bool  # its body calls (or hands on) user functions that handle DataFrames
    source_hash: str
    doc: str | None
    statements: tuple[Statement, ...]
    source: str = ""
    wrapper: bool = False  # only stands around another function (``functools.wraps``): no step of its own
    guarded: tuple[tuple[int, int], ...] = ()  # line ranges where an error may be caught by this body


@dataclass(frozen=True)
class SourceReading:
    """One user file, read before it runs. ``functions`` is keyed by (first line, qualname-last-part).

    The first line of a decorated function is that of its first decorator, as in ``co_firstlineno``.
    """

    file: str
    source_hash: str
    functions: tuple[FunctionReading, ...]


# --------------------------------------------------------------------------- observations: Python half


@dataclass(frozen=True)
class Place:
    """Where one activation of user code stands: the call, and which of its statements is running."""

    call: str
    statement: int | None  # Statement.index; None where the source could not be read
    line: int


Path = tuple[Place, ...]  # outermost (the program's module body) first; lambdas and comprehensions folded in

Unit = tuple[str, Union[int, None]]  # what a step is while the program runs: (call, statement if its body is divided)


def unit(path: Path, composite: Callable[[str], bool]) -> Unit | None:
    """The step that runs at ``path``: its innermost call, or the statement there if that call's body is divided.

    ``composite(call)`` says whether the body of a call is divided into statements. None for an empty path.
    """
    if not path:
        return None
    place = path[-1]
    return (place.call, place.statement if composite(place.call) else None)


def crossing(made: Unit | None, used: Unit | None) -> bool:
    """Whether a DataFrame made in one unit and used in the other is at a boundary."""
    return made is not None and used is not None and made != used


@dataclass(frozen=True)
class CallSeen:
    """An activation of user code was first seen on the stack of a DataFrame operation."""

    call: str
    parent: str | None
    function: str  # qualname
    module: str
    file: str
    line: int  # first line of the definition
    site: Place | None  # where in the parent it was called
    thread: str
    at: float  # seconds since the epoch
    composite: bool  # as the static reading has it
    task: int | None = None  # it began a thread or a pool's task: which of all, in the order in which they were given


@dataclass(frozen=True)
class CallEnded:
    call: str
    at: float
    error: str | None  # "ValueError: text" if the activation is known to have been left by an exception


@dataclass(frozen=True)
class SourceRead:
    """The static reading of a user file, recorded once per file."""

    reading: SourceReading


@dataclass(frozen=True)
class Operation:
    """One public pyspark call on a DataFrame (reader, writer, catalog, ...) from user code."""

    op: str
    name: str  # ``DataFrame.filter``, ``DataFrameReader.parquet``, ``SparkSession.sql``
    kind: OperationKind
    path: Path
    inputs: tuple[str, ...]  # DataFrame ids used
    output: str | None  # DataFrame id made
    started: float
    ended: float
    error: str | None = None
    failed_calls: tuple[str, ...] = ()  # calls that the error is known to leave (no ``except`` around it there)
    detail: Mapping[str, str] = field(default_factory=dict)  # e.g. view name, path, table, sql text


@dataclass(frozen=True)
class Marked:
    """The plan of a DataFrame was marked on the JVM, so that a probe looks at its rows."""

    df: str
    why: str  # boundary, cache, write
    inputs: tuple[str, ...]  # the marked DataFrames of other steps that this one was made from


@dataclass(frozen=True)
class VariableSeen:
    """A DataFrame was seen under a name: assigned where made, or received as parameter."""

    df: str
    variable: str
    call: str


@dataclass(frozen=True)
class PythonGap:
    """Something the Python half did not observe."""

    what: str
    why: str
    call: str | None = None
    df: str | None = None


@dataclass(frozen=True)
class ProgramStarted:
    app: str
    program: str  # path or module of the program
    argv: tuple[str, ...]
    python: str  # version
    at: float
    mode: Mode
    labels: Mapping[str, str]
    run: str  # UUID (version 7)


@dataclass(frozen=True)
class RepositorySeen:
    """The git repository that the program stands in, as it was when the program began."""

    root: str
    commit: str
    branch: str | None
    remote: str | None  # address of ``origin``, without credentials
    dirty: bool | None = None  # tracked files differ from the commit's; None: could not be told


@dataclass(frozen=True)
class LinkSeen:
    """A run of another system that the program belongs to."""

    system: str  # opentelemetry, mlflow
    id: str  # trace id, run id
    span: str | None = None


@dataclass(frozen=True)
class ParentSeen:
    """The run of another system that started the program, or (``root``) the one at the top of that."""

    namespace: str
    name: str  # of its job
    run: str  # a UUID
    root: bool = False


@dataclass(frozen=True)
class ProgramEnded:
    at: float
    outcome: Outcome
    error: str | None
    failed_calls: tuple[str, ...] = ()  # calls on the traceback of the error that ended the program


# --------------------------------------------------------------------------- observations: JVM half (wire)


@dataclass(frozen=True)
class Storage:
    """A dataset in storage, named by the OpenLineage naming rules."""

    namespace: str
    name: str
    format: str | None = None
    version: str | None = None
    table: str | None = None  # catalog name, where there is one
    columns: tuple[tuple[str, str], ...] = ()  # (name, type as DDL)
    files: str | None = None  # what was listed of its files: files1:<number>:<names and sizes>:<with times>


@dataclass(frozen=True)
class ColumnInput:
    """One input column of an output column. ``dataset`` is a DataFrame id or ``source:<index>``."""

    dataset: str
    column: str
    kind: str  # DIRECT, INDIRECT
    subtype: str  # IDENTITY, TRANSFORMATION, AGGREGATION; JOIN, FILTER, GROUP_BY, SORT, WINDOW, CONDITIONAL
    masking: bool = False

    def through(self, inner: ColumnInput) -> ColumnInput:
        """How what uses this column hangs on ``inner``, which this one is made from: as ``Use.through`` in Scala."""
        masking = self.masking or inner.masking
        if self.kind != "DIRECT":
            return ColumnInput(inner.dataset, inner.column, self.kind, self.subtype, masking)
        if inner.kind != "DIRECT":
            return ColumnInput(inner.dataset, inner.column, inner.kind, inner.subtype, masking)
        subtypes = {self.subtype, inner.subtype}
        if "AGGREGATION" in subtypes:
            subtype = "AGGREGATION"
        else:
            subtype = "IDENTITY" if subtypes == {"IDENTITY"} else "TRANSFORMATION"
        return ColumnInput(inner.dataset, inner.column, "DIRECT", subtype, masking)


@dataclass(frozen=True)
class ColumnDefinition:
    column: str
    expression: str  # readable SQL over the input columns
    inputs: tuple[ColumnInput, ...]


@dataclass(frozen=True)
class Clash:
    """What does not fit together at one position (from 0) of a union by position: the first branch, another one."""

    position: int
    name: str
    type: str
    other_name: str
    other_type: str


@dataclass(frozen=True)
class RowOperator:
    """One operator of a fragment that decides which rows there are; what passes its rows on is left out."""

    op: str  # input, opaque, filter, join, union, aggregate, deduplicate, limit, sample, generate, set, other
    children: tuple[int, ...] = ()  # positions in Fragment.row_operators; an operator stands after those it reads
    kind: str | None = None  # of joins ("left outer"), set operations and deduplications: which
    text: str | None = None  # readable condition
    equi: bool = False  # a join that compares for equality
    datasets: tuple[str, ...] = ()  # what an input is
    keys: tuple[str, ...] = ()  # names: grouping, deduplication keys
    supplied: tuple[int, ...] = ()  # output columns (positions) that hold NULL where this outer join found nothing
    undone: tuple[tuple[int, str], ...] = ()  # of filters: (outer join, condition that drops its rows without partner)
    drops: tuple[
        tuple[str, tuple[tuple[str, str], ...]], ...
    ] = ()  # (condition, (dataset, column)s): all NULL: dropped
    clashes: tuple[Clash, ...] = ()  # of unions by position


@dataclass(frozen=True)
class ColumnNote:
    """Something of a column that the text of its expression does not tell safely."""

    kind: str  # literal; cast (may make NULL of a value); filled (0 for NULL); average; average_of_filled
    column: str
    text: str
    input: tuple[str, str] | None = None  # (dataset, column) that it is made from


@dataclass(frozen=True)
class Fragment:
    """The plan between a marked DataFrame and the inputs of its step."""

    dataset: str
    columns: tuple[tuple[str, str, bool], ...]  # name, type as DDL, nullable
    plan_hash: str
    operators: tuple[str, ...]  # readable, root first
    plan_text: str  # redacted, bounded
    deterministic: bool
    nondeterminism: tuple[str, ...]
    inputs: tuple[str, ...]  # DataFrame ids that the plan really stands on
    sources: tuple[Storage, ...]
    opaque: tuple[str, ...]  # leaves that are neither: "rdd", "local", "range"
    definitions: tuple[ColumnDefinition, ...]
    indirect: tuple[ColumnInput, ...]  # inputs that decide which rows there are: filters, joins, grouping, sorts
    sample_key: tuple[str, ...]
    covers: tuple[str, ...] = ()  # what the hash covers beside the plan: name@hash of functions, local@hash of rows
    row_operators: tuple[RowOperator, ...] = ()  # the last is the root; empty: not known
    notes: tuple[ColumnNote, ...] = ()


@dataclass(frozen=True)
class ProbedColumn:
    name: str
    type: str
    nulls: int | None
    fingerprint: str | None  # "xxh64:" + 16 hex digits
    sum: float | None = None  # tolerant sketch, float and double columns only
    sum_squares: float | None = None
    signed_sum: float | None = None


@dataclass(frozen=True)
class Sample:
    key: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
    counts: tuple[int, ...]


@dataclass(frozen=True)
class Answer:
    """What a rule wanted to know of every row, found by the probe: a count, or 1 and 0 for true and false."""

    kind: str  # violations (of a condition in SQL), unique (columns)
    arguments: tuple[str, ...]
    value: int | None
    reason: str | None = None  # why there is no value


@dataclass(frozen=True)
class Probed:
    """One measurement of a marked DataFrame. A later one with the same ``instance`` replaces the earlier."""

    dataset: str
    instance: str
    execution: int | None
    rows: int | None
    complete: bool
    reason: str | None  # never_executed, limit, filter_pushed, stepped_aside, served_from_cache, failed, ...
    detail: str | None  # for people: which filter, which plan
    pushed: tuple[str, ...]  # SQL of the filters that were pushed below
    columns: tuple[ProbedColumn, ...]
    fingerprint: str | None  # "row1:" + 32 hex digits
    sample: Sample | None
    plan_hash: str | None = None  # of the physical subtree: equal hashes measure the same rows
    answers: tuple[Answer, ...] = ()


@dataclass(frozen=True)
class Execution:
    """One SQL execution, or a spark_job outside one."""

    execution: int | None
    op: str | None  # the operation whose action ran it
    description: str
    started: float
    ended: float | None
    outcome: Outcome
    error: str | None
    spark_jobs: tuple[int, ...]
    metrics: Mapping[str, int]  # task_ms, cpu_ms, rows_read, bytes_read, rows_written, ... see wire.schema.json
    sources: tuple[Storage, ...]
    sinks: tuple[tuple[Storage, str, str | None], ...]  # storage, save mode, marked DataFrame written


@dataclass(frozen=True)
class SparkStarted:
    app_id: str
    app_name: str
    spark_version: str
    scala_version: str
    java_version: str
    master: str
    at: float


@dataclass(frozen=True)
class JvmGap:
    what: str
    why: str
    dataset: str | None = None


Observation = Union[
    ProgramStarted, ProgramEnded, RepositorySeen, LinkSeen, ParentSeen, SourceRead, CallSeen, CallEnded, Operation,
    Marked, VariableSeen, PythonGap,
    SparkStarted, Fragment, Probed, Execution, JvmGap,
]  # fmt: skip


# --------------------------------------------------------------------------- the finished graph


@dataclass(frozen=True)
class Column:
    name: str
    type: str
    nullable: bool = True
    nulls: int | None = None
    fingerprint: str | None = None
    sum: float | None = None
    sum_squares: float | None = None
    signed_sum: float | None = None


@dataclass(frozen=True)
class Partial:
    """A measurement that saw only the rows that passed the filters in ``pushed``, but all of those."""

    pushed: tuple[str, ...]
    rows: int
    columns: tuple[ProbedColumn, ...]
    fingerprint: str | None


@dataclass(frozen=True)
class Dataset:
    """One dataset of one run. ``id`` is unique in the run and stable from run to run."""

    id: str
    name: str
    namespace: str
    kind: DatasetKind
    step: str | None  # step name that made it
    call: int
    variable: str | None
    engine: str  # spark, pandas, ...
    columns: tuple[Column, ...]
    rows: int | None
    complete: bool
    reason: str | None
    detail: str | None
    pushed: tuple[str, ...]
    fingerprint: str | None
    sample: Sample | None
    storage: Storage | None
    fragment: Fragment | None  # with dataset ids of this graph in place of DataFrame ids
    measurements: int  # how many times a probe measured it
    mode: str | None = None  # save mode of a sink: overwrite, append, ...
    partial: tuple[Partial, ...] = ()  # of what is not complete: comparable where the same filters were pushed
    answers: tuple[Answer, ...] = ()  # to rules, of a complete dataset


@dataclass(frozen=True)
class Step:
    """One run of one step: a call of a function, or one execution of a statement."""

    step: str  # call path: app.main.clean_orders
    call: int  # 1 for the first call of this step, ...
    kind: StepKind
    function: str
    file: str
    line: int  # of the definition (functions) or the statement
    end_line: int
    site_line: int | None  # where it was called
    parent: tuple[str, int] | None  # (step, call)
    inputs: tuple[str, ...]  # dataset ids
    outputs: tuple[str, ...]
    started: float
    ended: float | None
    outcome: Outcome
    error: str | None
    executions: tuple[Execution, ...]
    variable: str | None
    source_hash: str | None
    source: str | None
    doc: str | None
    thread: str
    arguments: tuple[tuple[str, str], ...] = ()  # of the call, as written there: parameter, expression
    streaming: bool = False  # it started a streaming query


@dataclass(frozen=True)
class Gap:
    step: str | None
    dataset: str | None
    what: str
    why: str


class CheckStatus(str, enum.Enum):
    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "could not tell"  # a fact is missing: neither evidence for nor against


@dataclass(frozen=True)
class CheckResult:
    """One check of one dataset (or of one of its columns). ``expected`` and ``actual`` are for people."""

    check: str  # name of a built-in check, or the text of a rule
    step: str
    dataset: str | None
    status: CheckStatus
    expected: str
    actual: str
    column: str | None = None
    call: int = 1
    rule: bool = False  # asked for by the user
    where: str | None = None  # file and line of the step, or of the rule
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return self.status is CheckStatus.PASSED


@dataclass(frozen=True)
class Run:
    id: str
    app: str
    program: str
    argv: tuple[str, ...]
    started: float
    ended: float | None
    outcome: Outcome
    error: str | None
    mode: Mode
    labels: Mapping[str, str]
    spark: SparkStarted | None
    python: str
    repository: RepositorySeen | None = None
    links: tuple[LinkSeen, ...] = ()  # one for each system
    parent: ParentSeen | None = None
    root: ParentSeen | None = None  # None: the parent, or this run itself, is at the top as far as is known


@dataclass(frozen=True)
class LineageGraph:
    run: Run
    steps: tuple[Step, ...]  # in order of start; the application first
    datasets: tuple[Dataset, ...]  # in order of first appearance
    gaps: tuple[Gap, ...]
    checks: tuple[CheckResult, ...] = ()  # as they were at the end of the run


# --------------------------------------------------------------------------- JSON


def plain(value: Any) -> Any:
    """Seam value -> what ``json.dumps`` takes; ``{"_": "ClassName", ...}`` for dataclasses."""
    if isinstance(value, enum.Enum):
        return value.value
    if hasattr(value, "__dataclass_fields__"):
        return {"_": type(value).__name__, **{name: plain(getattr(value, name)) for name in value.__dataclass_fields__}}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list, frozenset)):
        return [plain(item) for item in value]
    return value
