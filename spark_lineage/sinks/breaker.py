"""When to try a receiver again that did not answer as it should."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

FIRST = 0.2  # seconds; doubled with each failure in a row
LONGEST = 60.0
COOL_DOWN = 5.0  # at least, once the breaker is open
# A receiver that cannot be reached, or is silent, is given up sooner than one that answers with errors: those may be
# about one event, and a few tries tell (see ``sender.SUSPECT``).
UNREACHED, SILENT, ANSWERED = 4, 2, 8
PATIENT = 5.0  # seconds of a pause that a receiver may ask for without being given up


@dataclass
class Breaker:
    """Counts failures in a row. ``open``: the receiver is taken to be down, and only probed now and then."""

    jitter: Callable[[], float] = field(default=random.random)
    failures: int = 0
    why: str | None = None
    took_some: bool = False  # it works, or has worked a moment ago: its silence may be about one event, too
    open: bool = False
    closed_for_good: bool = False  # the receiver takes nothing from us as we are set up

    def took(self) -> None:
        self.failures, self.why, self.open, self.took_some = 0, None, False, True

    def failed(self, why: str, reached: bool, answered: bool, asked: float | None = None) -> None:
        """``asked``: the pause in seconds that the receiver asks for."""
        self.failures += 1
        self.why = why
        most = ANSWERED if answered or (reached and self.took_some) else SILENT if reached else UNREACHED
        self.open = self.open or self.failures >= most or (asked or 0.0) > PATIENT

    def refuse(self, why: str) -> None:
        self.why, self.open, self.closed_for_good = why, True, True

    def pause(self, asked: float | None = None) -> float:
        """Seconds until the next attempt: exponential with jitter; not sooner than the receiver asked."""
        grown = FIRST * 2.0 ** min(self.failures - 1, 16) if self.failures else 0.0
        floor = COOL_DOWN if self.open else 0.0
        drawn = min(LONGEST, max(grown, floor)) * (0.75 + 0.5 * self.jitter())
        return max(drawn, asked or 0.0)
