"""What is recorded of each operation.

The recorder is called by the patches (see ``patching``) around every public pyspark call; nothing here calls back into
Spark but :class:`JvmPort`, and nothing waits. The parts of an operation are in ``operations``: it begins with its
inputs (``inputs.py``), marks those that cross a boundary (``boundaries.py``), and ends with what it gives
(``results.py``).
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import FrameType
from typing import Any

from spark_lineage.capture.code.calls import Position
from spark_lineage.capture.code.frames import Frames
from spark_lineage.capture.code.function_hash import code_hash
from spark_lineage.capture.code.ownership import UserCode, program_folders
from spark_lineage.capture.code.source_files import ReadSource, SourceFiles
from spark_lineage.capture.deferred import Emit
from spark_lineage.capture.following.fitted_models import FittedModels
from spark_lineage.capture.following.latest import Latest
from spark_lineage.capture.following.mlflow_runs import Found, MlflowRuns
from spark_lineage.capture.following.tables.handed import HandedTables
from spark_lineage.capture.following.tables.named import TablesNamed
from spark_lineage.capture.following.tables.objects import Contents, Tables
from spark_lineage.capture.following.tracked import DF_IDS, OP_IDS, TrackedObjects
from spark_lineage.capture.operations.boundaries import BoundaryMarks, JvmPort, Question
from spark_lineage.capture.operations.inputs import Inputs
from spark_lineage.capture.operations.made_elsewhere import MadeElsewhere
from spark_lineage.capture.operations.methods import Method
from spark_lineage.capture.operations.operation import RunningOperation
from spark_lineage.capture.operations.recorded_text import error_text
from spark_lineage.capture.operations.results import Results, ids
from spark_lineage.capture.operations.without_plan import MAKERS, WithoutPlan
from spark_lineage.capture.remote.sessions import Sessions
from spark_lineage.config import Config
from spark_lineage.guard import Guard
from spark_lineage.model import Mode, Operation, OperationKind, PythonGap, SourceRead, Unit

CHECKPOINTS = frozenset({"checkpoint", "localCheckpoint"})  # their result has another plan, and the same rows
READ_VIEWS = frozenset({"sql", "table"})
INNER = frozenset({"estimator", "evaluator"})  # subjects of methods that pyspark itself may call in a thread of its own
MOST_STEPS = 2_000  # whose operations are counted: those that came last
OPERATIONS_PER_CALL = 10  # how many operations of one step are told apart, times ``limits.calls``


class _ThreadState(threading.local):
    """What holds for one thread: the operation that runs in it, and whether Spark hands batches to the user there."""

    active: RunningOperation | None = None
    batches: bool = False


class Recorder:
    """Turns pyspark calls into observations.

    ``emit`` takes them and never waits. ``roots`` are the program's folders; without any they are found from
    ``__main__``. ``read(text, file)`` reads a source file; without it no statement is known. ``questions`` has what
    rules ask, by the name of a function or a variable. ``contents`` looks into pandas objects; without it they are not
    followed. ``mlflow_found`` is told of each run of MLflow that the program begins.
    ``heard`` tells whether the JVM half in the server of Spark Connect sessions hands over what it sees; ``run`` is the
    id of the run, for servers that do not.
    """

    def __init__(
        self,
        emit: Emit,
        jvm: JvmPort,
        config: Config,
        guard: Guard,
        roots: Sequence[str] = (),
        read: ReadSource | None = None,
        questions: Mapping[str, Sequence[Question]] | None = None,
        contents: Contents | None = None,
        mlflow_found: Found = lambda run, mlflow: None,
        heard: Callable[[], bool] = lambda: False,
        run: str = "",
    ) -> None:
        self.guard = guard
        self.thread = _ThreadState()
        self._emit = emit
        limit = config.limits_calls or 1
        self._operations_limit = limit * OPERATIONS_PER_CALL
        self._operations: Latest[Unit, int] = Latest(MOST_STEPS)  # of one step
        self._uncounted: Latest[Unit, tuple[str, int]] = Latest(MOST_STEPS)  # beyond the limit: function, how many
        self.sources = sources = SourceFiles(read, self._source_read, self._source_failed)
        self.frames = frames = Frames(
            UserCode(roots or program_folders()), sources, emit, limit, self._overflowed, guard
        )
        self.known = known = TrackedObjects(questions or ())
        self.sessions = self._jvm = jvm = Sessions(known, jvm, emit, heard, run, str(Mode(config.mode).value))

        def asked(position: Position) -> list[Question]:
            names = known.names_of_step(position) if questions else ()
            return [question for name in names for question in (questions or {})[name]]

        self.pandas = (
            Tables(frames, emit, guard, contents, config, (DF_IDS, OP_IDS), known.python_data, asked)
            if contents is not None
            else None
        )
        self.handed = frames.values.tables = HandedTables(self.pandas, frames) if self.pandas is not None else None
        self.mlflow = MlflowRuns(mlflow_found)
        self._pandas_named = TablesNamed(frames.user_code)
        self.models = (
            FittedModels(frames, emit, self.pandas, (DF_IDS, OP_IDS), self.mlflow) if self.pandas is not None else None
        )
        self._inputs = Inputs(known, sources, guard, self.pandas)
        self._marks = BoundaryMarks(known, frames, sources, jvm, guard, emit, questions or {})
        self.results = Results(known, guard, self.pandas)
        self._without_plan = WithoutPlan(known, emit, jvm.place)
        self.made_elsewhere = MadeElsewhere(
            known, frames, lambda running, frame: self._marks.of(running, (), {}, frame), self._made, emit
        )
        self.later: tuple[tuple[str, Callable[[], None]], ...] = ()  # what to call once a module is there

    def finish(self) -> None:
        """Tells what was only counted, and lets go of what is held."""
        for step, (function, more) in self._uncounted.items():
            why = f"{more} operations beyond the limit were only counted"
            self._emit(PythonGap(f"operations of {function}", why, call=step[0]))
        for function, more, call in self.frames.overflows():
            self._emit(PythonGap(f"calls of {function}", f"the last {more} calls are recorded as one", call))
        forgotten = self.known.python_data.forgotten + (self.pandas.forgotten if self.pandas is not None else 0)
        if forgotten:
            why = f"{forgotten} places where the program took rows or numbers from DataFrames were forgotten"
            self._emit(PythonGap("python data", why))
        self.known.clear()

    def look_at_tables(self) -> None:
        """Makes datasets of what the tables of the program hold now."""
        if self.pandas is not None:
            self.frames.look_for_tables()
            self.pandas.look()

    def look_for_modules(self) -> None:
        """Patches what the program has imported meanwhile."""
        there = [entry for entry in self.later if entry[0] in sys.modules]
        self.later = tuple(entry for entry in self.later if entry not in there)
        for _, call in there:
            self.guard("modules", call)

    # -- before the call

    def begin(
        self, method: Method, args: tuple[Any, ...], kwargs: Mapping[str, Any], frame: FrameType | None
    ) -> RunningOperation | None:
        """Called before the user's call, with the frame that calls. It gives None if the call is not recorded."""
        if frame is None:
            return None  # called by no Python code
        thread = self.thread
        outer = thread.active
        if outer is not None and self.frames.code(frame).spark:
            return None  # pyspark calling itself
        position = self.frames.position(frame)
        if position is None:
            return None  # no user code asked for it
        if (error := sys.exc_info()[1]) is not None:  # we are in an ``except`` or ``finally``
            self.frames.left_by_caught(error, error_text)
        for module, _ in self.later:
            if module in sys.modules:
                self.look_for_modules()
                break
        running = RunningOperation(f"o{next(OP_IDS)}", method, position, outer)
        inputs = running.inputs = self._inputs.of(running, args, kwargs, frame)
        if method.subject in INNER and self.frames.code(frame).spark:
            running.note("inner", "")  # of a cross-validation, in a thread of its own
            inputs = running.inputs = []
        if method.subject == "model_reader":
            self.guard("place", self._without_plan.asked_for, running, frame)
        if method.writes is not None:
            self.guard("place", self._without_plan.begin, running, (*args, *kwargs.values()))
        if not position.call.emitted:
            self.frames.announce(position.call)
        unit = position.unit
        if method.collects and self.pandas is not None and self.pandas.follows and self._pandas_named():
            running.marks = True
        for node, _ in inputs:
            if node.unit != unit or running.marks:
                self._marks.of(running, args, kwargs, frame)
                break
        if running.runs and not method.remote:
            self.guard("set_op", self._jvm.set_op, running.id)
        running.started = time.time()
        thread.active = running
        return running

    # -- after the call

    def end(self, running: RunningOperation, result: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        """Called after the user's call has given ``result``."""
        self.thread.active = running.outer
        ended = time.time()
        if running.runs:
            self._runs_no_more(running)
        dataframe = self.known.dataframe
        if isinstance(result, dataframe):
            if self.pandas is not None and self.pandas.follows:
                self.guard("pandas", self.pandas.values_used, running.position)
            made = self.results.frame(running, result)
            if running.method.remote and running.method.name in READ_VIEWS and running.inputs:
                self.guard("requests", self.sessions.reads_views, result, running)
            self._record(running, ended, made)
            if running.kind is OperationKind.READ:
                self.guard("read", self._jvm.read, result, made)
            elif running.method.name in CHECKPOINTS and running.inputs:
                self.guard("same", self._jvm.same, result, running.inputs[0][0].id)
        elif type(result) in (list, tuple) and result and all(isinstance(item, dataframe) for item in result[:8]):
            self._several(running, ended, result)
        else:
            self.results.other(running, result)
            made = None
            if running.method.subject in MAKERS:
                made = self.guard("made", self._without_plan.made, running, result, (*args, *kwargs.values()))
                if made is not None and running.method.subject == "estimator":
                    self.guard("mlflow", self._note_mlflow, running)
            if running.kind is not OperationKind.TRANSFORM or running.runs:  # ``pivot`` without values runs a query
                self._record(running, ended, made)
        if running.kind is OperationKind.VIEW or (running.kind is OperationKind.CACHE and running.method.name == "sql"):
            self.results.view(running, args, kwargs)

    def _note_mlflow(self, running: RunningOperation) -> None:
        if (run := self.mlflow.of_work_since(running.started)) is not None:
            running.note("mlflow", run)

    def _several(self, running: RunningOperation, ended: float, results: Sequence[Any]) -> None:
        """Records one operation for each DataFrame that ``randomSplit`` has given."""
        for at, df in enumerate(results):
            if at:
                running.id = f"o{next(OP_IDS)}"
            self._record(running, ended, self.results.frame(running, df))

    def _runs_no_more(self, running: RunningOperation) -> None:
        """Spark jobs that this thread starts from here on belong to the operation outside, or to none."""
        if running.method.remote:
            return
        outer = running.outer
        while outer is not None and not outer.runs:
            outer = outer.outer
        if outer is not None or not self.thread.batches:
            self.guard("set_op", self._jvm.set_op, outer.id if outer is not None else None)

    def _record(
        self,
        running: RunningOperation,
        ended: float,
        output: str | None,
        error: str | None = None,
        failed: tuple[str, ...] = (),
    ) -> None:
        if running.sent:
            self.guard("requests", self.sessions.ended, running, ended, error)
        position = running.position
        step = position.unit
        count = self._operations.keep(step, self._operations.get(step, 0) + 1)
        if count > self._operations_limit:
            self._uncounted.keep(step, (position.call.code.function, count - self._operations_limit))
            return
        self._emit(
            partial(
                _operation, running.id, running.method.label, running.kind, position, ids(running.inputs), output,
                running.started, ended, error, failed, running.detail,
            )
        )  # fmt: skip

    def fail(self, running: RunningOperation, error: BaseException, frame: FrameType | None) -> None:
        """Called when the user's call has raised ``error``, with the frame that called."""
        self.thread.active = running.outer
        self.guard("errors", self._failed, running, error, frame)

    def _failed(self, running: RunningOperation, error: BaseException, frame: FrameType | None) -> None:
        if running.runs and _answered(error):
            self._runs_no_more(running)
        text = error_text(error)
        left = self.frames.left_by(frame)
        for call in left:
            call.error = call.error or text
        self._record(running, time.time(), None, text, tuple(dict.fromkeys(call.id for call in left)))

    def polars_is_used(self) -> None:
        """The program uses polars, which could not be patched: silence would say that nothing was lost on the way."""
        why = (
            "frames of polars are not followed: what is made of them stands on nothing, and what they hold is not known"
        )
        self._emit(PythonGap("polars", why))

    # -- what no operation of ours makes

    def frame_appeared(self, made: Any, frame: FrameType | None) -> None:
        """A DataFrame was made, be it by an operation or by code that is not wrapped."""
        active = self.thread.active
        if (active is not None and not active.method.opens) or self.known.frames.get(made) is not None:
            return
        self.look_for_modules()
        if self.made_elsewhere.frame(made, frame):
            self.thread.batches = True

    def rdd_appeared(self, made: Any, frame: FrameType | None) -> None:
        """An RDD was made, be it by an operation or by code that is not wrapped."""
        self.look_for_modules()
        self.made_elsewhere.rdd(made, frame)

    def _made(self, running: RunningOperation, df: Any) -> None:
        self._record(running, running.started, self.results.frame(running, df))

    def sends(self, request: Any) -> None:
        """The client of Spark Connect is about to send a request by which something runs."""
        self.sessions.sends(self.thread.active, request)

    def function_sent(self, sent: Any, message: Any) -> None:
        """The client of Spark Connect has made ``message`` of ``sent``, its object for a Python function."""
        function = vars(sent)["_func"]
        self.sessions.function_sent(sent, lambda: self._hash_of(function), message)

    def _hash_of(self, function: Any) -> str:
        return code_hash(function, lambda file: self.frames.user_code.ownership(file).owned)

    def function_made(self, udf: Any, function: Any) -> None:
        """Spark was handed a Python function: ``udf`` is the JVM's object for it."""
        self._jvm.function(udf, self._hash_of(function))

    # -- what the source reading says

    def _source_read(self, reading: Any) -> None:
        self._emit(SourceRead(reading))

    def _source_failed(self, file: str, why: str) -> None:
        self._emit(PythonGap(f"source of {file}", why))

    def _overflowed(self, function: str) -> None:
        why = "called more often than limits.calls: later calls are recorded as one"
        self._emit(PythonGap(f"calls of {function}", why))


def _operation(
    op: str, name: str, kind: OperationKind, position: Position, inputs: tuple[str, ...], output: str | None,
    started: float, ended: float, error: str | None, failed: tuple[str, ...], detail: dict[str, str] | None,
) -> Operation:  # fmt: skip
    return Operation(op, name, kind, position.path, inputs, output, started, ended, error, failed, detail or {})


def _answered(error: BaseException) -> bool:
    """Whether the JVM itself raised it, so that it can be asked. After Ctrl-C it may be gone, which py4j would log."""
    kind = type(error)
    return kind.__module__.startswith(("pyspark.errors", "py4j.protocol")) and kind.__name__ != "Py4JNetworkError"
