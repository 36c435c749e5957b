"""Sorts the observations of a run by kind, so that the other modules can look them up. It decides nothing."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from spark_lineage.graph.batches import Batches, span, written_by
from spark_lineage.graph.client_names import OF_A_CLIENT, ClientNames
from spark_lineage.model import (
    CallEnded,
    CallSeen,
    CellBegun,
    CellEnded,
    Execution,
    Fragment,
    FunctionReading,
    JvmGap,
    LinkSeen,
    Marked,
    Observation,
    Operation,
    ParentSeen,
    Probed,
    ProgramEnded,
    ProgramFile,
    ProgramStarted,
    PythonGap,
    RepositorySeen,
    SourceRead,
    SparkStarted,
    Statement,
    Unit,
    ValueSeen,
    VariableSeen,
)
from spark_lineage.privacy import redaction

LATEST = 32503680000.0  # year 3000: later moments are not moments


@dataclass
class Observed:
    """The observations of one run by kind, in the order in which they came."""

    started: ProgramStarted | None = None
    ended: ProgramEnded | None = None
    spark: SparkStarted | None = None
    repository: RepositorySeen | None = None
    links: dict[str, LinkSeen] = field(default_factory=dict)  # of a trace the last one counts, of MLflow each run
    parents: dict[bool, ParentSeen] = field(default_factory=dict)  # whether it is the root -> the first one
    functions: dict[tuple[str, int, str], FunctionReading] = field(default_factory=dict)
    files: dict[str, ProgramFile] = field(default_factory=dict)
    calls: dict[str, CallSeen] = field(default_factory=dict)
    endings: dict[str, CallEnded] = field(default_factory=dict)
    cells: dict[str, CellBegun] = field(default_factory=dict)  # by the id of their call, in the order of their begin
    cell_ends: dict[str, CellEnded] = field(default_factory=dict)
    operations: list[Operation] = field(default_factory=list)
    by_op: dict[str, Operation] = field(default_factory=dict)
    makers: dict[str, Operation] = field(default_factory=dict)  # DataFrame id -> the operation that made it
    queries: dict[str, list[str]] = field(default_factory=dict)  # operation -> ids of the queries of its commands
    users: dict[str, list[Operation]] = field(default_factory=dict)  # DataFrame id -> the operations that took it
    marks: dict[str, list[Marked]] = field(default_factory=dict)
    variables: dict[str, list[VariableSeen]] = field(default_factory=dict)
    values: dict[Unit, list[ValueSeen]] = field(default_factory=dict)  # by the step: (call, statement)
    fragments: dict[str, Fragment] = field(default_factory=dict)
    probes: dict[str, dict[str, Probed]] = field(default_factory=dict)  # DataFrame id -> instance -> the last one
    executions: list[Execution] = field(default_factory=list)
    python_gaps: list[PythonGap] = field(default_factory=list)
    jvm_gaps: list[JvmGap] = field(default_factory=list)

    def used_by(self, operation: Operation) -> tuple[str, ...]:
        """The DataFrames that an operation took, the queries of its commands, and what the plans of those stand on."""
        queries = self.queries.get(operation.op, ())
        below = [df for query in queries for df in self.fragments[query].inputs]
        return (*operation.inputs, *queries, *below)

    def number_of(self, begun: CellBegun) -> int:
        """The execution count of a cell."""
        return self.cell_ends[begun.call].number if begun.call in self.cell_ends else begun.number

    def file_of(self, file: str) -> str:
        """How people know a file: ``In[3]`` for the cell that has this name in frames."""
        return self._cell_files.get(file, file)

    @functools.cached_property
    def _cell_files(self) -> dict[str, str]:
        """Of a text that ran several times the first execution counts."""
        found: dict[str, str] = {}
        for call, begun in self.cells.items():
            named = self.cell_ends[call].file if call in self.cell_ends else None
            for file in (named, self.calls[call].file if call in self.calls else None):
                if file is not None:
                    found.setdefault(file, f"In[{self.number_of(begun)}]")
        return found

    def reading(self, call: CallSeen) -> FunctionReading | None:
        return self.functions.get((call.file, call.line, call.function.rsplit(".", 1)[-1]))

    def statement(self, call: CallSeen, index: int | None) -> Statement | None:
        reading = self.reading(call)
        if reading is None or index is None or not 0 <= index < len(reading.statements):
            return None
        return reading.statements[index]


def sort_out(observations: Iterable[Observation]) -> Observed:
    seen = Observed()
    executions: dict[tuple[int | None, str | None, float], Execution] = {}
    batches = Batches()
    for observation in observations:
        if isinstance(observation, Operation):
            if observation.op not in seen.by_op:
                seen.by_op[observation.op] = observation
                seen.operations.append(observation)
        elif isinstance(observation, CallSeen):
            seen.calls.setdefault(observation.call, observation)
        elif isinstance(observation, CallEnded):
            seen.endings.setdefault(observation.call, observation)
        elif isinstance(observation, CellBegun):
            seen.cells.setdefault(observation.call, observation)
        elif isinstance(observation, CellEnded):
            seen.cell_ends.setdefault(observation.call, observation)
            seen.endings.setdefault(observation.call, CallEnded(observation.call, observation.at, observation.error))
        elif isinstance(observation, Probed):
            seen.probes.setdefault(observation.dataset, {})[observation.instance] = observation
        elif isinstance(observation, Fragment):
            seen.fragments[observation.dataset] = observation
        elif isinstance(observation, Marked):
            seen.marks.setdefault(observation.df, []).append(observation)
        elif isinstance(observation, VariableSeen):
            seen.variables.setdefault(observation.df, []).append(observation)
        elif isinstance(observation, ValueSeen):
            seen.values.setdefault((observation.call, observation.statement), []).append(observation)
        elif isinstance(observation, Execution):
            # The same execution reported again (running, then ended) replaces the earlier report.
            report: tuple[int | None, str | None, float] = (observation.execution, None, 0.0)
            if observation.execution is None:
                report = (None, repr(observation.spark_jobs), moment(observation.started))
            of = span(observation)
            if of is not None:
                batches.add(of, _cleaned(observation))
            else:
                executions[report] = _cleaned(observation)
        elif isinstance(observation, SourceRead):
            for function in observation.reading.functions:
                key = (observation.reading.file, function.line, function.qualname.rsplit(".", 1)[-1])
                seen.functions.setdefault(key, function)
            for file in observation.reading.files:
                if file.source_hash is not None or file.file not in seen.files:
                    seen.files[file.file] = file
        elif isinstance(observation, ProgramStarted):
            seen.started = seen.started or observation
        elif isinstance(observation, LinkSeen):
            seen.links[observation.id if observation.system == "mlflow" else observation.system] = observation
        elif isinstance(observation, ParentSeen):
            seen.parents.setdefault(observation.root, observation)
        elif isinstance(observation, RepositorySeen):
            seen.repository = observation  # the later one also says whether files differ from the commit's
        elif isinstance(observation, ProgramEnded):
            seen.ended = observation
        elif isinstance(observation, SparkStarted):
            seen.spark = seen.spark or replace(observation, at=moment(observation.at))
        elif isinstance(observation, PythonGap):
            seen.python_gaps.append(observation)
        elif isinstance(observation, JvmGap):
            seen.jvm_gaps.append(observation)
    told = (*_told_once(executions.values()), *batches.kept())
    names = ClientNames(told, seen.fragments)
    seen.fragments = {df: names.fragment(each) for df, each in seen.fragments.items()}
    seen.operations = list(map(names.operation, seen.operations))
    seen.by_op = {each.op: each for each in seen.operations}
    in_order = sorted(map(names.execution, told), key=lambda execution: moment(execution.started))
    seen.executions = list(written_by(in_order, seen.operations, seen.fragments))
    seen.operations.sort(key=lambda operation: moment(operation.started))
    for operation in seen.operations:
        if operation.output is not None and operation.output not in operation.inputs:
            seen.makers.setdefault(operation.output, operation)
        for df in dict.fromkeys(operation.inputs):
            seen.users.setdefault(df, []).append(operation)
    for df in seen.fragments:
        op = op_of_query(df)
        if op in seen.by_op:
            seen.queries.setdefault(op, []).append(df)
            seen.makers[df] = seen.by_op[op]
    return seen


def _told_once(executions: Iterable[Execution]) -> list[Execution]:
    """Without those that a client of Spark Connect has seen, where the server tells of the same operation."""
    every = list(executions)
    by_server = {each.op for each in every if not each.description.startswith(OF_A_CLIENT)}
    return [each for each in every if each.op not in by_server or not each.description.startswith(OF_A_CLIENT)]


def op_of_query(df: str) -> str:
    """The operation that ran the command whose query this is (``o12`` of ``o12.q3``); "" for a DataFrame."""
    op, query, _ = df.partition(".q")
    return op if query else ""


def _cleaned(execution: Execution) -> Execution:
    ended = moment(execution.ended) if execution.ended is not None else None
    return replace(
        execution,
        started=moment(execution.started),
        ended=ended,
        description=redaction.prose(execution.description),
        error=redaction.optional(execution.error),
    )


def moment(seconds: float | None) -> float:
    """Seconds since the epoch, to the microsecond; 0.0 for what is no moment."""
    if seconds is None or not math.isfinite(seconds) or not 0 <= seconds <= LATEST:
        return 0.0
    return round(float(seconds), 6)


def ancestors(makers: Mapping[str, Operation], start: Iterable[str], seen: set[str] | None = None) -> set[str]:
    """The DataFrames that ``start`` were made from, themselves included; ``seen`` is extended and returned."""
    found = seen if seen is not None else set()
    todo = [df for df in start if df not in found]
    while todo:
        df = todo.pop()
        if df in found:
            continue
        found.add(df)
        maker = makers.get(df)
        if maker is not None:
            todo.extend(parent for parent in maker.inputs if parent not in found)
    return found
