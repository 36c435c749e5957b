"""Activations of user code: what is known of a code object, of one call of it, and of where that call stands."""

from __future__ import annotations

import threading
import time
from types import CodeType

from spark_lineage.model import CallSeen, FunctionReading, Path, Place, Unit

GENERATOR = 0x20 | 0x200  # plain or asynchronous; one that is not used up ends with whatever holds it
_SUSPENDABLE = GENERATOR | 0x80  # or a coroutine


class Code:
    """What is known of one code object."""

    __slots__ = (
        "calls",
        "code",
        "composite",
        "dropping",
        "file",
        "folded",
        "function",
        "module",
        "overflow",
        "owned",
        "places",
        "reading",
        "spark", "stands",
        "suspendable",
    )  # fmt: skip

    def __init__(self, code: CodeType, owned: bool, spark: bool) -> None:
        self.code = code  # held, so that its id is not given to another
        self.owned = owned
        self.spark = spark
        self.folded = False
        self.stands = False  # owned and not folded: its frames are calls
        self.suspendable = bool(code.co_flags & _SUSPENDABLE)
        self.function = code.co_name
        self.file = code.co_filename
        self.module = ""
        self.reading: FunctionReading | None = None
        self.composite = False
        self.places: dict[int, tuple[int | None, int]] = {}  # f_lasti -> (statement, line)
        self.calls = 0
        self.overflow: Call | None = None
        self.dropping: frozenset[int] | None = None  # where its handlers drop what they caught, once looked at


class Call:
    """One activation of user code (beyond the limit of its function: all further ones together)."""

    __slots__ = ("at", "code", "composite", "emitted", "error", "gone", "id", "outer", "task", "thread")

    def __init__(self, id: str, code: Code, outer: Position | None) -> None:
        self.id = id
        self.code = code
        self.outer = outer  # where it was called
        self.thread = threading.current_thread().name
        self.at = time.time()
        self.composite = code.composite
        self.emitted = False
        self.error: str | None = None
        self.gone: float | None = None  # when it ended, if nobody had been told of it by then
        self.task: int | None = None

    def seen(self) -> CallSeen:
        code, outer = self.code, self.outer
        return CallSeen(
            call=self.id,
            parent=outer.call.id if outer is not None else None,
            function=code.function,
            module=code.module,
            file=code.file,
            line=code.code.co_firstlineno,
            site=outer.place if outer is not None else None,
            thread=self.thread,
            at=self.at,
            composite=self.composite,
            task=self.task,
        )


class Position:
    """Where one activation stands now. ``outer`` is where it was called."""

    __slots__ = ("_path", "call", "line", "outer", "statement", "unit")

    def __init__(self, call: Call, statement: int | None, line: int, outer: Position | None) -> None:
        self.call = call
        self.statement = statement
        self.line = line
        self.outer = outer
        self.unit: Unit = (call.id, statement if call.composite else None)  # as ``model.unit`` has it
        self._path: Path | None = None

    @property
    def place(self) -> Place:
        return Place(self.call.id, self.statement, self.line)

    @property
    def path(self) -> Path:
        """Made when it is asked for, and no deeper than one call whatever the depth of the stack."""
        unmade: list[Position] = []
        each: Position | None = self
        while each is not None and each._path is None:
            unmade.append(each)
            each = each.outer
        path = each._path if each is not None and each._path is not None else ()
        for position in reversed(unmade):
            path = position._path = (*path, position.place)
        return path
