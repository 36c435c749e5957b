"""What is recorded of each operation, and when a DataFrame is marked.

The recorder is called by the patches (see ``patches.py``) around every public pyspark call; nothing here calls
back into Spark but :class:`JvmPort`, and nothing waits.
"""

from __future__ import annotations

import contextlib
import itertools
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import FrameType
from typing import Any, Protocol

from spark_lineage.capture.code import code_hash
from spark_lineage.capture.frames import Frames, Position
from spark_lineage.capture.lineage import (
    GLOBAL,
    Identities,
    Node,
    Rows,
    Views,
    created_view,
    frontier,
    statement_kind,
)
from spark_lineage.capture.notes import Note
from spark_lineage.capture.operations import Method, dataframe_class
from spark_lineage.capture.origins import Origins
from spark_lineage.capture.pandas_frames import Contents, PandasFrames
from spark_lineage.capture.scope import Scope, program_folders
from spark_lineage.capture.sources import Read, Sources
from spark_lineage.guard import Guard
from spark_lineage.model import (
    Marked,
    Operation,
    OperationKind,
    PythonGap,
    SourceRead,
    VariableSeen,
    crossing,
)

ERROR_LIMIT = 2000  # characters of an error's text
SQL_LIMIT = 4000
NAMES_PER_DATAFRAME = 16
TABLE_METHODS = frozenset({"table", "saveAsTable", "insertInto", "toTable"})
# The JVM half keeps what it knows by these for as long as a plan lives: a second recorder must not give them again.
_DF_IDS = itertools.count(1)
_OP_IDS = itertools.count(1)
OPERATIONS_PER_CALL = 10  # how many operations of one step are told apart, times ``limits.calls``


Question = tuple[str, tuple[str, ...]]  # kind, arguments: what a rule wants the probe to find


class JvmPort(Protocol):
    """What the recorder asks of the JVM half. No call may start a Spark job."""

    def mark(self, df: Any, df_id: str, inputs: Sequence[str], why: str) -> None: ...

    def set_op(self, df: Any, op_id: str | None) -> None: ...

    def function(self, udf: Any, code: str) -> None: ...
    def ask(self, df_id: str, questions: Sequence[Question]) -> None: ...


class Running:
    """One operation between its start and its end."""

    __slots__ = ("detail", "id", "inputs", "kind", "marks", "method", "outer", "position", "runs", "started")

    def __init__(self, id: str, method: Method, position: Position, outer: Any) -> None:
        self.id = id
        self.method = method
        self.kind = method.kind
        self.marks = method.marks  # what it works on is marked
        self.runs = method.runs
        self.position = position
        self.inputs: list[tuple[Node, Any]] = []
        self.detail: dict[str, str] | None = None
        self.outer = outer
        self.started = 0.0

    def note(self, key: str, text: str) -> None:
        if self.detail is None:
            self.detail = {}
        self.detail[key] = text


class _Thread(threading.local):
    active: Any = None  # the Running operation of this thread
    batches: bool = False  # it is Spark's own, which calls the user's function of foreachBatch


class Recorder:
    """Turns pyspark calls into observations.

    ``emit`` takes them as notes (:mod:`spark_lineage.capture.notes`) and never waits. ``roots`` are the program's
    folders, ``read`` is the static reading, ``questions`` what rules want to know, by the name of a function or a
    variable.
    """

    def __init__(
        self,
        emit: Callable[[Note], None],
        jvm: JvmPort,
        config: Any,
        guard: Guard,
        roots: Sequence[str] = (),
        read: Read | None = None,
        questions: Mapping[str, Sequence[Question]] | None = None,
        contents: Contents | None = None,
    ) -> None:
        self.guard = guard
        self.thread = _Thread()
        self._emit = emit
        self._jvm = jvm
        self._questions = questions or {}
        limit = int(getattr(config, "limits_calls", 1000)) or 1
        self._operations_limit = limit * OPERATIONS_PER_CALL
        self._operations: Counter[tuple[str, int | None]] = Counter()  # of one step: (call, statement)
        self._uncounted: dict[tuple[str, int | None], str] = {}  # steps beyond the limit, and their function
        self.sources = Sources(read, self._source_read, self._source_failed)
        self.frames = Frames(Scope(roots or program_folders()), self.sources, emit, limit, self._overflowed)
        self._dataframe: type = object
        self._frames_of: Identities = Identities()  # DataFrame -> Node
        self._carried: Identities = Identities()  # RDD, pandas DataFrame, writer -> nodes
        self._called_back: Identities = Identities()  # function of foreachBatch -> (position, the stream's node)
        self._rows = Rows()
        self._origins = Origins()
        self._views = Views()
        self.later: tuple[tuple[str, Callable[[], None]], ...] = ()  # what to call once a module is there
        self._df_ids = _DF_IDS
        self._op_ids = _OP_IDS
        self.pandas = (
            PandasFrames(self.frames, emit, guard, contents, config, (_DF_IDS, _OP_IDS), self._origins)
            if contents is not None
            else None
        )

    #: called when the first pandas object of Spark's is seen
    pandas_seen: Callable[[], None] = staticmethod(lambda: None)

    def bind(self) -> None:
        """Looks up pyspark's classes."""
        self._dataframe = dataframe_class()

    def finish(self) -> None:
        """Says what was only counted, and lets go of what is held."""
        for step, function in self._uncounted.items():
            more = self._operations[step] - self._operations_limit
            why = f"{more} operations beyond the limit were only counted"
            self._emit(PythonGap(f"operations of {function}", why, call=step[0]))
        for known in list(self.frames._codes.values()):
            if known.overflow is not None:
                more = known.calls - self.frames._limit
                why = f"the last {more} calls are recorded as one"
                self._emit(PythonGap(f"calls of {known.function}", why, known.overflow.id))
        self._views.clear()
        self._rows.clear()

    # -- before the call

    def begin(
        self, method: Method, args: tuple[Any, ...], kwargs: Mapping[str, Any], frame: FrameType
    ) -> Running | None:
        """Called before the user's call, from the frame that calls. None: not recorded."""
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
        running = Running(f"o{next(self._op_ids)}", method, position, outer)
        inputs = running.inputs = self._inputs(running, args, kwargs)
        if not inputs and method.name == "createDataFrame":
            self._from_python(running, frame)
        if not position.call.emitted:
            self.frames.announce(position.call)
        unit = position.unit
        running.marks = method.marks or (method.collects and self.pandas is not None and self.pandas.installed)
        for node, _ in inputs:
            if node.unit != unit or running.marks:
                self._mark(running, args, kwargs, frame)
                break
        if running.runs:
            self.guard("set_op", self._jvm.set_op, _session_like(method, args), running.id)
        running.started = time.time()
        thread.active = running
        return running

    def look_for_modules(self) -> None:
        """Looks at what the program has imported meanwhile."""
        there = [entry for entry in self.later if entry[0] in sys.modules]
        self.later = tuple(entry for entry in self.later if entry not in there)
        for _, call in there:
            self.guard("modules", call)

    def _inputs(self, running: Running, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> list[tuple[Node, Any]]:
        method = running.method
        if method.subject == "self":
            found = [(self._node(args[0], running.position), args[0])]
        else:
            found = self._subjects(running, args, kwargs)
        if method.stored:
            self._stored(running, args, kwargs)
        elif method.kind is OperationKind.VIEW:
            running.note("view", _first_text(args, kwargs) or "")
        dataframe = self._dataframe
        for value in (*args[1:], *kwargs.values()) if kwargs else args[1:]:
            if isinstance(value, dataframe):
                found.append((self._node(value, running.position), value))
        return found

    def _subjects(self, running: Running, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> list[tuple[Node, Any]]:
        """The DataFrames that something which is none itself works on."""
        method = running.method
        found: list[tuple[Node, Any]] = []
        subject = method.subject
        this = args[0] if args else None
        if subject in ("_df", "df"):
            df = vars(this).get(subject)
            if isinstance(df, self._dataframe):
                found.append((self._node(df, running.position), df))
        elif subject == "cogrouped":
            for group in (vars(this).get("_gd1"), vars(this).get("_gd2")):
                df = getattr(group, "_df", None)
                if isinstance(df, self._dataframe):
                    found.append((self._node(df, running.position), df))
        elif subject in ("carrier", "rdd"):
            found.extend((node, None) for node in self._carried.get(this) or ())
        elif subject == "session":
            self._session_inputs(running, args, kwargs, found)
        elif method.name == "table" and subject == "_spark" and len(args) > 1:
            self._view_input(running, args[1], found, vars(this).get("_spark"))
        return found

    def _node(self, df: Any, position: Position) -> Node:
        """Of a DataFrame; one that was made out of our sight counts as made here."""
        node: Node | None = self._frames_of.get(df)
        if node is None:
            node = Node(f"d{next(self._df_ids)}", position.unit)
            self._name_step(node, position)
            self._frames_of.put(df, node)
        return node

    def _name_step(self, node: Node, position: Position) -> None:
        """Notes what a rule may call the step: its function, or the variable that it is assigned to."""
        if not self._questions:
            return
        function = position.call.code.function
        names = {function, function.rpartition(".")[2]}
        for each in (position, position.call.outer):
            reading = each.call.code.reading if each is not None else None
            if each is not None and reading is not None and each.statement is not None:
                names.update((reading.statements[each.statement].variable or "").split(", "))
        node.made_by = tuple(names & set(self._questions))

    def _session_inputs(
        self, running: Running, args: tuple[Any, ...], kwargs: Mapping[str, Any], found: list[tuple[Node, Any]]
    ) -> None:
        name = running.method.name
        first = args[1] if len(args) > 1 else next(iter(kwargs.values()), None)
        if name == "table":
            self._view_input(running, first, found, args[0])
        elif name == "createDataFrame":
            data = kwargs.get("data", first)
            found.extend((_measured(node), None) for node in self._origin(data, running.position))
            if type(data).__name__ in ("RDD", "PipelinedRDD"):
                running.runs = True  # to infer a schema
        elif name == "sql":
            text = kwargs.get("sqlQuery", first)
            if isinstance(text, str):
                self._sql(running, text, kwargs, found, args[0])

    def _from_python(self, running: Running, frame: FrameType) -> None:
        """Data of ``createDataFrame`` whose identity tells nothing: the source may."""
        names = self.sources.read_by(frame, "createDataFrame")
        nodes: tuple[Node, ...] = ()
        if self.pandas is not None and self.pandas.installed:
            nodes = self.guard("pandas", self.pandas.used, running.position, names) or ()
        nodes = nodes or self._origins.behind(self.sources, running.position, names)
        if nodes:
            running.inputs.extend((_measured(node), None) for node in nodes)
            running.note("origin", "followed through the source")

    def _stored(self, running: Running, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        """Notes where it reads or writes."""
        what = "table" if running.method.name in TABLE_METHODS else "path"
        named = (kwargs[key] for key in ("path", "name", "tableName") if key in kwargs)
        place = args[1] if len(args) > 1 else next(named, None)
        if isinstance(place, str) and running.method.name != "jdbc":  # its URL has credentials
            running.note(what, redacted(place))

    def _view_input(self, running: Running, name: object, found: list[tuple[Node, Any]], session: object) -> None:
        view = self._views.get(name, session) if isinstance(name, str) else None
        if view is not None:
            running.kind = OperationKind.TRANSFORM
            found.append(view)

    def _sql(
        self, running: Running, text: str, kwargs: Mapping[str, Any], found: list[tuple[Node, Any]], session: object
    ) -> None:
        found.extend(self._views.named_in(text, session))
        does = statement_kind(text)
        running.note("sql", redacted(text[:SQL_LIMIT]))
        if does == "write":
            running.kind = OperationKind.WRITE
        elif does == "view":
            running.kind = OperationKind.VIEW
        elif does == "cache":
            running.kind = OperationKind.CACHE
        elif not found and not kwargs:
            running.kind = OperationKind.READ if does == "query" else OperationKind.CREATE
        if does != "query":
            running.runs = True

    def _origin(self, data: Any, position: Position) -> tuple[Node, ...]:
        """What the data of ``createDataFrame`` came from, where it came through Python."""
        if isinstance(data, list):
            return self._rows.get(data)
        if self.pandas is not None and self.pandas.installed and type(data).__module__.startswith("pandas."):
            return self.guard("pandas", self.pandas.to_spark, data, position) or ()
        try:
            return self._carried.get(data) or ()
        except TypeError:
            return ()

    # -- marks

    def _mark(self, running: Running, args: tuple[Any, ...], kwargs: Mapping[str, Any], frame: FrameType) -> None:
        here = running.position.unit
        for node, df in running.inputs:
            if crossing(node.unit, here):
                if not node.marked:
                    self._mark_one(node, df, "boundary")
                self._name(node, running, args, kwargs, frame)
        if running.marks:
            node, df = running.inputs[0]
            self._mark_one(node, df, _WHY_MARKED.get(running.method.kind, "boundary"))

    def _mark_one(self, node: Node, df: Any, why: str) -> None:
        if node.marked or df is None:
            return
        node.marked = True
        self.guard("mark", self._mark_now, node, df, why)

    def _mark_now(self, node: Node, df: Any, why: str) -> None:
        asked = dict.fromkeys(each for name in node.made_by for each in self._questions.get(name, ()))
        if asked:
            self.guard("ask", self._jvm.ask, node.id, tuple(asked))
        self._jvm.mark(df, node.id, node.frontier, why)
        self._emit((Marked, node.id, why, node.frontier))

    def _name(
        self, node: Node, running: Running, args: tuple[Any, ...], kwargs: Mapping[str, Any], frame: FrameType
    ) -> None:
        """The name under which a DataFrame that crosses a boundary is used here; each place is looked at once."""
        named = node.named
        if named is None:
            named = node.named = set()
        place = (id(frame.f_code), frame.f_lasti)  # its hash would read all of its constants
        if place in named or len(named) > NAMES_PER_DATAFRAME:
            return
        named.add(place)
        code = self.frames.code(frame)
        if not code.owned or code.folded:
            return
        names = self.sources.names(frame, running.method.name)
        written = list(zip(args, [names.receiver, *names.arguments]))  # noqa: B905 (starred arguments)
        written += [(kwargs[key], name) for key, name in names.keywords.items() if key in kwargs]
        call = running.position.call.id
        for value, name in written:
            if name is None or (call, name) in named or not isinstance(value, self._dataframe):
                continue
            if self._frames_of.get(value) is node:
                named.add((call, name))
                self._emit((VariableSeen, node.id, name, call))

    # -- after the call

    def end(self, running: Running, result: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        """Called after the user's call has given ``result``."""
        self.thread.active = running.outer
        ended = time.time()
        if running.runs:
            self._runs_no_more(running)
        if isinstance(result, self._dataframe):
            if self.pandas is not None and self.pandas.installed:
                self.guard("pandas", self.pandas.values_used, running.position)
            self._record(running, ended, self._made(running, result))
        elif type(result) in (list, tuple) and result and all(isinstance(item, self._dataframe) for item in result[:8]):
            for at, item in enumerate(result):  # randomSplit
                if at:
                    running.id = f"o{next(self._op_ids)}"
                self._record(running, ended, self._made(running, item))
        else:
            self._carry(running, result)
            if running.kind is not OperationKind.TRANSFORM:
                self._record(running, ended, None)
        if running.kind is OperationKind.VIEW or (running.kind is OperationKind.CACHE and running.method.name == "sql"):
            self._views_changed(running, args, kwargs)

    def _runs_no_more(self, running: Running) -> None:
        """What this thread runs from now on is not this operation's: code that nobody looks at may run Spark jobs."""
        outer = running.outer
        while outer is not None and not outer.runs:
            outer = outer.outer
        if outer is not None or not self.thread.batches:
            self.guard("set_op", self._jvm.set_op, None, outer.id if outer is not None else None)

    def _made(self, running: Running, df: Any) -> str:
        node: Node | None = self._frames_of.get(df)
        if node is None:
            unit = running.position.unit
            node = Node(f"d{next(self._df_ids)}", unit, frontier(unit, running.inputs))
            self._name_step(node, running.position)
            self._frames_of.put(df, node)
        return node.id

    def _carry(self, running: Running, result: Any) -> None:
        """Remembers where a result came from that is no DataFrame but may become one again."""
        if not running.inputs or result is None:
            return
        nodes = tuple(node for node, _ in running.inputs)
        if running.kind is OperationKind.ACTION:
            self._origins.ran(running.position, nodes, isinstance(result, (bool, int, float)))
            if self.pandas is not None and self.pandas.installed:
                self.pandas.brought(nodes, running.position)
        if type(result) is list:
            self._rows.put(result, nodes)
        elif type(result).__name__ == "Row":
            self._rows.put([result], nodes)
        elif type(result).__module__.startswith(("pandas.", "pyarrow.", "pyspark.")):
            self._carry_by_identity(result, nodes)
            if self.pandas is not None and type(result).__module__.startswith("pandas."):
                self.pandas_seen()
                self.guard("pandas", self.pandas.from_spark, result, nodes, running.position)

    def _carry_by_identity(self, result: Any, nodes: tuple[Node, ...]) -> None:
        try:
            self._carried.put(result, nodes)
        except TypeError:  # takes no weak reference
            return

    def function_made(self, udf: Any, function: Any) -> None:
        """Spark was handed a Python function: ``udf`` is the JVM's object for it."""
        self._jvm.function(udf, code_hash(function, lambda file: self.frames.scope.verdict(file).owned))

    def _views_changed(self, running: Running, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        name = _first_text(args, kwargs)
        if running.method.subject == "self" and name is not None and running.inputs:
            node, df = running.inputs[0]
            prefix = GLOBAL if "Global" in running.method.name else ""
            self._views.put(prefix + name, node, df, vars(df).get("_session"))
        elif running.method.name.startswith("drop") and name is not None:
            prefix = GLOBAL if "Global" in running.method.name else ""
            self._views.drop(prefix + name, vars(args[0]).get("_sparkSession"))
        elif running.method.name == "sql":
            self._view_created(running, created_view((running.detail or {}).get("sql", "")), args[0])

    def _view_created(self, running: Running, view: str | None, session: object) -> None:
        """``CREATE TEMPORARY VIEW``: what reads it reads what it reads; there is no DataFrame to mark."""
        if view is None:
            return
        if not running.inputs:
            self._views.drop(view, session)
            return
        self._views.put(view, Node("", None, _ids(running.inputs)), None, session)

    def _record(
        self,
        running: Running,
        ended: float,
        output: str | None,
        error: str | None = None,
        failed: tuple[str, ...] = (),
    ) -> None:
        position = running.position
        step = position.unit
        count = self._operations[step] = self._operations.get(step, 0) + 1
        if count > self._operations_limit:
            self._uncounted[step] = position.call.code.function
            return
        inputs = _ids(running.inputs)
        self._emit(
            (
                _operation, running.id, running.method.label, running.kind, position, inputs, output,
                running.started, ended, error, failed, running.detail,
            )
        )  # fmt: skip

    def fail(self, running: Running, error: BaseException, frame: FrameType) -> None:
        """Called when the user's call has raised ``error``, from the frame that called."""
        self.thread.active = running.outer
        if running.runs and _answered(error):
            self._runs_no_more(running)
        text = error_text(error)
        left = self.frames.left_by(frame)
        for call in left:
            call.error = call.error or text
        self._record(running, time.time(), None, text, tuple(dict.fromkeys(call.id for call in left)))

    # -- DataFrames and RDDs made by what is not looked at

    def appeared(self, made: Any, frame: FrameType) -> None:
        """A DataFrame or RDD was made: if no operation of ours made it, its parents are what the code between it
        and the user holds (``broadcast(df)``, MLlib, Delta, GraphFrames)."""
        is_frame = isinstance(made, self._dataframe)
        active = self.thread.active
        if is_frame and ((active is not None and not active.method.opens) or self._frames_of.get(made) is not None):
            return
        self.look_for_modules()
        parents, outermost = self._held_between(made, frame)
        if not is_frame:
            if parents:
                self._carried.put(made, tuple(dict.fromkeys(node for node, _ in parents)))
            return
        user = frame if outermost is None else outermost.f_back
        position = self.frames.position(user) if user is not None else None
        if position is None:
            self._batch(made, frame)
            return
        name = _function_between(frame, outermost) if outermost is not None else type(made).__name__
        kind = OperationKind.TRANSFORM if parents else OperationKind.READ
        method = Method(type(made), name, name, kind, "self", False)
        running = Running(f"o{next(self._op_ids)}", method, position, None)
        running.inputs = parents
        running.started = time.time()
        self.frames.announce(position.call)
        self._mark(running, (), {}, outermost or frame)
        self._record(running, running.started, self._made(running, made))

    def will_be_called(self, function: Any, df: Any, frame: FrameType) -> None:
        """``foreachBatch(function)`` of a stream that is ``df``, from the frame that calls it."""
        position = self.frames.position(frame)
        if position is not None and isinstance(df, self._dataframe):
            self.frames.announce(position.call)
            with contextlib.suppress(TypeError):  # a callable that takes no weak reference
                self._called_back.put(function, (position, self._node(df, position)))

    def _batch(self, made: Any, frame: FrameType) -> None:
        """The argument of foreachBatch, if its function is known; else it is adopted where it is used first."""
        caller = frame.f_locals.get("self") if frame.f_code.co_name == "call" else None
        known = (
            self._called_back.get(vars(caller).get("func")) if type(caller).__name__ == "ForeachBatchFunction" else None
        )
        if known is None:
            return
        self.thread.batches = True
        position, stream = known
        method = Method(
            type(made), "foreachBatch", "DataStreamWriter.foreachBatch", OperationKind.TRANSFORM, "none", False
        )
        running = Running(f"o{next(self._op_ids)}", method, position, None)
        running.inputs = [(stream, None)]
        running.started = time.time()
        self._record(running, running.started, self._made(running, made))

    def _held_between(self, made: Any, frame: FrameType | None) -> tuple[list[tuple[Node, Any]], FrameType | None]:
        """DataFrames held by the frames of others between here and user code; the outermost of those frames."""
        found: dict[int, tuple[Node, Any]] = {}
        outermost: FrameType | None = None
        while frame is not None and not self.frames.code(frame).owned:
            outermost = frame
            if frame.f_code.co_flags & 0x3 == 0x3:  # a function: never the locals of a module
                for value in list(frame.f_locals.values()):
                    if value is made:
                        continue
                    if isinstance(value, self._dataframe):
                        node = self._frames_of.get(value)
                        if node is not None:
                            found[id(node)] = (node, value)
                    elif type(value).__name__ in ("RDD", "PipelinedRDD"):
                        found.update((id(node), (node, None)) for node in self._carried.get(value) or ())
            frame = frame.f_back
        return list(found.values()), outermost

    # -- what the source reading says

    def _source_read(self, reading: Any) -> None:
        self._emit(SourceRead(reading))

    def _source_failed(self, file: str, why: str) -> None:
        self._emit(PythonGap(f"source of {file}", why))

    def _overflowed(self, function: str) -> None:
        why = "called more often than limits.calls: later calls are recorded as one"
        self._emit(PythonGap(f"calls of {function}", why))


_WHY_MARKED = {OperationKind.CACHE: "cache", OperationKind.WRITE: "write"}


def _function_between(frame: FrameType, outermost: FrameType) -> str:
    """The function of others that the user called: the outermost that is not just a decorator's inside."""
    names = []
    inner: FrameType | None = frame
    while inner is not None:
        names.append(inner.f_code.co_name)
        inner = None if inner is outermost else inner.f_back
    return next((name for name in reversed(names) if name not in ("wrapped", "wrapper", "inner")), names[-1])


def _operation(
    op: str, name: str, kind: OperationKind, position: Position, inputs: tuple[str, ...], output: str | None,
    started: float, ended: float, error: str | None, failed: tuple[str, ...], detail: dict[str, str] | None,
) -> Operation:  # fmt: skip
    return Operation(op, name, kind, position.path, inputs, output, started, ended, error, failed, detail or {})


def _ids(inputs: list[tuple[Node, Any]]) -> tuple[str, ...]:
    if len(inputs) == 1 and inputs[0][0].id:
        return (inputs[0][0].id,)
    found: dict[str, None] = {}
    for node, _ in inputs:
        found.update(dict.fromkeys((node.id,) if node.id else node.frontier))
    return tuple(found)


def _measured(node: Node) -> Node:
    """What was collected in the statement that made it was not marked: then what that was made from stands for it."""
    return node if node.marked or not node.frontier else Node("", None, node.frontier)


def _first_text(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str | None:
    return next((value for value in (*args[1:], *kwargs.values()) if isinstance(value, str)), None)


_SECRET = re.compile(r"(?i)((?:password|passwd|secret|token|key)\w*[\"'`]?\s*(?:=>|=|:|\s)\s*)([\"'])[^\"']*\2")


def redacted(text: str) -> str:
    """Without the credentials of URLs and of ``password '...'``."""
    return _SECRET.sub(r"\1\2***\2", re.sub(r"://[^/@\s]+@", "://***@", text))


def error_text(error: BaseException) -> str:
    """``ValueError: text``, without asking the JVM."""
    described = vars(error).get("_desc")  # pyspark's errors from the JVM; their __str__ calls it
    text = described if isinstance(described, str) else str(error)
    return f"{type(error).__name__}: {text}"[:ERROR_LIMIT]


def _answered(error: BaseException) -> bool:
    """It is the JVM that says so: it can be asked. After Ctrl-C it may be gone, which py4j would log."""
    kind = type(error)
    return kind.__module__.startswith(("pyspark.errors", "py4j.protocol")) and kind.__name__ != "Py4JNetworkError"


def _session_like(method: Method, args: tuple[Any, ...]) -> Any:
    """What the local property is set through: a DataFrame or a session."""
    this = args[0] if args else None
    if method.subject in ("_df", "df", "_spark", "_sparkSession"):
        return vars(this).get(method.subject)
    return this
