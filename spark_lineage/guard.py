"""The one place that swallows: a fault of ours never reaches the user's program.

Every call from a hook into our code goes through :class:`Guard`. A fault is counted and reported as a gap;
after ``LIMIT`` faults of one kind that part is off and one warning with its slug goes to the log.
In strict mode (our own test suite) faults are raised.

A fault is whatever our code raises, also what derives from BaseException only (the panics of Rust libraries do, and
a library of others may raise SystemExit). What the program is interrupted by is not ours, wherever it arrives: Ctrl-C,
and what a signal handler of the program raises while our code happens to run.
"""

from __future__ import annotations

import _thread
import logging
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

logger = logging.getLogger("spark_lineage")
# Python's handler of last resort would print warnings on the program's stderr, and a guest does not.
# The agent adds a file handler in the run's folder.
logger.addHandler(logging.NullHandler())
logger.propagate = False

LIMIT = 3
Result = TypeVar("Result")


class Guard:
    """Runs our code inside the user's program and keeps its faults to itself.

    ``report(what, why)`` is called for each fault (it feeds the gap ledger).
    """

    def __init__(self, report: Callable[[str, str], None] | None = None, strict: bool = False) -> None:
        self.report = report
        self.strict = strict
        self._faults: Counter[str] = Counter()
        self.off: set[str] = set()  # parts that are switched off
        self._lock = threading.Lock()

    def allows(self, what: str) -> bool:
        """False once the part called ``what`` has been switched off."""
        return what not in self.off

    def __call__(self, what: str, body: Callable[..., Result], *args: Any) -> Result | None:
        """``body(*args)``; None if it failed or if the part is off. What interrupts the program passes."""
        if what in self.off:
            return None
        try:
            return body(*args)
        except BaseException as fault:  # the whole point of this module
            self.caught(what, fault)
            return None

    def from_caller(self, what: str, body: Callable[..., Result], *args: Any) -> Result | None:
        """``body(*args, frame)``, as :meth:`__call__`; ``frame`` is the one that called the hook which calls this.

        It is None where no Python code called the hook, as in a thread that a C library has started.
        """
        if what in self.off:
            return None
        try:
            return body(*args, sys._getframe(1).f_back)
        except BaseException as fault:
            self.caught(what, fault)
            return None

    def finalizing(self, what: str, body: Callable[..., object], *args: Any) -> None:
        """``body(*args)`` in a finalizer or in the callback of a weak reference.

        The interpreter hands nothing on from there. So a signal that interrupts it is sent to the program once more,
        from a thread of its own: by then the finalizer has ended.
        """
        try:
            self(what, body, *args)
        except BaseException as interruption:
            interrupted_again(interruption)

    def caught(self, what: str, fault: BaseException) -> None:
        """Takes a fault of ``what`` that a hook has caught by itself. Raises it in strict mode, or if it is none."""
        if signal_behind(fault) is not None or self.strict:
            raise fault
        with self._lock:
            self._faults[what] += 1
            count = self._faults[what]
            if count >= LIMIT:
                self.off.add(what)
        # The log first: what reports may be the part that failed. Where logging fails, the fault is reported still.
        for tell in (self._log, self._report):
            try:
                tell(what, fault, count)
            except BaseException as again:
                if signal_behind(again) is not None:
                    raise

    def _log(self, what: str, fault: BaseException, count: int) -> None:
        why = _described(fault)
        if count == 1:
            logger.warning("spark-lineage.fault.%s: %s", what, why, exc_info=fault)
        else:
            logger.debug("fault in %s", what, exc_info=fault)
        if count == LIMIT:
            logger.warning("spark-lineage.off.%s: %s failed %d times and is switched off (%s)", what, what, count, why)

    def _report(self, what: str, fault: BaseException, count: int) -> None:
        if self.report is not None:
            self.report(what, f"this part of spark-lineage failed ({_described(fault)})")


class QuietFileHandler(logging.FileHandler):
    """Writes a log of ours. Where that fails (a full disk, a changed user), nobody is told: stderr is the program's."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            super().emit(record)
        except Exception:  # the file could not be opened
            return

    def handleError(self, record: logging.LogRecord) -> None:
        return

    def close(self) -> None:
        try:
            super().close()
        except Exception:  # what was still to be written does not fit
            return


def signal_behind(raised: BaseException) -> int | None:
    """The signal that interrupted us with ``raised``: Ctrl-C, or one whose handler of the program raised it."""
    if isinstance(raised, KeyboardInterrupt):
        return signal.SIGINT
    codes = set()
    traceback = raised.__traceback__
    while traceback is not None:
        codes.add(traceback.tb_frame.f_code)
        traceback = traceback.tb_next
    return next((number for number in signal.valid_signals() if _code_of_handler(number) in codes), None)


def _code_of_handler(number: int) -> object:
    handler = signal.getsignal(number)
    if not callable(handler):
        return None
    function = getattr(handler, "func", handler)  # functools.partial
    return getattr(function, "__code__", None) or getattr(type(function).__call__, "__code__", None)


def interrupted_again(interruption: BaseException) -> None:
    """Sends the signal behind ``interruption`` to the program once more, if there is one."""
    number = signal_behind(interruption)
    try:
        if number is not None:
            _thread.start_new_thread(_thread.interrupt_main, (number,))  # type: ignore[arg-type]
    except RuntimeError:  # the interpreter is going down
        return


def leave(error: BaseException) -> None:
    """Takes the frame of the hook that calls this off the traceback; a bare ``raise`` afterwards does not put it back.

    An error of the program's may refuse to have its attributes set: the classes of BaseException are asked, not it.
    """
    try:
        traceback = error.__traceback__
        if traceback is not None:
            BaseException.with_traceback(error, traceback.tb_next)
    except Exception:  # its own __getattribute__ has failed: it keeps our frame
        return


def silently(body: Callable[..., object], *args: Any) -> None:
    """``body(*args)`` in a thread of ours or at the end of the interpreter, which would print whatever is raised."""
    try:
        body(*args)
    except BaseException as fault:
        try:
            logger.warning("spark-lineage.fault: %s", type(fault).__name__, exc_info=fault)
        except BaseException:
            return


def _described(fault: BaseException) -> str:
    try:
        said = str(fault).strip()
    except Exception:
        said = "(it has no text)"
    return f"{type(fault).__name__}{': ' if said else ''}{said}"
