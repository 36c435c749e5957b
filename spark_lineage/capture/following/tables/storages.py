"""Which files and tables of databases the units of a program read and write by pandas and its like, told once each."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from types import CodeType, FrameType
from typing import Any

from spark_lineage.capture.code import loaded_sources
from spark_lineage.capture.code.calls import Position
from spark_lineage.capture.code.frames import Frames
from spark_lineage.capture.deferred import Emit
from spark_lineage.capture.following.latest import Latest
from spark_lineage.capture.following.nodes import Node
from spark_lineage.capture.following.tables import files
from spark_lineage.capture.following.tables.telling import called, engine, fragment, library
from spark_lineage.model import Operation, OperationKind, PythonGap, Storage, Unit

# By these a program hears each statement that SQLite runs.
_LISTENS = re.compile(rb"set_trace_callback|set_authorizer|set_progress_handler")
MOST_FILES = 100  # that one unit reads, or writes, are told
MOST_UNITS = 2_000  # whose files are known: those that worked with files last


class StoragesUsed:
    """``remote``: whether files elsewhere were read."""

    def __init__(self, frames: Frames, emit: Emit, ids: tuple[Iterator[int], Iterator[int]]) -> None:
        self._frames, self._emit = frames, emit
        self._df_ids, self._op_ids = ids
        self._read: Latest[Unit, dict[Storage, None]] = Latest(MOST_UNITS)
        self._written: Latest[Unit, dict[Storage, None]] = Latest(MOST_UNITS)
        self._told: Latest[Unit, dict[str, None]] = Latest(MOST_UNITS)
        self.remote = False

    def reads(self, unit: Unit) -> bool:
        """Whether the unit has read something."""
        return bool(self._read.get(unit))

    def read(self, frame: FrameType, position: Position, made: CodeType | None) -> None:
        """A table was made at ``position``, perhaps by a function that reads storage."""
        found = files.read_in(frame, made, self._listens)
        if isinstance(found, str):
            self._tell_once(position, "source", f"{library(made)}.{found}")
            return
        for storage in found:
            if _is_news(self._read, position.unit, storage):
                self._tell_read(storage, position, called(made, None))

    def told_read(self, storage: Storage, position: Position, name: str) -> None:
        """The unit at ``position`` reads a storage by the function ``name``."""
        if _is_news(self._read, position.unit, storage):
            self._tell_read(storage, position, name)

    def told_written(self, storage: Storage, node: Node | None, position: Position, name: str) -> None:
        """The unit at ``position`` writes a storage by the function ``name``."""
        if _is_news(self._written, position.unit, storage):
            self.tell_written(storage, node, position, name)

    def unknown(self, position: Position, what: str, why: str) -> None:
        """A gap, told once of each unit."""
        self._tell_once(position, what, why)

    def _tell_read(self, storage: Storage, position: Position, name: str) -> None:
        self.remote = self.remote or storage.namespace != "file"
        node = Node(f"d{next(self._df_ids)}", position.unit)
        self._frames.announce(position.call)
        op, at = f"o{next(self._op_ids)}", time.time()
        self._emit(
            partial(
                Operation, op, name, OperationKind.READ, position.path, (), node.id, at, at, None, (),
                {**engine(name), "file": storage.name},
            )
        )  # fmt: skip
        self._emit(replace(fragment(node, (), name, None), sources=(storage,)))

    def written(self, obj: Any, position: Position, made: CodeType | None, frame: FrameType) -> tuple[Storage, ...]:
        """Where ``obj`` is being written at ``position``, as far as it was not told of this unit."""
        found = files.written_in(frame, made, obj, self._listens)
        if isinstance(found, str):
            self._tell_once(position, "sink", f"{library(made)}.{found}")
            return ()
        return tuple(storage for storage in found if _is_news(self._written, position.unit, storage))

    def tell_written(self, storage: Storage, node: Node | None, position: Position, name: str) -> None:
        op, at = f"o{next(self._op_ids)}", time.time()
        self._frames.announce(position.call)
        place = "\n".join((storage.namespace, storage.name, storage.part or "", storage.format or ""))
        self._emit(
            partial(
                Operation, op, name, OperationKind.WRITE, position.path, (node.id,) if node else (), None,
                at, at, None, (), {**engine(name), "place": place},
            )
        )  # fmt: skip

    def _listens(self) -> bool:
        return loaded_sources.say(_LISTENS, self._frames.user_code)

    def _tell_once(self, position: Position, what: str, why: str) -> None:
        known = self._told.get(position.unit) or self._told.keep(position.unit, {})
        if why not in known and len(known) < MOST_FILES:
            known[why] = None
            self._frames.announce(position.call)
            self._emit(partial(PythonGap, what, why, position.call.id))


def _is_news(told: Latest[Unit, dict[Storage, None]], unit: Unit, storage: Storage) -> bool:
    known = told.get(unit) or told.keep(unit, {})
    if storage in known or len(known) >= MOST_FILES:
        return False
    known[storage] = None
    return True
