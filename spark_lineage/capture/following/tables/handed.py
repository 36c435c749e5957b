"""Tables whose classes take no patch, Arrow's and DuckDB's: seen where steps take them and give them.

They never change. So what one holds when it is seen is what it held when it was made, and a statement that has bound
one by code which tells nobody is known from the source.
"""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Iterator
from typing import Any

from spark_lineage.capture.code import loaded_sources
from spark_lineage.capture.code.calls import Call, Position
from spark_lineage.capture.code.frames import Frames
from spark_lineage.capture.following.tables.held import HeldObject
from spark_lineage.capture.following.tables.objects import Tables
from spark_lineage.capture.following.tables.telling import called
from spark_lineage.model import Storage, ValueUse

_KINDS = frozenset([("pyarrow.lib", "Table"), ("pyarrow.lib", "RecordBatch")])
_CONTAINERS = frozenset({tuple, list, dict})
MOST_INSIDE = 100  # parts of one container that are looked at
DEEPEST = 2  # containers within containers
_NAMED = re.compile(rb"arrow|duckdb|toArrow", re.IGNORECASE)


def is_table(value: Any) -> bool:
    """Whether it is a table of Arrow, a record batch, or a relation of DuckDB."""
    kind = type(value)
    return (kind.__module__, kind.__name__) in _KINDS or (
        kind.__name__ == "DuckDBPyRelation" and kind.__module__.partition(".")[0].lstrip("_") == "duckdb"
    )


def inside(value: Any, depth: int = DEEPEST) -> Iterator[Any]:
    """The tables that a tuple, a list or a dict holds, by no code of the program's."""
    kind = type(value)
    if kind is dict:
        parts = itertools.islice(list(value.values()), MOST_INSIDE)
    elif kind in _CONTAINERS or (issubclass(kind, tuple) and kind.__iter__ is tuple.__iter__):
        parts = itertools.islice(tuple.__iter__(value) if issubclass(kind, tuple) else list(value), MOST_INSIDE)
    else:
        return
    for part in parts:
        if is_table(part):
            yield part
        elif depth:
            yield from inside(part, depth - 1)


class HandedTables:
    """What :mod:`spark_lineage.capture.code.values` tells of tables."""

    def __init__(self, tables: Tables, frames: Frames) -> None:
        self.tables, self._frames = tables, frames
        self._modules = 0
        self._wanted = False

    def wanted(self) -> bool:
        """Whether the program's own source names Arrow or DuckDB; a notebook has no file to read."""
        if not self._wanted and len(sys.modules) != self._modules and self.tables.follows:
            self._modules = len(sys.modules)
            no_file = getattr(sys.modules.get("__main__"), "__file__", None) is None
            self._wanted = no_file or loaded_sources.say(_NAMED, self._frames.user_code)
        return self._wanted

    def is_table(self, value: Any) -> bool:
        return is_table(value) or (self._holds_some(value) and any(True for _ in inside(value)))

    def seen(self, value: Any, call: Call, at: int | None, use: ValueUse) -> bool:
        if is_table(value):
            return self._seen(value, call, at, use)
        if self._holds_some(value):
            for table in inside(value):
                self._seen(table, call, at, use)
        return False  # what stands beside the tables is a value

    def _holds_some(self, value: Any) -> bool:
        return (type(value) in _CONTAINERS or issubclass(type(value), tuple)) and self.wanted()

    def _seen(self, value: Any, call: Call, at: int | None, use: ValueUse) -> bool:
        if not self.tables.follows or (call.composite and at is None):
            return True  # its statements take it
        position = _at(call, at)
        busy, self.tables.thread.busy = self.tables.thread.busy, True
        try:
            if use is ValueUse.GIVES:
                self.given(value, position)
            else:
                if self._known(value) is None and call.outer is not None:
                    self.given(value, _maker(call.outer))
                self.taken(value, position)
        finally:
            self.tables.thread.busy = busy
        return True

    def given(self, obj: Any, position: Position, name: str | None = None) -> None:
        """The unit at ``position`` has made ``obj``, unless another one has; ``name``: by that function, or within it.

        One that is only a part of a calculation is gone before anybody takes it, and is no dataset.
        """
        held = self._known(obj)
        if held is None:
            held = self.tables.hold(obj, position, None, self.tables.units.work_of(position.unit))
            held.made = name
        if name is None and held.node is None:  # bound to a name: who reads that may take it without a word
            node = self.tables.settle(held, obj)
            if node is not None:
                self.tables.units.plain.ran(position, (node,), False)

    def taken(self, obj: Any, position: Position, name: str | None = None) -> None:
        """The unit at ``position`` uses ``obj``, by the function ``name`` where that is known."""
        held = self._known(obj)
        if held is None:  # made there
            self.given(obj, position, name or called(None, obj))
        elif held.last.unit != position.unit:
            self.tables.settle(held, obj)
            if held.node is not None:
                self.tables.units.use(held.node, position, name or called(None, obj))

    def written(self, obj: Any, storage: Storage, position: Position, name: str) -> None:
        """The unit at ``position`` writes ``obj`` by the function ``name``."""
        self.taken(obj, position, name)
        held = self.tables.held[id(obj)]
        self.tables.settle(held, obj)
        self.tables.storages.told_written(storage, held.node, position, name)

    def _known(self, obj: Any) -> HeldObject | None:
        held = self.tables.held.get(id(obj))
        return held if held is not None and held() is obj else None


def _at(call: Call, at: int | None) -> Position:
    reading = call.code.reading
    line = reading.statements[at].line if reading is not None and at is not None else call.code.code.co_firstlineno
    return Position(call, at, line, call.outer)


def _maker(outer: Position) -> Position:
    """Where a table was made that a statement hands to a function as it is, ``clean(load())``: by the step that the
    statement has called, if that is one, else by the statement.
    """
    pending = outer.call.pending
    if pending is not None and pending[0] == outer.statement and pending[2] and not pending[1].composite:
        return _at(pending[1], None)
    return outer
