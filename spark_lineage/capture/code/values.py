"""The small plain values that a step is given, reads and gives: arguments, constants of modules, results.

Nothing is kept of a value but its digest and its text (``plain_values.py``). Arguments are read when a call is first
seen, so as they stand by then. What a call gives is read where it arrives: the caller's statement has bound it to a
name, and is looked at when the caller goes on to its next statement, or, in a module, at the end.
"""

from __future__ import annotations

import dis
import inspect
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any, NamedTuple, Protocol

from spark_lineage import compat
from spark_lineage.capture.code.calls import Call, KnownCode
from spark_lineage.capture.code.plain_values import described
from spark_lineage.capture.code.source_files import SourceFiles
from spark_lineage.capture.deferred import Emit
from spark_lineage.model import PythonGap, ValueSeen, ValueUse

MOST_CALLS = 100  # of one function whose values are looked at
MOST_OF_ONE = 50  # names of one step
MOST_ROUNDS = 20  # of one statement of one call whose results are looked at
MOST_VALUES = 20_000  # of one run
DEEPEST = 3  # functions that call functions, whose constants are looked for
_OURS = 3  # references to the dict of a frame's variables: the frame's, ours, and that of the function that counts
# What may hand the variables of a frame to the program: before 3.13 they would be those that we have read.
_HANDS_OUT = frozenset({"locals", "vars", "dir", "eval", "exec"})

Owned = Callable[[str], bool]


class SeesTables(Protocol):
    """Hears of values that are tables."""

    def wanted(self) -> bool:
        """Whether the program may have some."""

    def is_table(self, value: Any) -> bool:
        """Whether it is one."""

    def seen(self, value: Any, call: Call, at: int | None, use: ValueUse) -> bool:
        """A step takes or gives ``value``; whether that is a table."""


class Global(NamedTuple):
    """A name of a module that a function reads; ``shown`` as the function writes it.

    ``module`` is empty for the function's own. The module's names are not held: it may be one that ``runpy`` has made.
    """

    module: str
    name: str
    shown: str
    file: str


class StepValues:
    """Reads the values of steps, and emits them once their call is emitted."""

    def __init__(self, sources: SourceFiles, emit: Emit, owned: Owned) -> None:
        self._sources, self._emit, self._owned = sources, emit, owned
        self._left = MOST_VALUES
        self.tables: SeesTables | None = None
        self._rounds: dict[tuple[str, int | None], int] = {}

    # -- what a step takes

    def taken(self, frame: FrameType, code: KnownCode, call: Call) -> None:
        """A call of a function was seen for the first time, in ``frame``."""
        if code.calls > MOST_CALLS:
            return
        local = variables(frame)
        if local is not None:
            for name in _parameters(code.code):
                if name in local:
                    self._tell(call, None, ValueUse.TAKES, name, local[name])
            reading = code.reading
            reads = (
                dict.fromkeys(name for statement in reading.statements for name in statement.reads) if reading else {}
            )
            self._state(call, None, reads, local)
            let_go(frame, local)
        for each in self._globals_of(code, frame.f_globals):
            names = _names_of(each, frame.f_globals)
            if each.name in names:
                line = self._bound_once(each)
                if line != 0:
                    self._tell(call, None, ValueUse.TAKES, each.shown, names[each.name], each.file, line)

    def read(self, frame: FrameType, code: KnownCode, call: Call, at: int) -> None:
        """A statement of a divided body was seen for the first time."""
        reading = code.reading
        local = variables(frame) if reading is not None and at < len(reading.statements) else None
        if reading is None or local is None:
            return
        self.swept(local, call, at)
        statement = reading.statements[at]
        called = local.get(statement.called) if statement.called else None
        hands_on = isinstance(called, FunctionType) and self._owned(called.__code__.co_filename)
        for name in statement.reads[:MOST_OF_ONE]:
            if name in local and not (hands_on and self._is_table(local[name])):  # the function takes it
                bound = self._sources.bound_before(reading, name, at)
                line = next((each.line for each in bound if name in each.binds), None)
                self._tell(call, at, ValueUse.TAKES, name, local[name], code.file, line)
        self._state(call, at, dict.fromkeys(statement.reads), local)
        let_go(frame, local)

    def swept(self, local: Mapping[str, Any], call: Call, at: int) -> None:
        """Tables that statements before ``at`` have bound by code that nobody was told of."""
        reading = call.code.reading
        if self.tables is None or reading is None or not self.tables.wanted():
            return
        for statement in reading.statements[:at]:
            for name in statement.binds:
                value = local.get(name.lstrip("+"))
                if value is not None:
                    self.tables.seen(value, call, statement.index, ValueUse.GIVES)

    def _state(self, call: Call, at: int | None, reads: Mapping[str, None], local: Mapping[str, Any]) -> None:
        """What the instance holds that the body reads as ``self.x``."""
        wanted = [name for name in reads if name.startswith("self.")]
        state = (_attributes(local["self"]) if wanted and "self" in local else None) or {}
        for name in wanted:
            if name[5:] in state:
                self._tell(call, at, ValueUse.TAKES, name, state[name[5:]])

    # -- what it gives

    def given(self, local: Mapping[str, Any], call: Call, at: int | None, last: Call, alone: bool) -> None:
        """The statement ``at`` of ``call`` is over, in which ``last`` was called, after others if it was not ``alone``.

        What the statement binds was given by that call, or by the statement, where it makes it of several results.
        """
        reading = call.code.reading
        if reading is None or at is None or at >= len(reading.statements):
            return
        whole = alone or reading.statements[at].called == last.code.function.rpartition(".")[2]
        inner = last if whole else None
        if inner is not None and inner.error:
            return
        rounds = self._rounds[(call.id, at)] = self._rounds.get((call.id, at), 0) + 1
        if rounds > MOST_ROUNDS:
            return
        line = reading.statements[at].line
        of, statement = (inner, None) if inner is not None else (call, at)
        for name in reading.statements[at].binds[:MOST_OF_ONE]:
            found = _looked_up(name.lstrip("+"), local)
            if found is not _NOTHING:
                self._tell(of, statement, ValueUse.GIVES, name.lstrip("+"), found, call.code.file, line)
                self._left_in(found, of)

    def _left_in(self, instance: Any, inner: Call) -> None:
        """What the method ``inner`` has bound to ``self.x``, where ``instance`` is of the class that has it."""
        reading = inner.code.reading
        names = {name for each in reading.statements for name in each.binds if "self." in name} if reading else set()
        kind = inner.code.function.rpartition(".")[0].rpartition(".")[2]
        if not names or type.__getattribute__(type(instance), "__name__") != kind:
            return
        state = _attributes(instance) or {}
        for name in sorted(each.lstrip("+") for each in names):
            if name[5:] in state:
                self._tell(inner, None, ValueUse.GIVES, name, state[name[5:]])

    def _is_table(self, value: Any) -> bool:
        return self.tables is not None and self.tables.is_table(value)

    # -- telling

    def _tell(
        self, call: Call, at: int | None, use: ValueUse, name: str, value: Any, file: str | None = None,
        line: int | None = None,
    ) -> None:  # fmt: skip
        if self.tables is not None and self.tables.seen(value, call, at, use):
            return
        found = described(value)
        if found is None or self._left <= 0:
            return
        self._left -= 1
        seen = ValueSeen(call.id, at, use, name, found.kind, found.digest, found.text, file, line)
        if call.emitted:
            self._emit(seen)
        else:
            call.values.append(seen)
        if not self._left:
            self._emit(
                PythonGap("values", f"more than {MOST_VALUES:,} values were given to steps: later ones are not kept")
            )

    # -- constants of modules

    def _globals_of(self, code: KnownCode, names: dict[str, Any]) -> tuple[Global, ...]:
        if code.constants is None:
            found = dict.fromkeys(_read_by(code.code, names, names, self._owned, DEEPEST, set()))
            code.constants = tuple(found)[:MOST_OF_ONE]
        return code.constants

    def _bound_once(self, each: Global) -> int | None:
        """The line that binds a constant; 0 for a name that is no constant; None where that is not known."""
        reading = self._sources.read_before(each.file)
        if reading is None:
            return None
        binding = self._sources.binding(reading.functions[0], each.name)
        if not binding:
            return None  # imported, or bound by a loop's header
        return binding[0].line if len(binding) == 1 and each.name in binding[0].binds else 0


_NOTHING: Any = object()


def variables(frame: FrameType) -> Mapping[str, Any] | None:
    """The variables of a frame; None where reading them could be seen.

    Those of a module, of the body of a class and of what ``exec`` runs are the namespace itself. Of a function, the
    interpreter before 3.13 makes one dict of them, hands the same one to ``locals()`` and to debuggers, and keeps it:
    what is in it must go again (:func:`let_go`).
    """
    if not _is_of_function(frame):
        return frame.f_locals if type(frame.f_locals) is dict else None
    if compat.FRAME_LOCALS_ARE_A_VIEW:
        return frame.f_locals
    if sys.gettrace() is not None or sys.getprofile() is not None or _HANDS_OUT.intersection(frame.f_code.co_names):
        return None
    found = frame.f_locals
    # Whoever else has it (a library that looks names up in its caller) must not find it empty.
    return found if sys.getrefcount(found) <= _OURS else None


def let_go(frame: FrameType, read: Mapping[str, Any]) -> None:
    if _is_of_function(frame) and not compat.FRAME_LOCALS_ARE_A_VIEW and type(read) is dict:
        read.clear()


def _is_of_function(frame: FrameType) -> bool:
    """Whether the interpreter keeps its variables apart from any namespace of the program's."""
    return bool(frame.f_code.co_flags & inspect.CO_OPTIMIZED)


def _parameters(code: CodeType) -> tuple[str, ...]:
    more = bool(code.co_flags & 0x4) + bool(code.co_flags & 0x8)  # *args, **kwargs
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + more]
    return names[:MOST_OF_ONE]


def _looked_up(name: str, local: Mapping[str, Any]) -> Any:
    if name.startswith("self."):
        state = _attributes(local["self"]) if "self" in local else None
        return state.get(name[5:], _NOTHING) if state is not None else _NOTHING
    return local.get(name, _NOTHING)


def _attributes(instance: Any) -> dict[str, Any] | None:
    """The ``__dict__`` of an object, by no code of its class; None where it has none that Python itself keeps."""
    for kind in type.__dict__["__mro__"].__get__(type(instance)):
        found = type.__dict__["__dict__"].__get__(kind).get("__dict__")
        if found is not None:
            state = found.__get__(instance) if type(found) is types.GetSetDescriptorType else None
            return state if type(state) is dict else None
    return None


def _names_of(each: Global, own: dict[str, Any]) -> dict[str, Any]:
    return vars(sys.modules[each.module]) if each.module in sys.modules else own if not each.module else {}


def _read_by(
    code: CodeType, names: dict[str, Any], own: dict[str, Any], owned: Owned, depth: int, seen: set[CodeType]
) -> Iterator[Global]:  # fmt: skip
    """The names of modules that code reads, also by functions of the program that it calls. ``names``: of its module,
    ``own``: of the module of the function that is asked about.
    """
    if code in seen or len(seen) > MOST_OF_ONE:
        return
    seen.add(code)
    for name, attribute in _loads(code):
        value, space, file, shown = names.get(name), names, code.co_filename, name
        if type(value) is ModuleType and attribute is not None:
            file = vars(value).get("__file__") or ""
            if type(file) is not str or not owned(file):
                continue
            space, name, shown = vars(value), attribute, f"{name}.{attribute}"
            value = space.get(name)
        if type(value) is FunctionType:
            if depth and owned(value.__code__.co_filename):
                yield from _read_by(value.__code__, value.__globals__, own, owned, depth - 1, seen)
        elif name in space and not isinstance(value, (type, ModuleType)):
            module = space.get("__name__") if space is not own else ""
            if type(module) is str:
                yield Global(module, name, shown, file)


def _loads(code: CodeType) -> Iterator[tuple[str, str | None]]:
    """Names of the module that code loads, each with the attribute that is taken of it, if one is."""
    before: str | None = None
    for each in dis.get_instructions(code):
        if before is not None:
            yield before, each.argval if each.opname in ("LOAD_ATTR", "LOAD_METHOD") else None
        before = each.argval if each.opname in ("LOAD_GLOBAL", "LOAD_NAME") else None
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _loads(inner)
