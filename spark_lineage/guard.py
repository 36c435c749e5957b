"""The one place that swallows: a fault of ours never reaches the user's program.

Every call from a hook into our code goes through :class:`Guard`. A fault is counted and reported as a gap;
after ``LIMIT`` faults of one kind that part is off and one warning with its slug goes to the log.
In strict mode (our own test suite) faults are raised.
"""

from __future__ import annotations

import logging
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
        self._report = report
        self._strict = strict
        self._faults: Counter[str] = Counter()
        self.off: set[str] = set()  # parts that are switched off
        self._lock = threading.Lock()

    def allows(self, what: str) -> bool:
        """False once the part called ``what`` has been switched off."""
        return what not in self.off

    def __call__(self, what: str, body: Callable[..., Result], *args: Any) -> Result | None:
        """``body(*args)``; None if it failed or if the part is off. KeyboardInterrupt passes."""
        if what in self.off:
            return None
        try:
            return body(*args)
        except Exception as fault:  # the whole point of this module
            self.caught(what, fault)
            return None

    def caught(self, what: str, fault: Exception) -> None:
        """Takes a fault of ``what`` that a hook has caught by itself. Raises it in strict mode."""
        if self._strict:
            raise fault
        self._trip(what, fault)

    def _trip(self, what: str, fault: Exception) -> None:
        with self._lock:
            self._faults[what] += 1
            count = self._faults[what]
            if count >= LIMIT:
                self.off.add(what)
        why = f"{type(fault).__name__}: {fault}"
        logger.debug("fault in %s", what, exc_info=fault)
        if count == LIMIT:
            logger.warning("spark-lineage.off.%s: %s failed %d times and is switched off (%s)", what, what, count, why)
        if self._report is not None:
            try:
                self._report(what, why)
            except Exception:  # reporting must not fail either
                logger.debug("the fault in %s could not be reported", what, exc_info=True)
