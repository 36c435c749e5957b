"""How a process beside the program looks at what the program writes ahead, again and again, at little cost."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from spark_lineage.store import wal

EVERY = 2.0  # seconds between two looks, at least
SHARE = 1 / 30  # of the time that may go into looking
LARGEST = 32_000_000  # bytes written ahead, from which on all is told at the end only
POLL = 0.1  # seconds
FAULTS = 3


def regularly(folder: Path, look: Callable[[bool], bool], goes_on: Callable[[], bool]) -> None:
    """Calls ``look(news)`` until ``goes_on()`` gives False, or ``look`` has raised three times.

    ``news``: whether there may be something new; not where nothing was written ahead between the last looks. ``look``
    gives False as long as the run has not begun, and is called again at once. What it raises costs nothing: all is told
    at the end.
    """
    begun, faults, seen, still = False, 0, None, False
    while goes_on() and faults < FAULTS:
        at = time.monotonic()
        try:
            now = (folder / wal.NAME).stat().st_size
            had_begun, begun = begun, look(now <= LARGEST and not (now == seen and still))
            if had_begun:
                seen, still = now, now == seen
        except Exception:
            faults += 1
        until = time.monotonic() + (max(EVERY, (time.monotonic() - at) / SHARE) if begun else POLL)
        while time.monotonic() < until and goes_on():
            time.sleep(POLL)
