"""Who uses a table in memory: the way from pandas, or its like, out to the user's code that called it."""

from __future__ import annotations

import os
import sys
import threading
import weakref
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any

from spark_lineage.capture.code.calls import Position
from spark_lineage.capture.code.frames import Frames, Token
from spark_lineage.capture.following.python_data import module_position

OTHER, USER, FOLDED, PANDAS = range(4)  # kinds of code; FOLDED: of the user, but no call of its own
MOST_GLOBALS = 5000  # names of a module among which an object is looked up
_CALLS_ONLY = "pipe"  # what pandas calls through this is the user's own call


def _nothing() -> None:
    return None


_OUT_OF_REACH = (_nothing, 0, None)


class ThreadState(threading.local):
    """What holds for one thread only.

    ``busy`` is true while our own code runs. ``memo`` has the token and the instruction of the user's frame that was
    found last, and its position. The token is held weakly, because a call ends with it.
    """

    busy = False
    memo: tuple[Callable[[], Any], int, Position | None] = _OUT_OF_REACH

    def again(self) -> None:
        """The next use is looked at, also if the same instruction makes it."""
        self.memo = _OUT_OF_REACH


class TableCallers:
    """Finds the user's frame that called pandas.

    What pandas calls back for rows, columns or groups belongs to what called pandas.
    """

    def __init__(self, frames: Frames) -> None:
        self._frames = frames
        self.kinds: dict[int, int] = {}  # by the id of the code, which ``frames`` holds
        self._folders: tuple[str, ...] = ()  # of pandas and polars, as far as they are followed

    def follow(self, package: str) -> None:
        """The code of a package, which is imported, is that of a library of frames from here on."""
        folder = os.path.dirname(os.path.abspath(sys.modules[package].__file__ or "")) + os.sep
        if folder not in self._folders:
            self._folders = (*self._folders, folder)
            self.kinds.clear()

    def kind(self, frame: FrameType) -> int:
        """The kind of the code that runs in ``frame``; ``kinds`` keeps it."""
        code = self._frames.code(frame)
        if code.owned:
            kind = USER if code.stands else FOLDED
        else:
            ours = code.file.startswith(self._folders) and code.code.co_name != _CALLS_ONLY
            kind = PANDAS if ours else OTHER
        self.kinds[id(frame.f_code)] = kind
        return kind

    def where(self, frame: FrameType | None, thread: ThreadState) -> tuple[Position | None, CodeType | None]:
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

    def bound_at(self, obj: Any, frame: FrameType, position: Position) -> Position | None:
        """The position of the statement that bound an object to a name of the module, if that stands above."""
        user = self.user_frame(frame)
        if user is None or len(user.f_globals) > MOST_GLOBALS:
            return None
        names = {name for name, value in list(user.f_globals.items()) if value is obj}
        here = module_position(position, user.f_code.co_filename)
        reading = here.call.code.reading if here is not None else None
        if not names or here is None or reading is None or here.statement is None:
            return None
        above = [statement for statement in reading.statements if statement.index < here.statement]
        binding = [statement for statement in above if names.intersection(statement.binds)]
        return Position(here.call, binding[-1].index, binding[-1].line, here.outer) if binding else None
