"""pandas objects between ``toPandas`` and ``createDataFrame``: who made them, who uses them, what they hold there.

Each use of an object is seen before it can change anything (``pandas_manager.py``), whatever method, operator or
library does it, and no method is wrapped: pandas counts the references to an object before it warns of chained
assignments, and a wrapper would hold one more.

An object that was made in one unit and is touched in another is at a boundary: its content there is an interim
dataset. What has changed since, in place, is a dataset of the unit that touched it last. Units, not single operations,
are followed: what a unit makes stands on all that it has used. Objects are held weakly, their content not at all.
"""

from __future__ import annotations

import os
import sys
import time
import weakref
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from types import CodeType, FrameType
from typing import Any, Protocol

from spark_lineage.capture.code.calls import Position
from spark_lineage.capture.code.frames import Frames
from spark_lineage.capture.deferred import Emit
from spark_lineage.capture.following import pandas_files
from spark_lineage.capture.following.latest import Latest
from spark_lineage.capture.following.nodes import Node
from spark_lineage.capture.following.pandas_callers import PandasCallers, ThreadState
from spark_lineage.capture.following.python_data import PythonData, module_position
from spark_lineage.config import Config
from spark_lineage.guard import Guard, interrupted_again
from spark_lineage.model import (
    Fragment,
    Marked,
    Mode,
    Operation,
    OperationKind,
    Probed,
    PythonGap,
    RuleAnswer,
    Storage,
    Unit,
    crossing,
)

MOST_VERSIONS = 200  # datasets of one unit: a loop that changes a frame very often is not followed to its end
MOST_FILES = 100  # that one unit reads, or writes, by pandas are told
MOST_GLOBALS = 5000  # names of a module among which an object is looked up
MOST_UNITS = 10_000  # whose work is known: those that worked with pandas objects last
_ROWS = frozenset(["iterrows"])  # what these hand out are rows, not frames


Columns = tuple[tuple[str, str], ...]  # name, type
Question = tuple[str, tuple[str, ...]]  # kind, arguments


class Contents(Protocol):
    """What looks into pandas objects: :mod:`spark_lineage.fingerprint.pandas_objects`."""

    def measured(self, obj: Any, sample_rows: int) -> tuple[Probed, str | None]:
        """The facts of an object with at most ``sample_rows`` rows of it, and a word for the order of its rows."""

    def answer(self, obj: Any, kind: str, arguments: Sequence[str]) -> RuleAnswer:
        """What a rule asks of all rows."""

    def digest(self, obj: Any) -> Hashable:
        """A value that is equal for equal content."""

    def shape(self, obj: Any) -> Hashable:
        """A value that changes when rows or columns come or go; no value of the object is read."""

    def columns_of(self, obj: Any) -> Columns:
        """The names and types of the columns."""


class HeldObject(weakref.ref):  # type: ignore[type-arg]
    """What is known of one pandas object that is alive; the object itself is held weakly."""

    __slots__ = ("adopted", "at", "content", "first", "key", "last", "made", "node", "work")

    adopted: bool  # nobody saw who made it: as long as it holds what it did when it was met, it is of no unit
    key: int
    node: Node | None  # the dataset that it was when it was last looked at
    content: Hashable  # what it held then
    last: Position  # who touched it last
    first: Position  # where the unit that touched it last did so first: that made it what it is
    at: float  # since when
    made: CodeType | None  # what of pandas was called there
    work: UnitWork  # of the unit that touched it last


class UnitWork:
    """What one run of a unit has used so far, by the ids of the datasets.

    ``before`` has what the run before it used, whose iterators may go on.
    """

    __slots__ = ("before", "inputs", "looked")

    def __init__(self, before: UnitWork | None = None) -> None:
        self.inputs: dict[str, Node] = {}
        self.looked = False  # whether it was looked for what stands behind the names that it reads
        self.before: dict[str, Node] = (before.inputs or before.before) if before is not None else {}


class PandasFrames:
    """Follows pandas objects over the steps of a program.

    ``emit`` takes what is observed; ``ids`` number the DataFrames and the operations of the run. ``contents`` looks
    into objects; in plan mode nothing is measured. ``asked(position)``: what rules ask of what is made there.
    """

    def __init__(
        self, frames: Frames, emit: Emit, guard: Guard, contents: Contents, config: Config,
        ids: tuple[Iterator[int], Iterator[int]],
        python_data: PythonData, asked: Callable[[Position], Sequence[Question]] = lambda position: (),
    ) -> None:  # fmt: skip
        self._frames = frames
        self._emit = emit
        self.guard = guard
        self._contents = contents
        self._python_data = python_data
        self._asked = asked
        self._plain = PythonData()  # what numbers, lists and arrays were taken from
        self._measures = config.mode is not Mode.PLAN
        self._sample_rows = config.sample_rows
        self._df_ids, self._op_ids = ids
        self.held: dict[int, HeldObject] = {}
        self._work: Latest[Unit, UnitWork] = Latest(MOST_UNITS)
        self._at: Latest[str, int | None] = Latest(MOST_UNITS)  # call -> its statement that ran last
        self._seen: Position | None = None
        self._versions: Latest[Unit, int] = Latest(MOST_UNITS)
        self._files: Latest[Unit, dict[Storage, None]] = Latest(MOST_UNITS)  # what each unit has read by pandas
        self._targets: Latest[Unit, dict[Storage, None]] = Latest(MOST_UNITS)  # what each unit has written by pandas
        self._beyond: Latest[Unit, Node] = Latest(MOST_UNITS)  # what stands for the datasets beyond the limit
        self._remote = False  # whether files elsewhere were read
        self.thread = ThreadState()
        self._callers: PandasCallers | None = None

    def begin(self, package: str = "pandas") -> PandasCallers:
        """From here on objects of the package are followed. It must be imported, and its managers be patched."""
        if self._callers is None:
            self._callers = PandasCallers(self._frames)
        self._callers.follow(package)
        return self._callers

    def end(self) -> None:
        """Lets go of what is held; can be called twice."""
        self._callers = None
        self.held.clear()
        self._work.clear()

    @property
    def follows(self) -> bool:
        """Whether pandas objects are followed just now."""
        return self._callers is not None

    @property
    def forgotten(self) -> int:
        """How many units, and places where numbers were taken from pandas objects, are not known any more."""
        return self._work.forgotten + self._plain.forgotten

    # -- objects

    def born(self, obj: Any, frame: FrameType) -> None:
        position, made = self._where(frame)
        if position is not None and (made is None or made.co_name not in _ROWS):
            self._hold(obj, position, made, self._here(position))
            storage = pandas_files.read_in(frame, made)
            if storage is not None:
                self._read(storage, position, made)
            elif pandas_files.reads_database(made):
                why = f"{_library(made)} has read from a database: which tables is not followed"
                self._tell_once(position, "source", why)

    def _read(self, storage: Storage, position: Position, made: CodeType | None) -> None:
        """Tells once of each unit that it reads a file by pandas."""
        known = self._files.get(position.unit) or self._files.keep(position.unit, {})
        if storage in known or len(known) >= MOST_FILES:
            return
        known[storage] = None
        self._remote = self._remote or storage.namespace != "file"
        node = Node(f"d{next(self._df_ids)}", position.unit)
        self._frames.announce(position.call)
        op, name, at = f"o{next(self._op_ids)}", _called(made, None), time.time()
        self._emit(
            partial(
                Operation, op, name, OperationKind.READ, position.path, (), node.id, at, at, None, (),
                {**_engine(name), "file": storage.name},
            )
        )  # fmt: skip
        self._emit(replace(_fragment(node, (), name, None), sources=(storage,)))

    def _hold(self, obj: Any, position: Position, made: CodeType | None, work: UnitWork) -> HeldObject:
        held: HeldObject = HeldObject(obj, self._gone)
        held.key, held.node, held.content, held.adopted = id(obj), None, None, False
        held.last = held.first = position
        held.at, held.made, held.work = time.time(), made, work
        self.held[id(obj)] = held
        return held

    def _adopted(self, obj: Any, frame: FrameType, position: Position, made: CodeType | None) -> HeldObject:
        """An object that was made before pandas was followed."""
        bound = self._bound_at(obj, frame, position)
        if bound is None:
            held = self._hold(obj, position, made, self._here(position))
            held.adopted, held.content = True, self._content(obj)
            return held
        held = self._hold(obj, bound, None, UnitWork())
        held.at = bound.call.at  # before all that was seen
        return held

    def _gone(self, held: Any) -> None:
        try:
            key: int = held.key
            if self.held.get(key) is held:  # not another object at the same address
                self.held.pop(key, None)  # another thread may have been faster
        except BaseException as interruption:
            interrupted_again(interruption)

    def touched(self, obj: Any, frame: FrameType) -> None:
        held = self.held.get(id(obj))
        if held is not None and held() is not obj:
            held = None
        position, made = self._where(frame)
        if position is None:
            return
        if held is None:
            if made is not None and made.co_name in _ROWS:
                return
            held = self._adopted(obj, frame, position, made)
        if held.last.unit != position.unit:
            self._crosses(held, obj, position, made, frame)
        else:
            held.last = position
        if pandas_files.writes(made):
            self._written(held, obj, position, made, frame)

    def _written(self, held: HeldObject, obj: Any, position: Position, made: CodeType | None, frame: FrameType) -> None:
        """Tells once of each unit that it writes a file by pandas."""
        storage = pandas_files.written_in(frame, made, obj)
        if storage is None:
            if pandas_files.into_database(frame, made, obj):
                why = f"{_library(made)} has written a table of a database: which one is not followed"
                self._tell_once(position, "sink", why)
            return
        known = self._targets.get(position.unit) or self._targets.keep(position.unit, {})
        if storage in known or len(known) >= MOST_FILES:
            return
        known[storage] = None
        self._settle(held, obj)
        node, op, at = held.node, f"o{next(self._op_ids)}", time.time()
        self._frames.announce(position.call)
        place = "\n".join((storage.namespace, storage.name, storage.part or "", storage.format or ""))
        name = _called(made, obj)
        self._emit(
            partial(
                Operation, op, name, OperationKind.WRITE, position.path, (node.id,) if node else (), None,
                at, at, None, (), {**_engine(name), "place": place},
            )
        )  # fmt: skip

    def _tell_once(self, position: Position, what: str, why: str) -> None:
        known = self._targets.get(position.unit) or self._targets.keep(position.unit, {})
        if Storage("", why) not in known:
            known[Storage("", why)] = None
            self._frames.announce(position.call)
            self._emit(partial(PythonGap, what, why, position.call.id))

    def _crosses(self, held: HeldObject, obj: Any, position: Position, made: CodeType | None, frame: FrameType) -> None:
        owner = _cached_by(obj)
        if owner is not None:  # a column that its frame hands out again and again: it is the frame that is used
            self.touched(owner, frame)
            held.last = held.first = position
            return
        self._settle(held, obj)
        if held.node is not None:
            self._use(held.node, position, made)
        held.last = held.first = position
        held.at, held.made, held.work = time.time(), made, self._here(position)

    def _settle(self, held: HeldObject, obj: Any) -> None:
        """Makes a dataset of what the object holds now, unless it is the one that it was when it was last looked at."""
        content = self._content(obj)
        if (held.node is not None or held.adopted) and content == held.content:
            return
        unit = held.last.unit
        if self._versions.keep(unit, self._versions.get(unit, 0) + 1) <= MOST_VERSIONS:
            held.node = self._made(held, obj, self._measures)
        else:
            held.node = self._beyond.keep(unit, self._beyond.get(unit) or self._made(held, obj, False))
        held.content = content

    def _content(self, obj: Any) -> Hashable:
        return self._contents.digest(obj) if self._measures else self._contents.shape(obj)

    def look(self) -> None:
        """Makes datasets of what all objects hold now, also of those that no other unit has touched yet."""
        self.thread.busy = True
        try:
            for held in list(self.held.values()):
                obj = held()
                if obj is not None and _cached_by(obj) is None:
                    self._settle(held, obj)
        finally:
            self.thread.busy = False

    def _made(self, held: HeldObject, obj: Any, measure: bool) -> Node:
        maker = held.last
        inputs = self._inputs(maker, held.work, held.node)
        node = Node(f"d{next(self._df_ids)}", maker.unit, tuple(inputs))
        node.marked = True
        self._plain.made(maker)
        self._frames.announce(maker.call)
        self._operation(_called(held.made, obj), held.first, tuple(inputs), node.id, held.at)
        self._emit(partial(Marked, node.id, "boundary", node.frontier))
        columns, order = self._measure(node, obj, maker) if measure else self._not_measured(node, obj)
        self._emit(_fragment(node, columns, _called(held.made, obj), order))
        return node

    def _measure(self, node: Node, obj: Any, maker: Position) -> tuple[Columns, str | None]:
        """Tells the facts of the object; gives its columns and a word for the order of its rows."""
        if self._remote and type(obj).__name__ == "LazyFrame":  # its columns would be asked of a storage elsewhere
            why = "a lazy frame holds no rows before it is collected"
            self._emit(Probed(node.id, "polars", None, None, False, "never_executed", why, (), (), None, None))
            return (), None
        probed, order = self._contents.measured(obj, self._sample_rows)
        asked = dict.fromkeys(self._asked(maker)) if probed.complete else {}
        answers = tuple(self._contents.answer(obj, *question) for question in asked)
        self._emit(replace(probed, dataset=node.id, answers=answers))
        return tuple((column.name, column.type) for column in probed.columns), order

    def _not_measured(self, node: Node, obj: Any) -> tuple[Columns, str | None]:
        if self._measures:
            why = f"its step made more than {MOST_VERSIONS} frames: this one stands for all later ones"
            self._emit(Probed(node.id, "pandas", None, None, False, "too_many", why, (), (), None, None))
        return self._contents.columns_of(obj), None

    # -- units

    def _inputs(self, maker: Position, work: UnitWork, before: Node | None) -> dict[str, None]:
        found = dict.fromkeys(work.inputs or ({} if before is not None else work.before))
        if before is not None:
            found.update(dict.fromkeys(_across(before, maker.unit)))
        names = _read_in(maker)
        behind = self._plain.behind(self._frames.sources, maker, names, here=False)
        if not found and not behind:  # rows that came through Python's own objects
            behind = self._python_data.behind(self._frames.sources, maker, names)
        for node in behind:
            found.update(dict.fromkeys(_across(node, maker.unit)))
        return found

    def _use(self, node: Node, position: Position, made: CodeType | None) -> None:
        work = self._here(position)
        for name in _across(node, position.unit):
            if name not in work.inputs:
                work.inputs[name] = node
                self._plain.ran(position, (node,), False)
                self._frames.announce(position.call)
                self._operation(_called(made, None), position, (name,), None, time.time())

    def _work_of(self, unit: Unit) -> UnitWork:
        known = self._work.get(unit)
        if known is None:
            known = self._work.keep(unit, UnitWork())
        return known

    def _here(self, position: Position) -> UnitWork:
        """The work of the unit at ``position``; a statement that runs again after another one begins anew."""
        if position is not self._seen:
            self._seen = position
            outer: Position | None = position
            while outer is not None:
                if outer.call.composite and self._at.get(outer.call.id) != outer.statement:
                    self._at.keep(outer.call.id, outer.statement)
                    self._work.keep(outer.unit, UnitWork(self._work.get(outer.unit)))
                outer = outer.outer
        return self._work_of(position.unit)

    def _operation(
        self, name: str, position: Position, inputs: tuple[str, ...], output: str | None, started: float
    ) -> None:
        op = f"o{next(self._op_ids)}"
        self._emit(partial(_transform, op, name, position, inputs, output, started, time.time()))

    # -- to and from Spark

    def from_spark(self, obj: Any, nodes: tuple[Node, ...], position: Position) -> None:
        """Spark gave ``obj``, which holds the rows of the DataFrames ``nodes``."""
        self._plain.made(position)
        held = self.held.get(id(obj))
        if held is None or held() is not obj:
            held = self._hold(obj, position, None, self._here(position))
        if len(nodes) == 1 and nodes[0].id:
            held.node = nodes[0]
            held.last = held.first = position
            held.content = self._content(obj)
        self.brought(nodes, position)

    def brought(self, nodes: Iterable[Node], position: Position) -> None:
        """An action brought rows of the DataFrames ``nodes`` into Python."""
        work = self._here(position)
        for node in nodes:
            for name in _across(node, position.unit):
                work.inputs.setdefault(name, node)

    def to_spark(self, obj: Any, position: Position) -> tuple[Node, ...]:
        """The nodes that ``createDataFrame(obj)`` at ``position`` makes its DataFrame from."""
        self.thread.busy = True
        try:
            self.touched(obj, sys._getframe(1))
        finally:
            self.thread.busy = False
        held = self.held.get(id(obj))
        if held is not None and held.node is not None and held.last.unit == position.unit:
            return (held.node,)
        return self.used(position)

    def reads_files(self, position: Position) -> bool:
        """Whether the unit at ``position`` has read files by pandas."""
        return bool(self._files.get(position.unit))

    def values_used(self, position: Position) -> None:
        """A DataFrame of Spark is made at ``position``, whose plan may hold numbers taken from pandas objects."""
        work = self._here(position)
        if not work.looked:
            work.looked = True
            for node in self._plain.behind(self._frames.sources, position, _read_in(position), here=False):
                self._use(node, position, None)
        self._plain.made(position)

    def used(self, position: Position, names: Sequence[str] = ()) -> tuple[Node, ...]:
        """The pandas datasets that the unit at ``position`` has used so far, or else those behind ``names`` there."""
        nodes = self._work_of(position.unit).inputs.values() or self._plain.behind(
            self._frames.sources, position, names
        )
        inputs = dict.fromkeys(name for node in nodes for name in _across(node, position.unit))
        return (Node("", None, tuple(inputs)),) if inputs else ()

    # -- what is no pandas object, and stands on some

    def inputs_at(self, position: Position) -> tuple[str, ...]:
        """The ids of what something stands on that is made at ``position`` now."""
        inputs = tuple(self._inputs(position, self._here(position), None))
        self._plain.made(position)  # what else the unit gives stands on what is made
        return inputs

    def stands_on(self, node: Node, position: Position, name: str) -> None:
        """What is made at ``position`` from now on stands on ``node``, too; ``name`` is of the operation."""
        work = self._here(position)
        for id_ in _across(node, position.unit):
            if id_ not in work.inputs:
                work.inputs[id_] = node
                self._plain.ran(position, (node,), False)
                self._frames.announce(position.call)
                self._operation(name, position, (id_,), None, time.time())

    # -- where

    def _where(self, frame: FrameType) -> tuple[Position | None, CodeType | None]:
        assert self._callers is not None, "only the hook asks"
        position, made = self._callers.where(frame, self.thread)
        if pandas_files.writes(made):
            self.thread.again()  # the same instruction may write another file next time
        return position, made

    def _bound_at(self, obj: Any, frame: FrameType, position: Position) -> Position | None:
        """The position of the statement that bound an object to a name of the module, if that stands above."""
        user = self._callers.user_frame(frame) if self._callers is not None else None
        if user is None or len(user.f_globals) > MOST_GLOBALS:
            return None
        names = {name for name, value in list(user.f_globals.items()) if value is obj}
        here = module_position(position, user.f_code.co_filename)
        reading = here.call.code.reading if here is not None else None
        if not names or here is None or reading is None or here.statement is None:
            return None
        above = [statement for statement in reading.statements if statement.index < here.statement]
        binding = [statement for statement in above if names.intersection(statement.binds)]
        return Position(here.call, binding[-1].index, binding[-1].line, here.outer) if binding else None


def _read_in(position: Position) -> tuple[str, ...]:
    """The names that the unit at ``position`` takes values from: its statement's, or those of its whole function."""
    reading = position.call.code.reading
    if reading is None:
        return ()
    if position.call.composite:
        here = position.statement
        return reading.statements[here].reads if here is not None and here < len(reading.statements) else ()
    return tuple(dict.fromkeys(name for statement in reading.statements for name in statement.reads))


def _across(node: Node, unit: Unit | None) -> tuple[str, ...]:
    """The ids by which ``unit`` knows a dataset of another unit; one that was not marked gives its frontier."""
    return (node.id,) if node.id and node.marked and crossing(node.unit, unit) else node.frontier


def _cached_by(obj: Any) -> Any:
    """Before copy-on-write a frame keeps the columns that it has handed out."""
    cacher = vars(obj).get("_cacher")
    return cacher[1]() if cacher is not None else None


def _called(made: CodeType | None, obj: Any) -> str:
    if made is None:
        return "polars" if type(obj).__module__.startswith("polars.") else "pandas"
    name: str = getattr(made, "co_qualname", made.co_name)
    name = name.replace("NDFrame.", f"{type(obj).__name__}.") if obj is not None else name
    return f"{_library(made)}.{name.rpartition('<locals>.')[2]}"


def _library(made: CodeType | None) -> str:
    """Which library of frames a code is of."""
    polars = getattr(sys.modules.get("polars"), "__file__", None)
    return (
        "polars" if made is not None and polars and made.co_filename.startswith(os.path.dirname(polars)) else "pandas"
    )


def _engine(name: str) -> dict[str, str]:
    """What an operation of this name says of its engine."""
    return {"engine": name.partition(".")[0]}


def _transform(
    op: str, name: str, position: Position, inputs: tuple[str, ...], output: str | None, started: float, ended: float
) -> Operation:
    kept = tuple(name for name in inputs if name != output)
    return Operation(
        op, name, OperationKind.TRANSFORM, position.path, kept, output, started, ended, detail=_engine(name)
    )  # fmt: skip


def _fragment(node: Node, columns: Columns, name: str, order: str | None) -> Fragment:
    return Fragment(
        dataset=node.id, columns=tuple((column, type_, True) for column, type_ in columns), plan_hash=name,
        operators=(name,), plan_text="", deterministic=True, nondeterminism=(), inputs=node.frontier, sources=(),
        opaque=("pandas",), definitions=(), indirect=(), sample_key=(),
        covers=(f"order@{order}",) if order is not None else (),
    )  # fmt: skip


__all__ = ["Contents", "PandasFrames"]
