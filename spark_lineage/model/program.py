"""Observations of the Python half: the program, its calls, and the operations on DataFrames that it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Union

from spark_lineage.model.choices import Mode, OperationKind, Outcome, ValueUse
from spark_lineage.model.source_code import SourceReading


@dataclass(frozen=True, slots=True)
class Place:
    """Where one activation of user code stands: the call, and which of its statements is running."""

    call: str  # call id
    statement: int | None  # Statement.index; None where the source could not be read
    line: int  # of the file, from 1


Path = tuple[Place, ...]  # the module body of the program first; lambdas and comprehensions belong to what calls them
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


@dataclass(frozen=True, slots=True)
class CallSeen:
    """An activation of user code was first seen on the stack of a DataFrame operation."""

    call: str  # its own id
    parent: str | None  # id of the call that called it; None for the body of the program's module
    function: str  # qualname
    module: str  # name
    file: str
    line: int  # the first line of the definition, as in FunctionReading
    site: Place | None  # where in the parent it was called
    thread: str  # name
    at: float  # seconds since the epoch
    composite: bool  # as the static reading has it
    task: int | None = None  # for the first call of a thread or a pool's task: its number in the order they were given


@dataclass(frozen=True, slots=True)
class CallEnded:
    """An activation of user code has returned, or was left by an exception."""

    call: str  # call id
    at: float  # seconds since the epoch
    error: str | None  # "ValueError: text" if it is known to have been left by an exception


@dataclass(frozen=True, slots=True)
class CellBegun:
    """A cell of a notebook has begun to run; every cell, whether or not it touches DataFrames."""

    call: str  # id of the call that its statements belong to
    number: int  # its execution count, as in ``In[3]``, as far as it is known by then
    key: str | None  # the id of the cell in its notebook; None where the frontend does not say it
    text_hash: str  # of its text as it was typed
    at: float  # seconds since the epoch


@dataclass(frozen=True, slots=True)
class CellEnded:
    """A cell of a notebook has run, and what its code says of names of the notebook."""

    call: str  # as in CellBegun
    at: float  # seconds since the epoch
    error: str | None  # "ValueError: text" if an exception left it
    number: int  # its execution count
    file: str | None  # as frames name it
    binds: Mapping[str, str] = field(default_factory=dict)  # name -> hash of the statements that give it a value
    reads: tuple[str, ...] = ()  # names that it takes from earlier cells
    uses: Mapping[str, str] = field(default_factory=dict)  # function that it defines -> names read there, and blanks


@dataclass(frozen=True, slots=True)
class SourceRead:
    """The static reading of a user file, recorded once per file."""

    reading: SourceReading


@dataclass(frozen=True, slots=True)
class Operation:
    """One public pyspark call on a DataFrame (reader, writer, catalog, ...) from user code."""

    op: str  # its own id
    name: str  # ``DataFrame.filter``, ``DataFrameReader.parquet``, ``SparkSession.sql``
    kind: OperationKind
    path: Path  # where user code called it
    inputs: tuple[str, ...]  # DataFrame ids used
    output: str | None  # DataFrame id made
    started: float  # seconds since the epoch
    ended: float  # seconds since the epoch
    error: str | None = None  # "AnalysisException: text" if it raised
    failed_calls: tuple[str, ...] = ()  # ids of calls that the error is known to leave: nothing there catches it
    detail: Mapping[str, str] = field(default_factory=dict)  # e.g. the name of a view, a path, a table, SQL


@dataclass(frozen=True, slots=True)
class Marked:
    """The plan of a DataFrame was marked on the JVM, so that a probe looks at its rows."""

    df: str  # DataFrame id
    why: str  # boundary, cache, write
    inputs: tuple[str, ...]  # ids of the marked DataFrames of other steps that it was made from


@dataclass(frozen=True, slots=True)
class VariableSeen:
    """A DataFrame was seen under a name: assigned where it was made, or received as a parameter."""

    df: str  # DataFrame id
    variable: str
    call: str  # id of the call whose variable it is


@dataclass(frozen=True, slots=True)
class ValueSeen:
    """A small plain value that a step takes or gives."""

    call: str  # id of the call that is the step, or in whose body its statement stands
    statement: int | None  # Statement.index; None where the call itself is the step
    use: ValueUse
    name: str  # of the parameter, of what the code reads, or of what the result was bound to
    kind: str  # the name of its type
    digest: str  # equal for equal values
    text: str  # as Python writes it
    file: str | None = None  # where a statement gave it that name, if that is known
    line: int | None = None


@dataclass(frozen=True, slots=True)
class PythonGap:
    """Something that the Python half did not observe."""

    what: str  # what kind of thing
    why: str  # one sentence for people
    call: str | None = None  # call id, if it is about one
    df: str | None = None  # DataFrame id, if it is about one


@dataclass(frozen=True, slots=True)
class ProgramStarted:
    """The program has begun, and is observed from here on."""

    app: str  # the name that all names of the run begin with
    program: str  # path or module as it was given
    argv: tuple[str, ...]  # without the program
    python: str  # version
    at: float  # seconds since the epoch
    mode: Mode
    labels: Mapping[str, str]
    run: str  # UUID (version 7)
    place: str = ""  # what tells it from other programs of its name; empty: nothing does, or the user has named it


@dataclass(frozen=True, slots=True)
class RepositorySeen:
    """The git repository that the program stands in, as it was when the program began."""

    root: str  # its folder
    commit: str  # the full hash
    branch: str | None  # None where no branch is checked out
    remote: str | None  # the address of ``origin``, without credentials
    dirty: bool | None = None  # whether tracked files differ from the commit's; None where that could not be told


@dataclass(frozen=True, slots=True)
class LinkSeen:
    """A run of another system that the program belongs to."""

    system: str  # opentelemetry, mlflow
    id: str  # trace id (32 hex digits), run id
    span: str | None = None  # 16 hex digits, of a trace; None where the trace is the run's own
    state: str | None = None  # of a trace, as the header ``tracestate`` has it
    sampled: bool | None = None  # whether whoever began the trace has it recorded; None where that is not known
    experiment: str | None = None  # id of the experiment that the run belongs to
    address: str | None = None  # of the server or store that keeps it, redacted


@dataclass(frozen=True, slots=True)
class ParentSeen:
    """The run of another system that started the program, or the one at the top of that."""

    namespace: str  # of its job
    name: str  # of its job
    run: str  # a UUID
    root: bool = False  # whether it is the one at the top


@dataclass(frozen=True, slots=True)
class ProgramEnded:
    """The program has ended, as far as Python could see how."""

    at: float  # seconds since the epoch
    outcome: Outcome
    error: str | None  # "ValueError: text"
    failed_calls: tuple[str, ...] = ()  # ids of calls on the traceback of the error that ended the program
