"""From the frames on the stack to calls of the user's functions, and to the positions at which these stand.

Each activation of user code gets a :class:`Token` in ``frame.f_trace``, which lives exactly as long as the frame. (A
frame takes no weak reference, and its id is reused at once.) Python ignores that slot unless a tracer is on. Where a
debugger or coverage uses it, it stays theirs, and the token is kept in a table of the live stack instead.
"""

from __future__ import annotations

import itertools
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from functools import partial
from types import CodeType, FrameType, TracebackType
from typing import Any, NamedTuple

from spark_lineage.capture.code import caught_errors
from spark_lineage.capture.code.calls import GENERATOR, Call, KnownCode, Position
from spark_lineage.capture.code.ownership import UserCode
from spark_lineage.capture.code.source_files import SourceFiles
from spark_lineage.capture.code.values import StepValues, let_go, variables
from spark_lineage.capture.deferred import Emit
from spark_lineage.guard import Guard, interrupted_again
from spark_lineage.model import CallEnded, Path, typed_number

_FOLDED = frozenset({"<lambda>", "<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"})
_OPTIMIZED = 0x1
MOST_CODES = 1_000  # code objects, before those that are dead are looked for
REFERENCES_OF_DEAD_CODE = 2  # that of its ``Code``, and that of who asks


_now = time.time  # bound here, because other modules may be gone when the last tokens are freed


class Token:
    """Stands in ``frame.f_trace`` of one activation and tells when the frame is freed.

    ``positions`` has the positions found so far by ``f_lasti``. A tracer that is switched on later calls the token,
    which does nothing.
    """

    __slots__ = ("__weakref__", "call", "ends", "frames", "outer", "positions")

    def __init__(self, frames: Frames, call: Call, outer: Position | None, ends: bool) -> None:
        self.frames = frames
        self.call = call
        self.outer = outer
        self.positions: dict[int, Position] = {}
        self.ends = ends

    def __call__(self, frame: FrameType, event: str, arg: object) -> None:
        return None

    def __del__(self) -> None:
        try:
            if self.ends and self.outer is not None:
                self.outer.call.returned(self.call, self.outer.statement)
            if self.call.names is not None:
                self.frames.guard("values", self.frames.last_results, self.call)
            if self.ends and not self.call.emitted:
                self.call.gone = _now()
            elif self.ends:
                self.frames.guard("calls", self.frames.ended, self.call, sys._getframe().f_back)
        except Exception:  # the interpreter is going down: nobody is left to be told
            return
        except BaseException as interruption:
            interrupted_again(interruption)


class _HeldTokens(threading.local):
    """The tokens of this thread's activations whose ``f_trace`` belongs to somebody else, by the id of the frame."""

    def __init__(self) -> None:
        self.held: dict[int, tuple[CodeType, Token]] = {}


class GivenWork(NamedTuple):
    """Work that the program gave to a thread: where it did so, and its number in the order of giving, from 1.

    ``position`` is None where that was in a batch of a stream that is passed over.
    """

    position: Position | None
    number: int


class CellRun:
    """One execution of a cell of a notebook: IPython runs each of its statements in a frame of its own."""

    __slots__ = ("call", "id")

    def __init__(self, id: str) -> None:
        self.id = id
        self.call: Call | None = None  # once a statement of it was seen on a stack

    @property
    def seen(self) -> bool:
        """Whether it has touched DataFrames."""
        return self.call is not None and self.call.emitted


class _Cells(threading.local):
    """The cells that run in this thread, the innermost last."""

    def __init__(self) -> None:
        self.running: list[CellRun] = []


class _CurrentTask(threading.local):
    """The task of a pool that this thread runs now."""

    given: GivenWork | None = None


class _CurrentBatch(threading.local):
    """Whether this thread works on a batch of a stream whose calls are not recorded any more; None: look it up."""

    passed_over: bool | None = None


class Frames:
    """Finds the position of user code on a stack.

    ``emit`` takes what is observed; ``limit`` is how many calls of one function are told
    apart; ``overflowed(function)`` is called once for each function beyond it.
    """

    def __init__(
        self,
        user_code: UserCode,
        sources: SourceFiles,
        emit: Emit,
        limit: int,
        overflowed: Callable[[str], None],
        guard: Guard | None = None,
    ) -> None:
        self.guard = guard or Guard()
        self.user_code = user_code
        self.sources = sources
        self.sites: weakref.WeakKeyDictionary[threading.Thread, GivenWork] = weakref.WeakKeyDictionary()
        self.task = _CurrentTask()
        self.tasks = itertools.count(1)  # numbers of threads and of tasks of pools
        self.batch = _CurrentBatch()
        self._emit = emit
        self._limit = limit
        self._overflowed = overflowed
        self._codes: dict[int, KnownCode] = {}
        self._most_codes = MOST_CODES
        self._ids = itertools.count(1)
        self._root: Position | None = None
        self._held_tokens = _HeldTokens()
        self._cells = _Cells()
        self.namespace: dict[str, Any] | None = None  # of the notebook, or of what is typed
        self._announcing = threading.Lock()
        self.values = StepValues(sources, emit, lambda file: user_code.ownership(file).owned)

    # -- code

    def code(self, frame: FrameType) -> KnownCode:
        code = frame.f_code
        known = self._codes.get(id(code))
        return known if known is not None else self._classify(code, frame)

    def import_is_the_programs(self) -> bool:
        """Whether the program's own code, and no library, has the import made in which this is called.

        False outside of an import: observing may begin when a module is there already.
        """
        frame: FrameType | None = sys._getframe(1)
        importing = False
        while frame is not None and (_is_ours(frame) or _is_of_importing(frame)):
            importing = importing or _is_of_importing(frame)
            frame = frame.f_back
        return importing and frame is not None and self.code(frame).owned

    def _classify(self, code: CodeType, frame: FrameType) -> KnownCode:
        verdict = self.user_code.ownership(code.co_filename)
        typed = frame.f_globals is self.namespace  # however the notebook names its cells
        known = KnownCode(code, verdict.owned or typed, verdict.spark)
        if known.owned:
            module_body = code.co_name == "<module>" or code.co_name.startswith("<cell line")
            if module_body and typed and self._cells.running and self._cells.running[-1].call is None:
                self.sources.cell_runs(code.co_filename)
            known.file = self.sources.file_of(code)
            known.module = str(frame.f_globals.get("__name__", ""))
            class_body = not code.co_flags & _OPTIMIZED and not module_body
            known.folded = code.co_name in _FOLDED or class_body
            known.body = module_body
            known.function = "<module>" if module_body else code.co_name
            if not known.folded:
                reading = self.sources.function(code, frame.f_globals, module_body)
                known.reading = reading
                if not module_body:
                    known.function = reading.qualname if reading else getattr(code, "co_qualname", code.co_name)
                known.composite = reading.composite if reading else module_body
                known.folded = reading is not None and reading.wrapper
        known.stands = known.owned and not known.folded
        self._codes[id(code)] = known
        if len(self._codes) > self._most_codes:
            self._forget_dead_code()
        return known

    def _forget_dead_code(self) -> None:
        """Code that only this table still holds: cells of a notebook that have run, what ``exec`` has compiled."""
        for key, known in list(self._codes.items()):
            if known.overflow is None and sys.getrefcount(known.code) <= REFERENCES_OF_DEAD_CODE:
                del self._codes[key]
        self._most_codes = max(MOST_CODES, 2 * len(self._codes))
        self.sources.keep({known.file for known in list(self._codes.values())})

    # -- position

    def position(self, frame: FrameType | None) -> Position | None:
        """The position of the innermost user activation at ``frame`` or outside it.

        If the stack has none, it is the position that gave this thread its work; None if nobody knows it.
        """
        passed_over = self.batch.passed_over
        if passed_over is None:
            given = self._given()
            passed_over = self.batch.passed_over = given is not None and given.position is None
        if passed_over:
            return None
        codes = self._codes
        while frame is not None:
            code = codes.get(id(frame.f_code)) or self._classify(frame.f_code, frame)
            if code.stands:
                token = frame.f_trace
                if type(token) is Token and token.frames is self and not code.suspendable:
                    known = token.positions.get(frame.f_lasti)
                    if known is not None and token.call.pending is None:
                        return known  # most operations
                return self._at(frame, code)
            frame = frame.f_back
        return self._outside()

    def _at(self, frame: FrameType, code: KnownCode) -> Position:
        position = self._located(frame, code)
        call = position.call
        if call.pending is not None and call.pending[0] != position.statement:
            self.guard("values", self._results, call, frame)
        if call.composite and position.statement is not None and position.statement not in call.looked:
            call.looked.add(position.statement)
            self.guard("values", self.values.read, frame, code, call, position.statement)
        return position

    def _results(self, call: Call, frame: FrameType) -> None:
        """What a step has given to ``call``, which has gone on to another statement since."""
        pending, call.pending = call.pending, None
        local = variables(frame) if pending is not None else None
        if pending is not None and local is not None:
            self.values.given(local, call, *pending)
            let_go(frame, local)

    def last_results(self, call: Call) -> None:
        """What a step has given to a module whose body has ended with that."""
        pending, call.pending = call.pending, None
        there: dict[str, Any] = getattr(sys.modules.get(call.code.module), "__dict__", {})
        if id(there) != call.names:
            return
        if pending is not None:
            self.values.given(there, call, *pending)
        if call.code.reading is not None:
            self.values.swept(there, call, len(call.code.reading.statements))

    def look_for_tables(self) -> None:
        """Tables that the body of the program has bound since its last statement that was seen."""
        call = self._root.call if self._root is not None else None
        there: dict[str, Any] = getattr(sys.modules.get(call.code.module), "__dict__", {}) if call is not None else {}
        if call is not None and call.code.reading is not None and id(there) == call.names:
            self.values.swept(there, call, len(call.code.reading.statements))

    def _located(self, frame: FrameType, code: KnownCode) -> Position:
        token = frame.f_trace
        if type(token) is not Token or token.frames is not self:
            token = self._token(frame, code)
        outer = token.outer
        if code.suspendable:  # who resumes it may be another each time
            outer = self.position(frame.f_back)
            if outer is not token.outer and _path(outer) == _path(token.outer):
                outer = token.outer
        if outer is token.outer:
            known = token.positions.get(frame.f_lasti)
            if known is not None:
                return known
        place = code.places.get(frame.f_lasti) or self._place(frame, code)
        position = Position(token.call, place[0], place[1], outer)
        if outer is token.outer:
            token.positions[frame.f_lasti] = position
        return position

    def _place(self, frame: FrameType, code: KnownCode) -> tuple[int | None, int]:
        place = self.sources.place(code.reading, frame)
        if code.reading is None and code.body and typed_number(code.file) is not None:
            place = (0, place[1])  # at a prompt each statement is a body of its own
        code.places[frame.f_lasti] = place
        return place

    def _outside(self) -> Position | None:
        """Where the work of this thread was given to it; for a thread that others made, the body of the program."""
        given = self._given()
        if given is not None:
            return given.position
        return None if threading.current_thread() is threading.main_thread() else self._root

    def given(self, frame: FrameType | None) -> GivenWork | None:
        """What is to be remembered of work that ``frame`` gives to another thread; None if nothing is known of it."""
        position = self.position(frame)
        known = position is not None or self.batch.passed_over
        return GivenWork(position, next(self.tasks)) if known else None

    def _given(self) -> GivenWork | None:
        return self.task.given or self.sites.get(threading.current_thread())

    def _token(self, frame: FrameType, code: KnownCode) -> Token:
        for outer in reversed(self._unseen_around(frame)):  # outermost first: a deep stack must not deepen ours
            self.position(outer)
        if frame.f_trace is not None and type(frame.f_trace) is not Token:
            return self._held(frame, code)
        token = self._begin(frame, code)
        frame.f_trace = token
        return token

    def _unseen_around(self, frame: FrameType) -> list[FrameType]:
        unseen: list[FrameType] = []
        outer = frame.f_back
        while outer is not None and type(outer.f_trace) is not Token:
            if self.code(outer).stands:
                unseen.append(outer)
            outer = outer.f_back
        return unseen

    # -- cells of a notebook

    def cell_begins(self) -> str:
        """A cell is about to run in this thread; gives the id of the call that its statements will stand in."""
        cell = CellRun(f"c{next(self._ids)}")
        self._cells.running.append(cell)
        return cell.id

    def cell_ended(self) -> CellRun | None:
        """The cell that ran in this thread has ended; None if its begin was not seen."""
        return self._cells.running.pop() if self._cells.running else None

    def _statement_of_cell(self, frame: FrameType, code: KnownCode, outer: Position | None) -> Token | None:
        """The token of a statement of the cell that runs here; None for any other frame.

        What ``%run -i`` runs has the names of the notebook, and is called by the cell.
        """
        cell = self._cells.running[-1] if self._cells.running and code.body else None
        if cell is None or frame.f_globals is not self.namespace:
            return None
        around = outer
        while around is not None and around.call is not cell.call:
            around = around.outer
        if around is not None:
            return None
        if cell.call is None:
            cell.call = Call(cell.id, code, None)
            cell.call.names = id(frame.f_globals)
            self._root = Position(cell.call, None, frame.f_lineno, None)
        return Token(self, cell.call, None, False)

    def _begin(self, frame: FrameType, code: KnownCode) -> Token:
        outer = self.position(frame.f_back)
        if (token := self._statement_of_cell(frame, code, outer)) is not None:
            return token
        if outer is None and code.code.co_name == "<module>":
            self._root = None
        code.calls += 1
        call = code.overflow
        if call is None:
            call = Call(f"c{next(self._ids)}", code, outer)
            if outer is not None and outer.call.thread != call.thread:
                given = self._given()
                call.task = given.number if given is not None and given.position is outer else None
            if code.calls > self._limit:
                code.overflow = call
                self._overflowed(code.function)
        if code.code.co_name == "<module>":
            call.names = id(frame.f_globals)
        elif code.overflow is None:
            self.guard("values", self.values.taken, frame, code, call)
        if outer is None and self._root is None:
            self._root = Position(call, None, frame.f_lineno, None)
        return Token(self, call, outer, code.overflow is None)

    def _held(self, frame: FrameType, code: KnownCode) -> Token:
        held = self._held_tokens.held
        live = set()
        running: FrameType | None = sys._getframe()
        while running is not None:
            live.add(id(running))
            running = running.f_back
        for gone in held.keys() - live:
            del held[gone]
        known = held.get(id(frame))
        if known is not None and known[0] is frame.f_code and self._same_caller(frame, known[1]):
            return known[1]
        token = self._begin(frame, code)
        held[id(frame)] = (frame.f_code, token)
        return token

    def _same_caller(self, frame: FrameType, token: Token) -> bool:
        return _path(self.position(frame.f_back)) == _path(token.outer)

    # -- observations

    def announce(self, call: Call) -> None:
        """Emits the CallSeen of a call and of those around it, once."""
        with self._announcing:  # the threads of one function announce it once, and before what they do
            unannounced: list[Call] = []
            outer: Call | None = call
            while outer is not None and not outer.emitted:
                unannounced.append(outer)
                outer = outer.outer.call if outer.outer is not None else None
            for started in reversed(unannounced):
                started.emitted = True
                self._emit(partial(started.seen))
                for value in started.values:
                    self._emit(value)
                started.values.clear()
                if started.gone is not None:  # what it made was used after it had ended
                    self._emit(partial(CallEnded, started.id, started.gone, started.error))

    def overflows(self) -> Iterator[tuple[str, int, str]]:
        """Functions called more often than the limit: name, calls beyond it, id of the call that stands for these."""
        for known in list(self._codes.values()):
            if known.overflow is not None:
                yield known.function, known.calls - self._limit, known.overflow.id

    def ended(self, call: Call, running: FrameType | None) -> None:
        """The frame of a call was freed while the frame ``running`` ran."""
        generator = call.code.code.co_flags & GENERATOR
        if call.error is None and running is not None and not generator and self._drops_an_error(running):
            call.error = f"an exception that {self.code(running).function} caught (line {running.f_lineno})"
        self._emit(partial(CallEnded, call.id, time.time(), call.error))

    # -- errors

    def _drops_an_error(self, frame: FrameType) -> bool:
        code = self.code(frame)
        if code.dropping is None:
            code.dropping = caught_errors.dropping(frame.f_code)
        return frame.f_lasti in code.dropping

    def left_by_caught(self, error: BaseException, text: Callable[[BaseException], str]) -> None:
        """``error`` is being handled now, so the calls that it has left have failed; ``text`` describes an error."""
        for frame, cause in caught_errors.frames_left(error):
            token = frame.f_trace
            if type(token) is Token and token.frames is self and token.call.error is None:
                token.call.error = text(cause)

    def left_by(self, frame: FrameType | None) -> tuple[Call, ...]:
        """The calls that an error raised at ``frame`` is known to leave, innermost first.

        Ends at the first body that may catch it there, and at code of others that may.
        """
        left: list[Call] = []
        while frame is not None:
            code = self.code(frame)
            if code.owned:
                if self.sources.may_catch(frame):
                    break
                token = frame.f_trace
                if not code.folded and type(token) is Token:
                    left.append(token.call)
            elif not code.spark and not frame.f_globals.get("__name__", "").startswith(_TRANSPARENT):
                break
            frame = frame.f_back
        return tuple(left)


def _path(position: Position | None) -> Path:
    return position.path if position is not None else ()


# Modules that hand errors on as they are.
_TRANSPARENT = ("spark_lineage", "functools", "runpy", "importlib", "_frozen_importlib")


def calls_around(frame: FrameType | None) -> tuple[str, ...]:
    """Ids of the calls on the stack of ``frame``, outermost first."""
    found: list[str] = []
    while frame is not None:
        token = frame.f_trace
        if type(token) is Token and token.call.emitted:
            found.append(token.call.id)
        frame = frame.f_back
    return tuple(reversed(found))


def calls_on(traceback: TracebackType | None) -> tuple[str, ...]:
    """Ids of the calls on a traceback, outermost first."""
    found: list[str] = []
    while traceback is not None:
        token = traceback.tb_frame.f_trace
        if type(token) is Token and token.call.emitted:
            found.append(token.call.id)
        traceback = traceback.tb_next
    return tuple(found)


def _is_of_importing(frame: FrameType) -> bool:
    return frame.f_code.co_filename.startswith("<frozen importlib")


def _is_ours(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0] == "spark_lineage"
