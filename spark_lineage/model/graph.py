"""The finished graph of one run: steps, datasets, gaps and results of checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from spark_lineage.model.choices import CheckStatus, DatasetKind, Mode, Outcome, StepKind
from spark_lineage.model.measurements import ProbedColumn, RuleAnswer, Sample
from spark_lineage.model.plans import Fragment, Storage
from spark_lineage.model.program import LinkSeen, ParentSeen, RepositorySeen
from spark_lineage.model.spark import Execution, SparkStarted


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
    answers: tuple[RuleAnswer, ...] = ()  # to rules, of a complete dataset


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
