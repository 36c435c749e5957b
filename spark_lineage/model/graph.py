"""The finished graph of one run: steps, datasets, gaps and results of checks.

All moments are seconds since the epoch. A text that is redacted has secrets replaced.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from spark_lineage.model.choices import CheckStatus, DatasetKind, Mode, Outcome, StepKind, ValueUse
from spark_lineage.model.measurements import ProbedColumn, RuleAnswer, Sample
from spark_lineage.model.plans import ChangedRows, Fragment, Storage
from spark_lineage.model.program import LinkSeen, ParentSeen, RepositorySeen
from spark_lineage.model.source_code import ProgramFile
from spark_lineage.model.spark import Execution, SparkStarted


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a dataset; what was measured of it is as in ProbedColumn, and None where it is not known."""

    name: str
    type: str  # as Spark's DDL writes it; of pandas the name of the dtype
    nullable: bool = True
    nulls: int | None = None
    fingerprint: str | None = None
    sum: float | None = None
    sum_squares: float | None = None
    signed_sum: float | None = None
    nans: int | None = None


@dataclass(frozen=True, slots=True)
class Partial:
    """A measurement that saw only the rows that passed the filters in ``pushed``, but all of those."""

    pushed: tuple[str, ...]  # SQL
    rows: int
    columns: tuple[ProbedColumn, ...]
    fingerprint: str | None  # of rows, as in Probed


@dataclass(frozen=True, slots=True)
class Dataset:
    """One dataset of one run. ``id`` is unique in the run, and the same in every run of the program."""

    id: str
    name: str  # with the namespace its name in OpenLineage; several versions of one dataset share it
    namespace: str
    kind: DatasetKind
    step: str | None  # name of the step that made it; None for a source
    call: int  # which call of that step, from 1
    variable: str | None  # the name of the variable that held it
    engine: str  # spark, pandas, arrow, polars, ...
    columns: tuple[Column, ...]  # empty where they are not known
    rows: int | None  # exact; known also where not every row was seen, if it follows from what is known of others
    complete: bool  # whether every row was seen
    reason: str | None  # why it is not complete, as in Probed; None if it is
    detail: str | None  # the same for people
    pushed: tuple[str, ...]  # the filters that Spark ran below the probe, as SQL
    fingerprint: str | None  # of rows, as in Probed; None unless complete
    sample: Sample | None
    storage: Storage | None  # of a source or a sink
    fragment: Fragment | None  # how it is made, over ids of datasets of this graph; None where no plan was seen
    measurements: int  # how many times a probe measured it
    mode: str | None = None  # save mode of a sink: overwrite, append, ...
    partial: tuple[Partial, ...] = ()  # of what is not complete: comparable where the same filters were pushed
    answers: tuple[RuleAnswer, ...] = ()  # to rules of the user; only a complete dataset has them
    changed: ChangedRows | None = None  # of a table that a command has changed in place
    mlflow_run: str | None = None  # id of the MLflow run in which a model was fitted


@dataclass(frozen=True, slots=True)
class StepValue:
    """A small plain value that a step took or gave; of one name the last that was seen."""

    use: ValueUse
    name: str  # of the parameter, of what the code reads (``settings.LIMIT``), or of what the result was bound to
    kind: str  # the name of its type
    digest: str  # equal for equal values; made again with the key of the store where something was hidden
    text: str  # short, and redacted
    file: str | None = None  # where a statement gave it its name, if that is known
    line: int | None = None
    source: str | None = None  # that statement, short and redacted


@dataclass(frozen=True, slots=True)
class Step:
    """One run of one step: a call of a function, or one execution of a statement."""

    step: str  # the path of calls that leads to it: app.main.clean_orders
    call: int  # 1 for the first run of this step, 2 for the second, ...
    kind: StepKind
    function: str  # qualname of the function; of a statement that of the function that it stands in
    file: str
    line: int  # of the definition (functions) or of the statement, from 1
    end_line: int
    site_line: int | None  # where it was called
    parent: tuple[str, int] | None  # (step, call) of the step around it; None for the application
    inputs: tuple[str, ...]  # dataset ids, in the order of their use
    outputs: tuple[str, ...]  # dataset ids
    started: float
    ended: float | None  # None while it runs
    outcome: Outcome
    error: str | None  # redacted
    executions: tuple[Execution, ...]  # those that its own operations ran
    variable: str | None  # the names that the statement assigns; None for a function
    source_hash: str | None  # of the normalised source, as in Statement; None where the source was not read
    source: str | None  # redacted
    doc: str | None  # the docstring of the function
    thread: str  # name of the thread
    arguments: tuple[tuple[str, str], ...] = ()  # of the call, as written there and redacted: (parameter, expression)
    streaming: bool = False  # whether it started a streaming query
    values: tuple[StepValue, ...] = ()  # small plain ones, in the order in which they were seen


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that was not observed."""

    step: str | None  # name of the step that it is about; None where it is about the run
    dataset: str | None  # id of the dataset that it is about
    what: str  # what kind of thing: rows, lineage, sink, jvm, ...
    why: str  # for people, redacted


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check of one dataset, or of one of its columns."""

    check: str  # name of a built-in check, or the text of a rule
    step: str  # name of the step
    dataset: str | None  # dataset id; None where it is about no single dataset
    status: CheckStatus
    expected: str  # for people
    actual: str  # for people
    column: str | None = None
    call: int = 1  # of the step
    rule: bool = False  # whether the user asked for it
    where: str | None = None  # file and line of the step, or of the rule
    details: Mapping[str, Any] = field(default_factory=dict)  # evidence; may hold sampled values, so it stays local

    @property
    def passed(self) -> bool:
        return self.status is CheckStatus.PASSED


@dataclass(frozen=True, slots=True)
class UsedFunction:
    """A function of the user that steps call and that is no step itself."""

    name: str  # qualname
    file: str
    line: int  # of the definition, from 1
    source_hash: str  # of the normalised source, as in Statement
    source: str  # redacted, and cut where it is very long


@dataclass(frozen=True, slots=True)
class Cell:
    """One execution of one cell of a notebook, whether or not it touched DataFrames."""

    number: int  # its execution count, as in ``In[3]``
    key: str | None  # the id of the cell in its notebook; None where the frontend does not say it
    text_hash: str
    started: float
    ended: float | None  # None while it runs
    error: str | None  # redacted
    step: str | None  # the name of its step; None where it touched no DataFrame
    again: int | None  # the number of the execution before of the same cell
    edited: bool  # whether its text is another one than that of the execution before
    sure: bool  # whether it is known to be the same cell: by its id or its text, and not by the names that it binds
    binds: Mapping[str, str]  # name -> hash of the statements that give it a value
    reads: tuple[str, ...]  # names that it takes from earlier cells
    uses: Mapping[str, str]  # function that it defines -> names that are read there, parted by blanks


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the program, from its start to its end."""

    id: str  # a UUID
    app: str  # what the names of all its steps begin with
    program: str  # path or module as it was given
    argv: tuple[str, ...]  # without the program, redacted
    started: float
    ended: float | None  # None while it runs
    outcome: Outcome
    error: str | None  # redacted
    mode: Mode
    labels: Mapping[str, str]
    spark: SparkStarted | None  # None where no Spark application was seen
    python: str  # version
    repository: RepositorySeen | None = None
    links: tuple[LinkSeen, ...] = ()  # the trace, and each MLflow run, in their order
    parent: ParentSeen | None = None  # the run of another system that started this one
    root: ParentSeen | None = None  # the run at the top; None where that is the parent, or this run itself
    place: str = ""  # what tells the program from others of its name, where the user has not named it: acme/etl/jobs
    functions: tuple[UsedFunction, ...] = ()  # by file and line
    files: tuple[ProgramFile, ...] = ()  # by path; empty where none could be read, and in records of earlier versions
    cells: tuple[Cell, ...] = ()  # of a notebook, in the order in which they ran


@dataclass(frozen=True, slots=True)
class Freshness:
    """Whether the program's files are still those that ran; found by readers, and no part of the record."""

    changed: tuple[str, ...] = ()  # paths of files that hold other code
    functions: tuple[str, ...] = ()  # of these files: the functions that ran and are other ones, or gone; qualnames
    gone: tuple[str, ...] = ()  # paths of files that are not there any more, though their folder is
    unknown: str | None = None  # why something could not be told

    @property
    def stale(self) -> bool | None:
        """Whether the code on disk is no longer the code that ran; None where that could not be told."""
        if self.changed or self.gone:
            return True
        return None if self.unknown is not None else False


@dataclass(frozen=True, slots=True)
class LineageGraph:
    """All that is known of one run."""

    run: Run
    steps: tuple[Step, ...]  # in order of start; the application first
    datasets: tuple[Dataset, ...]  # in order of first appearance
    gaps: tuple[Gap, ...]  # those of the whole run first, then step by step
    checks: tuple[CheckResult, ...] = ()  # as they were at the end of the run
    freshness: Freshness | None = field(default=None, compare=False)  # None where nobody looked
