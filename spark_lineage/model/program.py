"""Observations of the Python half: the program, its calls, and the operations on DataFrames that it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Union

from spark_lineage.model.choices import Mode, OperationKind, Outcome
from spark_lineage.model.source_code import SourceReading


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
