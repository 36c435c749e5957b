"""What is known of a code object, of one call of it, and of where that call stands."""

from __future__ import annotations

import threading
import time
from types import CodeType
from typing import Any

from spark_lineage.model import CallSeen, FunctionReading, Path, Place, Unit, ValueSeen

# Flags of code objects. A generator that is not used up ends when whatever holds it lets go.
GENERATOR = 0x20 | 0x200  # plain or asynchronous
_SUSPENDABLE = GENERATOR | 0x80  # or a coroutine


class KnownCode:
    """What is known of one code object, the user's or not.

    ``owned``: it is the user's. ``stands``: its frames are calls of their own; lambdas, comprehensions and class
    bodies are *folded* into the call around them. ``overflow`` is the call that stands for all calls beyond the limit.
    """

    __slots__ = (
        "body",
        "calls",
        "code",
        "composite",
        "constants",
        "dropping",
        "file",
        "folded",
        "function",
        "module",
        "names",
        "overflow",
        "owned",
        "places",
        "reading",
        "spark",
        "stands",
        "suspendable",
    )  # fmt: skip

    def __init__(self, code: CodeType, owned: bool, spark: bool) -> None:
        self.code = code  # held, so that its id is not given to another
        self.owned = owned
        self.spark = spark
        self.folded = False
        self.stands = False
        self.body = False  # of a module, or a statement of a cell
        self.suspendable = bool(code.co_flags & _SUSPENDABLE)
        self.function = code.co_name
        self.file = code.co_filename
        self.module = ""
        self.reading: FunctionReading | None = None
        self.composite = False
        self.places: dict[int, tuple[int | None, int]] = {}  # f_lasti -> (statement, line)
        self.names: dict[int, Any] = {}  # f_lasti -> the names that the call there is written with
        self.calls = 0
        self.overflow: Call | None = None
        self.constants: tuple[Any, ...] | None = None  # names of modules that it reads, once they were looked for
        self.dropping: frozenset[int] | None = None  # f_lasti where its handlers drop what they caught, once looked at


class Call:
    """One activation of user code. Beyond the limit of a function one call stands for all further activations."""

    __slots__ = (
        "at", "code", "composite", "emitted", "error", "gone", "id", "looked", "names", "outer", "pending",
        "task", "thread", "values",
    )  # fmt: skip

    def __init__(self, id: str, code: KnownCode, outer: Position | None) -> None:
        self.id = id
        self.code = code
        self.outer = outer  # where it was called
        self.thread = threading.current_thread().name
        self.at = time.time()
        self.composite = code.composite
        self.emitted = False
        self.error: str | None = None
        self.gone: float | None = None  # when it ended (seconds since the epoch), if that was before it was emitted
        self.task: int | None = None  # as ``CallSeen.task``
        self.values: list[ValueSeen] = []  # that were seen before it was emitted
        self.names: int | None = None  # of a module's body: the id of the dict of its names
        self.looked: set[int] = set()  # its statements whose values were looked at
        # The statement in which a step has just ended, whose results have still to be looked at, that step, and whether
        # it is the only one that the statement has called.
        self.pending: tuple[int | None, Call, bool] | None = None

    def returned(self, inner: Call, statement: int | None) -> None:
        """The call ``inner``, which ``statement`` has made, has ended."""
        if not inner.code.suspendable and inner.thread == self.thread:
            before = self.pending
            alone = before is None or before[0] != statement
            self.pending = (statement, inner, alone)

    def seen(self) -> CallSeen:
        code, outer = self.code, self.outer
        return CallSeen(
            call=self.id,
            parent=outer.call.id if outer is not None else None,
            function=code.function,
            module=code.module,
            file=code.file,
            line=1 if code.body else code.code.co_firstlineno,  # as the source has it, whoever compiled it
            site=outer.place if outer is not None else None,
            thread=self.thread,
            at=self.at,
            composite=self.composite,
            task=self.task,
        )


class Position:
    """Where one activation stands at one moment: its call, the index of the statement that runs there, and the line.

    ``outer`` is the position from which it was called; None for the body of the program.
    """

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
        """The places from the outermost call to this one. It is made when it is asked for, without recursion."""
        unmade: list[Position] = []
        inner: Position | None = self
        while inner is not None and inner._path is None:
            unmade.append(inner)
            inner = inner.outer
        path = inner._path if inner is not None and inner._path is not None else ()
        for position in reversed(unmade):
            path = position._path = (*path, position.place)
        return path
