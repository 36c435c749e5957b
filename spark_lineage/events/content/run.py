"""What our facets of runs hold: the program, the call of a step, its executions, and its gaps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from spark_lineage.events.content.declaring import Moment, Of, Ordinal
from spark_lineage.model import Mode, Outcome, StepKind, ValueUse


@dataclass(frozen=True, kw_only=True)
class Spark:
    app_id: str
    app_name: str
    spark_version: str
    scala_version: str
    java_version: str
    master: str
    at: Moment


@dataclass(frozen=True, kw_only=True)
class Repository:
    root: Annotated[str, Of("folder")]
    commit: str
    branch: str | None = None
    remote: Annotated[str | None, Of("address of origin, without credentials")] = None
    dirty: Annotated[
        bool | None,
        Of("tracked files differed from the commit's when the program began; absent where that could not be told"),
    ] = None


@dataclass(frozen=True, kw_only=True)
class Trace:
    trace_id: Annotated[str, Of(pattern="^[0-9a-f]{32}$")]
    span_id: Annotated[
        str | None, Of("around the run; absent where the trace is the run's own", pattern="^[0-9a-f]{16}$")
    ] = None
    state: Annotated[str | None, Of("as the header tracestate has it")] = None
    sampled: Annotated[bool | None, Of("whether whoever began the trace has it recorded")] = None


@dataclass(frozen=True, kw_only=True)
class Span:
    """The OpenTelemetry span of this run; on the last event of each run that belongs to a trace."""

    trace_id: Annotated[str, Of(pattern="^[0-9a-f]{32}$")]
    span_id: Annotated[str, Of(pattern="^[0-9a-f]{16}$")]
    parent_span_id: Annotated[str | None, Of(pattern="^[0-9a-f]{16}$")] = None


@dataclass(frozen=True, kw_only=True)
class Mlflow:
    run_id: str
    experiment_id: str | None = None
    tracking_uri: Annotated[str | None, Of("without credentials")] = None


@dataclass(frozen=True, kw_only=True)
class UsedFunction:
    name: Annotated[str, Of("qualname")]
    file: str
    line: Annotated[int, Of("of the definition")]
    source_hash: Annotated[str, Of("of the normalised source: comments and formatting do not count")]
    source: str


@dataclass(frozen=True, kw_only=True)
class ProgramFile:
    file: Annotated[str, Of("absolute path")]
    text_hash: Annotated[str, Of("of its text, made with the secret of the store")]
    source_hash: Annotated[
        str | None,
        Of("of the normalised source, made with the same secret; absent for a module that was only imported"),
    ] = None


@dataclass(frozen=True, kw_only=True)
class Cell:
    number: Annotated[int, Of("execution count: 3 of In[3]")]
    key: Annotated[str | None, Of("id of the cell in its notebook; absent where the frontend does not say it")] = None
    text_hash: Annotated[str, Of("of its text, made with the secret of the store")]
    started: Moment
    ended: Moment | None = None
    error: Annotated[str | None, Of("redacted")] = None
    step: Annotated[str | None, Of("absent where it touched no DataFrame")] = None
    again: Annotated[int | None, Of("number of the execution before of the same cell")] = None
    edited: Annotated[bool, Of("whether its text is another one than that of the execution before")] = False
    sure: Annotated[bool, Of("whether the same cell is known by its id or its text")] = True
    binds: Annotated[dict[str, str], Of("name and hash of the statements that give it a value")]
    reads: Annotated[tuple[str, ...], Of("names that it takes from earlier cells")] = ()
    uses: Annotated[dict[str, str], Of("function that it defines, and the names that are read there")]


@dataclass(frozen=True, kw_only=True)
class Context:
    """The program and how it ran; on the application's run."""

    app: Annotated[str, Of("name that the job names begin with", not_empty=True)]
    program: Annotated[str, Of("path or module as it was given")]
    argv: tuple[str, ...]
    python: Annotated[str, Of("version")]
    mode: Mode
    labels: dict[str, str]
    outcome: Outcome
    started: Moment
    ended: Moment | None = None
    spark: Spark | None = None
    repository: Annotated[Repository | None, Of("git repository that the program stands in")] = None
    open_telemetry: Annotated[Trace | None, Of("the trace that the program belongs to")] = None
    place: Annotated[str, Of("what tells the program from others of its name: repository and folder, or parent")] = ""
    mlflow: Annotated[Mlflow | None, Of("the MLflow run that the program belongs to; of several the last")] = None
    mlflow_runs: Annotated[tuple[Mlflow, ...], Of("the others before it")] = ()
    functions: Annotated[
        tuple[UsedFunction, ...], Of("functions of the user that steps call, and that are no steps themselves")
    ] = ()
    files: Annotated[tuple[ProgramFile, ...], Of("files of the program, as they were when it was read")] = ()
    cells: Annotated[tuple[Cell, ...], Of("executions of the cells of a notebook, in the order in which they ran")] = ()


@dataclass(frozen=True, kw_only=True)
class Value:
    use: ValueUse
    name: Annotated[str, Of("of the parameter, of what the code reads, or of what the result was bound to")]
    kind: Annotated[str, Of("name of its type")]
    digest: Annotated[str, Of("equal for equal values")]
    text: Annotated[str, Of("short and redacted")]
    file: Annotated[str | None, Of("of the statement that made it, if that is known")] = None
    line: int | None = None
    source: Annotated[str | None, Of("that statement, short and redacted")] = None


@dataclass(frozen=True, kw_only=True)
class Call:
    """The step and which call of it this run is."""

    step: Annotated[str, Of("call path of the step, the name of the job", not_empty=True)]
    call: Annotated[int, Of("1 for the first call of the step in its application run", minimum=1)]
    kind: StepKind
    order: Annotated[int, Of("position among the steps of the run", minimum=0)]
    function: Annotated[str, Of("qualname; <module> for the body of a module")]
    file: str
    line: Annotated[int, Of("first line of the function or statement")]
    end_line: int
    outcome: Outcome
    started: Moment
    inputs: Annotated[tuple[str, ...], Of("dataset ids")]
    outputs: Annotated[tuple[str, ...], Of("dataset ids")]
    ended: Moment | None = None
    site_line: Annotated[int | None, Of("line of the caller that called it")] = None
    parent_step: str | None = None
    parent_call: Ordinal | None = None
    variable: Annotated[str | None, Of("the names that the statement assigns")] = None
    source_hash: Annotated[str | None, Of("of the normalised source: comments and formatting do not count")] = None
    thread: Annotated[str | None, Of("absent for the main thread")] = None
    values: Annotated[tuple[Value, ...], Of("small plain values that the step took or gave")] = ()


@dataclass(frozen=True, kw_only=True)
class Executed:
    execution: Annotated[int | None, Of("SQL execution id; absent for a Spark job outside one")] = None
    op: str | None = None
    description: str
    started: Moment
    ended: Moment | None = None
    outcome: Outcome
    error: str | None = None
    spark_jobs: tuple[int, ...]
    metrics: Annotated[
        dict[str, int],
        Of(
            "tasks, failed_tasks, task_ms, cpu_ms, rows_read, bytes_read, rows_written, bytes_written, shuffle_*, "
            "spill_*, peak_memory_bytes"
        ),
    ]
    batches: Annotated[int, Of("how many micro-batches of a streaming query this stands for")] = 1


@dataclass(frozen=True, kw_only=True)
class Execution:
    """What Spark executed for the step's actions."""

    executions: tuple[Executed, ...]


@dataclass(frozen=True, kw_only=True)
class Gap:
    step: str | None = None
    dataset: Annotated[str | None, Of("dataset id")] = None
    what: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Gaps:
    """What was not observed, and why."""

    gaps: tuple[Gap, ...]


@dataclass(frozen=True, kw_only=True)
class Amendment:
    run_id: Annotated[str, Of("of an event of this application that was told while the program ran")]
    event_type: str
    superseded: Annotated[bool | None, Of("true where the end would have written no such event")] = None
    changes: Annotated[
        dict[str, Any], Of("a JSON merge patch without its nulls; lists of one length are patched by position")
    ]
    removed: Annotated[
        tuple[tuple[str, ...], ...] | None, Of("where the patch has null: the names that lead there, from the event on")
    ] = None


@dataclass(frozen=True, kw_only=True)
class Amendments:
    """What the end of the run knows better than events that were told while it ran; on the application's run."""

    events: tuple[Amendment, ...]


@dataclass(frozen=True, kw_only=True)
class Previous:
    run: Annotated[str, Of("id of an earlier run of the same store")]
    root: Annotated[str, Of("its root hash: the last link of its chain", pattern="^[0-9a-f]{64}$")]


@dataclass(frozen=True, kw_only=True)
class Signature:
    algorithm: Annotated[str, Of(one_of=("Ed25519",))]
    public_key: Annotated[str, Of("the 32 bytes of the public key, in base64")]
    value: Annotated[str, Of("the signature, in base64")]


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What the root hash of the run covers beside its own events, and who signs it; on the application's last event."""

    previous: Annotated[
        tuple[Previous, ...], Of("the runs that had ended last in the store: one, or several that ended at once")
    ]
    signature: Annotated[Signature | None, Of("over the root hash that the run would have without it")] = None
    problems: Annotated[tuple[str, ...], Of("why it is not signed, or the run before is not known")] = ()


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How each output of the step is made: operators, expressions, inputs column by column."""

    outputs: tuple[dict[str, Any], ...]  # see ``events.plans``
