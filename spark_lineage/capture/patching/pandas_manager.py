"""Where pandas objects are seen being used: the manager that each of them has (``NDFrame._mgr``).

The attribute becomes a property of the class while a program is observed. It is read often, so that the way from
there to the user's code is short: what was found for an instruction of the program holds as long as it runs.
"""

from __future__ import annotations

import os
import sys
import threading
import weakref
from collections.abc import Callable, Mapping
from types import CodeType, FrameType
from typing import Any, Protocol

from spark_lineage.capture.code.calls import Position
from spark_lineage.capture.code.frames import Frames, Token
from spark_lineage.guard import Guard

OTHER, USER, FOLDED, PANDAS = range(4)  # kinds of code; FOLDED: of the user, but no call of its own
_CALLS_ONLY = "pipe"  # what pandas calls through this is the user's own call


def _nothing() -> None:
    return None


_OUT_OF_REACH = (_nothing, 0, None)


class Seen(Protocol):
    """What is known of an object."""

    last: Position


class Thread(threading.local):
    """``busy``: our own code runs. ``memo``: token and instruction of the user's frame, and its position.

    The token is held weakly: a call ends with it.
    """

    busy = False
    memo: tuple[Callable[[], Any], int, Position | None] = _OUT_OF_REACH


class Stack:
    """The way from pandas out to the user's code.

    What pandas calls back for rows, columns or groups belongs to what called pandas.
    """

    def __init__(self, frames: Frames) -> None:
        self._frames = frames
        self.kinds: dict[int, int] = {}  # by the id of the code, which ``frames`` holds
        self._folder = os.path.dirname(os.path.abspath(sys.modules["pandas"].__file__ or "")) + os.sep

    def kind(self, frame: FrameType) -> int:
        """Of the code that runs in ``frame``; noted in ``kinds``."""
        code = self._frames.code(frame)
        if code.owned:
            kind = USER if code.stands else FOLDED
        else:
            ours = code.file.startswith(self._folder) and code.code.co_name != _CALLS_ONLY
            kind = PANDAS if ours else OTHER
        self.kinds[id(frame.f_code)] = kind
        return kind

    def where(self, frame: FrameType | None, thread: Thread) -> tuple[Position | None, CodeType | None]:
        """The position of the user's code around ``frame``, and the code of pandas that it called."""
        made: CodeType | None = None
        inner: CodeType | None = None
        while frame is not None:
            kind = self.kind(frame)
            if kind == USER:
                if not self._called_back(frame):
                    break
                made = inner = None
            elif kind == PANDAS:
                inner, made = made, frame.f_code
                if inner is not None and "<locals>" in getattr(made, "co_qualname", ""):
                    made = inner  # a decorator of pandas
            frame = frame.f_back
        position = self._frames.position(frame)
        thread.memo = _OUT_OF_REACH
        if frame is not None and type(frame.f_trace) is Token and not self._frames.code(frame).suspendable:
            thread.memo = (weakref.ref(frame.f_trace), frame.f_lasti, position)
        return position, made

    def _called_back(self, frame: FrameType) -> bool:
        back = frame.f_back
        while back is not None:
            kind = self.kind(back)
            if kind != FOLDED:
                return kind == PANDAS
            if self._frames.code(back).suspendable:
                return False
            back = back.f_back
        return False

    def user_frame(self, frame: FrameType | None) -> FrameType | None:
        """The nearest frame of the user's own, whatever called it."""
        while frame is not None and not self._frames.code(frame).owned:
            frame = frame.f_back
        return frame


class ManagerHook:
    """Calls ``born(obj, frame)`` for each new object and ``touched(obj, frame)`` for each use that is news."""

    def __init__(
        self, stack: Stack, thread: Thread, guard: Guard, known: Mapping[int, Seen],
        born: Callable[[Any, FrameType], None], touched: Callable[[Any, FrameType], None],
    ) -> None:  # fmt: skip
        from pandas.core.generic import NDFrame

        self._stack, self._thread, self._guard, self._known = stack, thread, guard, known
        self._owner, self._before = NDFrame, vars(NDFrame).get("_mgr")
        self._ours = property(self._getter(touched), self._setter(born))
        NDFrame._mgr = self._ours

    def remove(self) -> None:
        """Takes the property out, if it is still ours. To be called once."""
        if vars(self._owner).get("_mgr") is self._ours:
            if self._before is None:
                del self._owner._mgr
            else:
                self._owner._mgr = self._before

    def _getter(self, touched: Callable[[Any, FrameType], None]) -> Callable[[Any], Any]:
        thread, known, getframe, tell = self._thread, self._known, sys._getframe, self._tell
        off, caught, kinds, kind_of = self._guard.off, self._guard.caught, self._stack.kinds, self._stack.kind

        def _mgr(self: Any) -> Any:
            try:
                manager = self.__dict__["_mgr"]
            except KeyError:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute '_mgr'") from None
            try:
                if thread.busy or "pandas" in off:
                    return manager
                caller = frame = getframe().f_back
                while frame is not None:  # no function call on this path: pandas reads managers very often
                    kind = kinds.get(id(frame.f_code))
                    if kind is None:
                        kind = kind_of(frame)
                    back = frame.f_back
                    if kind == USER and (back is None or kinds.get(id(back.f_code)) != PANDAS):
                        break
                    frame = back
                if frame is not None:
                    token, instruction, position = thread.memo
                    trace = frame.f_trace
                    if trace is not None and trace is token() and frame.f_lasti == instruction:
                        seen = known.get(id(self))
                        if seen is not None and seen.last is position:
                            return manager
                tell(touched, self, caller)
            except BaseException as fault:
                caught("pandas", fault)
            return manager

        return _mgr

    def _setter(self, born: Callable[[Any, FrameType], None]) -> Callable[[Any, Any], None]:
        thread, known, getframe, tell = self._thread, self._known, sys._getframe, self._tell
        off, caught = self._guard.off, self._guard.caught

        def _mgr(self: Any, manager: Any) -> None:
            self.__dict__["_mgr"] = manager
            try:
                if not thread.busy and "pandas" not in off and id(self) not in known:
                    tell(born, self, getframe().f_back)
            except BaseException as fault:
                caught("pandas", fault)

        return _mgr

    def _tell(self, what: Callable[[Any, FrameType], None], obj: Any, frame: FrameType | None) -> None:
        if frame is None:
            return  # used by no Python code
        try:
            self._thread.busy = True
            what(obj, frame)
        finally:
            self._thread.busy = False
