"""What the units of a program have used so far: what a unit makes stands on all of it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from types import CodeType

from spark_lineage.capture.code.calls import Position
from spark_lineage.capture.code.frames import Frames
from spark_lineage.capture.deferred import Emit
from spark_lineage.capture.following.latest import Latest
from spark_lineage.capture.following.nodes import Node
from spark_lineage.capture.following.python_data import PythonData
from spark_lineage.capture.following.tables.held import UnitWork
from spark_lineage.capture.following.tables.telling import called, transform
from spark_lineage.model import Unit, crossing

MOST_UNITS = 2_000  # whose work is known: those that worked with tables last


class Units:
    """``python_data`` has what rows of Spark were brought into Python."""

    def __init__(self, frames: Frames, emit: Emit, op_ids: Iterator[int], python_data: PythonData) -> None:
        self._frames, self._emit, self._op_ids = frames, emit, op_ids
        self._python_data = python_data
        self.plain = PythonData()  # what numbers, lists and arrays were taken from
        self._work: Latest[Unit, UnitWork] = Latest(MOST_UNITS)
        self._at: Latest[str, int | None] = Latest(MOST_UNITS)  # call -> its statement that ran last
        self._seen: Position | None = None

    def clear(self) -> None:
        self._work.clear()

    @property
    def forgotten(self) -> int:
        """How many units, and places where numbers were taken from tables, are not known any more."""
        return self._work.forgotten + self.plain.forgotten

    def here(self, position: Position) -> UnitWork:
        """The work of the unit at ``position``; a statement that runs again after another one begins anew."""
        if position is not self._seen:
            self._seen = position
            outer: Position | None = position
            while outer is not None:
                if outer.call.composite and self._at.get(outer.call.id) != outer.statement:
                    self._at.keep(outer.call.id, outer.statement)
                    self._work.keep(outer.unit, UnitWork(self._work.get(outer.unit)))
                outer = outer.outer
        return self.work_of(position.unit)

    def work_of(self, unit: Unit) -> UnitWork:
        known = self._work.get(unit)
        if known is None:
            known = self._work.keep(unit, UnitWork())
        return known

    def inputs(self, maker: Position, work: UnitWork, before: Node | None) -> dict[str, None]:
        """The ids of what something stands on that ``maker`` makes; ``before``: what it was until then."""
        found = dict.fromkeys(work.inputs or ({} if before is not None else work.before))
        if before is not None:
            found.update(dict.fromkeys(across(before, maker.unit)))
        names = _read_in(maker)
        behind = self.plain.behind(self._frames.sources, maker, names, here=False, all_ways=True)
        if not found and not behind:  # an array that the same statement has taken from a table
            behind = self.plain.behind(self._frames.sources, maker, names, here=False, around=True)
        if not found and not behind:  # rows that came through Python's own objects
            behind = self._python_data.behind(self._frames.sources, maker, names)
        for node in behind:
            found.update(dict.fromkeys(across(node, maker.unit)))
        return found

    def use(self, node: Node, position: Position, made: CodeType | str | None) -> None:
        """The unit at ``position`` uses a dataset from here on."""
        work = self.here(position)
        for name in across(node, position.unit):
            if name not in work.inputs:
                work.inputs[name] = node
                self.plain.ran(position, (node,), False)
                self._frames.announce(position.call)
                self.operation(
                    made if isinstance(made, str) else called(made, None), position, (name,), None, time.time()
                )

    def brought(self, nodes: Iterable[Node], position: Position) -> None:
        """An action brought rows of the DataFrames ``nodes`` into Python."""
        work = self.here(position)
        for node in nodes:
            for name in across(node, position.unit):
                work.inputs.setdefault(name, node)

    def values_used(self, position: Position) -> None:
        """Something is made at ``position`` that may hold numbers taken from tables."""
        work = self.here(position)
        if not work.looked:
            work.looked = True
            for node in self.plain.behind(self._frames.sources, position, _read_in(position), here=False):
                self.use(node, position, None)
        self.plain.made(position)

    def used(self, position: Position, names: Sequence[str] = ()) -> tuple[Node, ...]:
        """The datasets that the unit at ``position`` has used so far, or else those behind ``names`` there."""
        nodes = self.work_of(position.unit).inputs.values() or self.plain.behind(self._frames.sources, position, names)
        inputs = dict.fromkeys(name for node in nodes for name in across(node, position.unit))
        return (Node("", None, tuple(inputs)),) if inputs else ()

    def operation(
        self, name: str, position: Position, inputs: tuple[str, ...], output: str | None, started: float
    ) -> None:
        op = f"o{next(self._op_ids)}"
        self._emit(partial(transform, op, name, position, inputs, output, started, time.time()))


def across(node: Node, unit: Unit | None) -> tuple[str, ...]:
    """The ids by which ``unit`` knows a dataset of another unit; one that was not marked gives its frontier."""
    return (node.id,) if node.id and node.marked and crossing(node.unit, unit) else node.frontier


def _read_in(position: Position) -> tuple[str, ...]:
    """The names that the unit at ``position`` takes values from: its statement's, or those of its whole function."""
    reading = position.call.code.reading
    if reading is None:
        return ()
    if position.call.composite:
        here = position.statement
        return reading.statements[here].reads if here is not None and here < len(reading.statements) else ()
    return tuple(dict.fromkeys(name for statement in reading.statements for name in statement.reads))
