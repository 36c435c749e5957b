"""Objects that hold tables in the memory of a program: who made them, who uses them, what they hold there.

Each use of an object is seen before it can change anything (``table_attributes.py``), whatever method, operator or
library does it, and no method is wrapped: pandas counts the references to an object before it warns of chained
assignments, and a wrapper would hold one more.

An object that was made in one unit and is touched in another is at a boundary: its content there is an interim
dataset. What has changed since, in place, is a dataset of the unit that touched it last. Units, not single operations,
are followed: what a unit makes stands on all that it has used. Objects are held weakly, their content not at all.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from types import CodeType, FrameType
from typing import Any

from spark_lineage.capture.code.calls import Position
from spark_lineage.capture.code.frames import Frames
from spark_lineage.capture.deferred import Emit
from spark_lineage.capture.following.latest import Latest
from spark_lineage.capture.following.nodes import Node
from spark_lineage.capture.following.python_data import PythonData
from spark_lineage.capture.following.tables import files
from spark_lineage.capture.following.tables.callers import TableCallers, ThreadState
from spark_lineage.capture.following.tables.held import Columns, Contents, HeldObject, Question, UnitWork
from spark_lineage.capture.following.tables.storages import StoragesUsed
from spark_lineage.capture.following.tables.telling import called, fragment
from spark_lineage.capture.following.tables.units import Units
from spark_lineage.config import Config
from spark_lineage.guard import Guard, interrupted_again
from spark_lineage.model import Marked, Mode, Probed, Unit

MOST_VERSIONS = 200  # datasets of one unit: a loop that changes a frame very often is not followed to its end
MOST_UNITS = 2_000  # whose datasets are counted
_ROWS = frozenset(["iterrows"])  # what these hand out are rows, not frames


class Tables:
    """Follows tables over the steps of a program.

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
        self._asked = asked
        self._measures = config.mode is not Mode.PLAN
        self._sample_rows = config.sample_rows
        self._df_ids = ids[0]
        self.held: dict[int, HeldObject] = {}
        self.units = Units(frames, emit, ids[1], python_data)
        self.storages = StoragesUsed(frames, emit, ids)
        self._versions: Latest[Unit, int] = Latest(MOST_UNITS)
        self._beyond: Latest[Unit, Node] = Latest(MOST_UNITS)  # what stands for the datasets beyond the limit
        self.thread = ThreadState()
        self._callers: TableCallers | None = None

    def begin(self, package: str = "pandas") -> TableCallers:
        """From here on objects of the package are followed. It must be imported, and its managers be patched."""
        if self._callers is None:
            self._callers = TableCallers(self._frames)
        self._callers.follow(package)
        return self._callers

    def end(self) -> None:
        """Lets go of what is held; can be called twice."""
        self._callers = None
        self.held.clear()
        self.units.clear()

    @property
    def follows(self) -> bool:
        """Whether tables are followed just now."""
        return self._callers is not None

    @property
    def forgotten(self) -> int:
        """How many units, and places where numbers were taken from tables, are not known any more."""
        return self.units.forgotten

    # -- objects

    def born(self, obj: Any, frame: FrameType) -> None:
        position, made = self._where(frame)
        if position is not None and (made is None or made.co_name not in _ROWS):
            self.hold(obj, position, made, self.units.here(position))
            self.storages.read(frame, position, made)

    def hold(self, obj: Any, position: Position, made: CodeType | None, work: UnitWork) -> HeldObject:
        """From here on the object is known, as one of the unit at ``position``."""
        held: HeldObject = HeldObject(obj, self._gone)
        held.key, held.node, held.content, held.adopted = id(obj), None, None, False
        held.last = held.first = position
        held.at, held.made, held.work = time.time(), made, work
        self.held[id(obj)] = held
        return held

    def _adopted(self, obj: Any, frame: FrameType, position: Position, made: CodeType | None) -> HeldObject:
        """An object that was made before its library was followed."""
        bound = self._callers.bound_at(obj, frame, position) if self._callers is not None else None
        if bound is None:
            held = self.hold(obj, position, made, self.units.here(position))
            held.adopted, held.content = True, self._content(obj)
            return held
        held = self.hold(obj, bound, None, UnitWork())
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
        if files.writes(made):
            for storage in self.storages.written(obj, position, made, frame):
                self.settle(held, obj)
                self.storages.tell_written(storage, held.node, position, called(made, obj))

    def _crosses(self, held: HeldObject, obj: Any, position: Position, made: CodeType | None, frame: FrameType) -> None:
        owner = _cached_by(obj)
        if owner is not None:  # a column that its frame hands out again and again: it is the frame that is used
            self.touched(owner, frame)
            held.last = held.first = position
            return
        self.settle(held, obj)
        if held.node is not None:
            self.units.use(held.node, position, made)
        held.last = held.first = position
        held.at, held.made, held.work = time.time(), made, self.units.here(position)

    def settle(self, held: HeldObject, obj: Any) -> Node | None:
        """Makes a dataset of what the object holds now, unless it is the one that it was when it was last looked at."""
        content = self._content(obj)
        if (held.node is not None or held.adopted) and content == held.content:
            return held.node
        unit = held.last.unit
        if self._versions.keep(unit, self._versions.get(unit, 0) + 1) <= MOST_VERSIONS:
            held.node = self._made(held, obj, self._measures)
        else:
            held.node = self._beyond.keep(unit, self._beyond.get(unit) or self._made(held, obj, False))
        held.content = content
        return held.node

    def _content(self, obj: Any) -> Hashable:
        return self._contents.digest(obj) if self._measures else self._contents.shape(obj)

    def look(self) -> None:
        """Makes datasets of what all objects hold now, also of those that no other unit has touched yet."""
        self.thread.busy = True
        try:
            for held in list(self.held.values()):
                obj = held()
                if obj is not None and _cached_by(obj) is None:
                    self.settle(held, obj)
        finally:
            self.thread.busy = False

    def _made(self, held: HeldObject, obj: Any, measure: bool) -> Node:
        maker = held.last
        inputs = self.units.inputs(maker, held.work, held.node)
        node = Node(f"d{next(self._df_ids)}", maker.unit, tuple(inputs))
        node.marked = True
        self.units.plain.made(maker)
        self._frames.announce(maker.call)
        name = called(held.made, obj)
        self.units.operation(name, held.first, tuple(inputs), node.id, held.at)
        self._emit(partial(Marked, node.id, "boundary", node.frontier))
        columns, order = self._measure(node, obj, maker) if measure else self._not_measured(node, obj)
        self._emit(fragment(node, columns, name, order))
        return node

    def _measure(self, node: Node, obj: Any, maker: Position) -> tuple[Columns, str | None]:
        """Tells the facts of the object; gives its columns and a word for the order of its rows."""
        # Its columns would be asked of a storage elsewhere.
        if self.storages.remote and type(obj).__name__ == "LazyFrame":
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

    # -- to and from Spark

    def from_spark(self, obj: Any, nodes: tuple[Node, ...], position: Position) -> None:
        """Spark gave ``obj``, which holds the rows of the DataFrames ``nodes``."""
        self.units.plain.made(position)
        held = self.held.get(id(obj))
        if held is None or held() is not obj:
            held = self.hold(obj, position, None, self.units.here(position))
        if len(nodes) == 1 and nodes[0].id:
            held.node = nodes[0]
            held.last = held.first = position
            held.content = self._content(obj)
        self.brought(nodes, position)

    def brought(self, nodes: Iterable[Node], position: Position) -> None:
        """An action brought rows of the DataFrames ``nodes`` into Python."""
        self.units.brought(nodes, position)

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
        """Whether the unit at ``position`` has read files by a library of tables."""
        return self.storages.reads(position.unit)

    def values_used(self, position: Position) -> None:
        """A DataFrame of Spark is made at ``position``, whose plan may hold numbers taken from tables."""
        self.units.values_used(position)

    def used(self, position: Position, names: Sequence[str] = ()) -> tuple[Node, ...]:
        """The datasets that the unit at ``position`` has used so far, or else those behind ``names`` there."""
        return self.units.used(position, names)

    # -- what is no table, and stands on some

    def inputs_at(self, position: Position) -> tuple[str, ...]:
        """The ids of what something stands on that is made at ``position`` now."""
        inputs = tuple(self.units.inputs(position, self.units.here(position), None))
        self.units.plain.made(position)  # what else the unit gives stands on what is made
        return inputs

    def stands_on(self, node: Node, position: Position, name: str) -> None:
        """What is made at ``position`` from now on stands on ``node``, too; ``name`` is of the operation."""
        self.units.use(node, position, name)

    # -- where

    def _where(self, frame: FrameType) -> tuple[Position | None, CodeType | None]:
        assert self._callers is not None, "only the hook asks"
        position, made = self._callers.where(frame, self.thread)
        if files.writes(made):
            self.thread.again()  # the same instruction may write another file next time
        return position, made


def _cached_by(obj: Any) -> Any:
    """Before copy-on-write a frame keeps the columns that it has handed out."""
    cacher = getattr(obj, "__dict__", {}).get("_cacher")
    return cacher[1]() if cacher is not None else None


__all__ = ["Contents", "Tables"]
