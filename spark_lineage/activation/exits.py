"""How a program ended that the interpreter itself runs (spark-submit, ``start()``), seen from inside of it.

An uncaught error leaves ``sys.last_value``. ``SystemExit`` leaves nothing, so: did its exception leave the body of
``__main__`` (a frame that returned stands at a return), and what was the last status given to ``sys.exit``,
``exit`` or ``quit``?
"""

from __future__ import annotations

import _sitebuiltins
import dis
import functools
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any

from spark_lineage.guard import Guard, leave
from spark_lineage.patches import Patch, Patches

UNKNOWN_STATUS = "the program ended by SystemExit; its status was not seen"


@dataclass(frozen=True)
class Exit:
    """The last call of ``sys.exit`` in the main thread, and the calls of user code that it was to leave."""

    code: object
    calls: tuple[str, ...]


class MainProgram:
    """The body of ``__main__`` while it runs, and what was last given to ``sys.exit``."""

    def __init__(self) -> None:
        self.exit: Exit | None = None
        self.guard = Guard()
        self._patches = Patches(
            [Patch(sys, "exit", self._noting), Patch(_sitebuiltins.Quitter, "__call__", self._noting)]
        )
        self.calls_at: Callable[[FrameType], tuple[str, ...]] = lambda frame: ()
        self._body: FrameType | None = None

    def watch_exits(self) -> None:
        """Once; as early as can be, for programs that take ``exit`` out of ``sys``."""
        self._patches.install()

    def forget_exits(self) -> None:
        """Undoes :meth:`watch_exits`."""
        self._patches.uninstall()

    def _noting(self, original: Any) -> Any:
        from_caller, note = self.guard.from_caller, self._note

        @functools.wraps(original)
        def exit(*args: Any, **kwargs: Any) -> Any:
            try:
                return original(*args, **kwargs)
            except SystemExit as error:
                leave(error)
                from_caller("exit", note, error)
                raise

        return exit

    def _note(self, error: SystemExit, frame: FrameType | None) -> None:
        if threading.current_thread() is threading.main_thread():
            self.exit = Exit(error.code, ())
            self.exit = Exit(error.code, self.calls_at(frame) if frame is not None else ())

    def observed_by(
        self, calls_at: Callable[[FrameType], tuple[str, ...]], report: Callable[[str, str], None] | None = None
    ) -> None:
        """An observation has begun; ``calls_at(frame)`` names the calls of user code around a frame.

        ``report(what, why)`` is told of faults of ours in noting an exit.
        """
        self.calls_at = calls_at
        self.guard.report = report
        self.watch_exits()
        self._hold_body()

    def _hold_body(self) -> None:
        """Keeps the frame of ``__main__``'s body until the end: so far it runs."""
        frame = sys._current_frames().get(threading.main_thread().ident or 0)
        while frame is not None and frame.f_back is not None:
            frame = frame.f_back
        main = sys.modules.get("__main__")
        if frame is not None and main is not None and frame.f_globals is vars(main) and not hasattr(sys, "ps1"):
            self._body = frame

    def ended_by(self) -> tuple[BaseException | None, tuple[str, ...], bool]:
        """(what ended it, the calls that it left, whether that is known). Lets go of the body."""
        body, self._body = self._body, None
        if hasattr(sys, "ps1"):
            return None, (), True
        uncaught = getattr(sys, "last_value", None)
        if isinstance(uncaught, BaseException):
            return uncaught, (), True
        if body is None or returned(body):
            return None, (), True
        if self.exit is None:
            return None, (), False
        return SystemExit(self.exit.code), self.exit.calls, True


def returned(frame: FrameType) -> bool:
    """Whether a frame that runs no more was left by a return."""
    code = frame.f_code.co_code
    return 0 <= frame.f_lasti < len(code) and dis.opname[code[frame.f_lasti]].startswith("RETURN_")


MAIN = MainProgram()
