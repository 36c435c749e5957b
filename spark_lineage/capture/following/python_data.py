"""Which DataFrames the Python data came from that becomes a DataFrame again.

Rows and pandas objects are known themselves (``tracked.py``). What the program makes of them in Python (dicts, lists of
tuples, aggregates) is followed through the source: from the statement that calls ``createDataFrame`` back over the
names that it reads, to the statements that ran an action. A parameter leads on to the call, any other name to the
module.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from spark_lineage.capture.code.calls import Position
from spark_lineage.capture.code.source_files import SourceFiles
from spark_lineage.capture.following.latest import Latest
from spark_lineage.capture.following.nodes import Node
from spark_lineage.model import FunctionReading, Statement

StatementPlace = tuple[str, int]  # id of a call, index of one of its statements
Names = Sequence[str]
Brought = Latest[StatementPlace, Latest[Node, None]]  # the DataFrames that a statement has brought into Python
MOST_PLACES = 2_000  # statements that are remembered: those that ran an action last
MOST_NODES = 1_000  # DataFrames of one statement


class PythonData:
    """Remembers which statements brought DataFrames into Python, and finds those behind the names of a statement."""

    def __init__(self, places: int = MOST_PLACES) -> None:
        self._rows: Brought = Latest(places)  # what was brought into Python there
        self._numbers: Brought = Latest(places)  # counts and the like
        self._nodes_forgotten = 0

    @property
    def forgotten(self) -> int:
        """How many places, and DataFrames at places, are not known any more."""
        return self._rows.forgotten + self._numbers.forgotten + self._nodes_forgotten

    def ran(self, position: Position, nodes: Iterable[Node], number: bool) -> None:
        """An action at ``position`` has brought ``nodes`` into Python; ``number``: only a number of them."""
        known = self._numbers if number else self._rows
        place: Position | None = position
        while place is not None:
            if place.statement is not None:
                self._add(known, (place.call.id, place.statement), nodes)
            place = place.outer

    def _add(self, known: Brought, place: StatementPlace, nodes: Iterable[Node]) -> None:
        there = known.get(place)
        if there is None:
            there = known.keep(place, Latest(MOST_NODES))
        before = there.forgotten
        for node in nodes:
            there.keep(node, None)
        self._nodes_forgotten += there.forgotten - before

    def made(self, position: Position) -> None:
        """The statements at ``position`` gave something that is known itself, so the search ends there."""
        place: Position | None = position
        while place is not None:
            if place.statement is not None:
                self._rows.keep((place.call.id, place.statement), Latest(MOST_NODES))
            place = place.outer

    def behind(
        self, sources: SourceFiles, position: Position, names: Names, here: bool = True, around: bool = False,
        all_ways: bool = False,
    ) -> tuple[Node, ...]:  # fmt: skip
        """The DataFrames that the values of ``names`` at ``position`` may have come from.

        It is empty if the source shows no way to a statement that ran an action. ``here``: what the statement at
        ``position`` has brought into Python itself counts too. ``around``: so does what the statements that call it
        have, as in ``back(scaled(values(frame)))``. ``all_ways``: names that the body does not bind are followed, too,
        where others were found.
        """
        how = (here, around, all_ways)
        tables = [known for known in (self._rows, self._numbers) if known]
        return next((found for known in tables if (found := _search(known, sources, position, names, how))), ())


def _search(
    known: Brought, sources: SourceFiles, position: Position, names: Names, how: tuple[bool, bool, bool]
) -> tuple[Node, ...]:
    here, around, all_ways = how
    before: dict[Node, None] = {}
    place: Position | None = position
    while place is not None:
        reading = place.call.code.reading
        if reading is None or place.statement is None or place.statement >= len(reading.statements):
            return tuple(before)
        found, unbound = _in_body(known, sources, place.call.id, reading, reading.statements[place.statement], names)
        if (here if place is position else around) and names:  # create([f(row) for row in df.collect()])
            found.update(known.get((place.call.id, place.statement), {}))
        before.update(found)
        if found and not all_ways:
            return tuple(before)
        code = place.call.code.code
        parameters = [
            name for name in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + 2] if name in unbound
        ]
        if parameters and place.outer is not None:  # what the caller gives
            place, names = place.outer, sources.given(place.outer, code, parameters)
        else:
            outer = place.outer
            place, names = module_position(outer, code.co_filename) if outer is not None else None, tuple(unbound)
    return tuple(before)


def _held(name: str, instance: str) -> bool:
    return name.startswith("self.") and instance in ("self", "cls")


def module_position(position: Position, file: str) -> Position | None:
    """Where the body of a module stands, if it still runs: at ``position`` or outside it."""
    outer: Position | None = position
    while outer is not None and not (outer.call.code.function == "<module>" and outer.call.code.file == file):
        outer = outer.outer
    return outer


def _in_body(
    known: Brought, sources: SourceFiles, call: str, reading: FunctionReading, here: Statement, names: Names
) -> tuple[dict[Node, None], set[str]]:
    """(what the names stand on in this body, names that it does not bind)"""
    found: dict[Node, None] = {}
    unbound: set[str] = set()
    seen: set[tuple[str, int]] = set()
    todo = [(name, here.index) for name in names]
    while todo:
        name, at = todo.pop()
        if (name, at) in seen:
            continue
        seen.add((name, at))
        binding = _binding(sources, reading, name, at)
        if not binding:
            unbound.add(name)
        for statement in binding:
            nodes = known.get((call, statement.index))
            if nodes is not None:
                found.update(nodes)
            else:
                todo.extend((read, statement.index) for read in statement.reads)
    return found, unbound


def _binding(sources: SourceFiles, reading: FunctionReading, name: str, at: int) -> list[Statement]:
    """The statements whose value ``name`` may hold at statement ``at``, or a part of it."""
    found: list[Statement] = []
    for statement in sources.bound_before(reading, name, at):
        found.append(statement)
        if name in statement.binds and statement.column == reading.statements[0].column:  # no branch around it
            break
    # There is none before where a loop came round.
    return found or [statement for statement in sources.binding(reading, name) if statement.index != at]
