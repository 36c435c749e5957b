"""The process beside the program that brings its run to a store elsewhere (``sinks.bringer``): its begin and its end.

It is a process of its own so that the program opens no connection, imports no library and has no thread for it, and so
that it can bring the rest of a program that was killed. It ends by itself.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from spark_lineage.sinks import beside
from spark_lineage.store import places

POLL = 0.05  # seconds
SAID = "bringing"  # in the mirror: why a run could not be brought so far
CODE = (
    "import sys; from pathlib import Path; path, folder, app, key = sys.argv[1:]; "
    "sys.path.extend(path.split('\\n')); from spark_lineage.sinks.bringer import main; "
    "main(Path(folder), app, bool(key))"
)


def begin(run: Path, roots: Sequence[str], app: str, own_key: bool) -> bool:
    """Starts it; False where that cannot be done. ``own_key``: masked values are made by the key of the store."""
    return beside.can_spawn() and beside.spawn(roots, CODE, [str(run), app, "1" if own_key else ""])


def wait(run: Path, until: float) -> str | None:
    """At most until a moment on the monotonic clock; why the run is not whole in the store, if it is not."""
    while places.is_pending(run):
        if time.monotonic() >= until:
            return said(run) or "there was no answer yet"
        time.sleep(POLL)
    return None


def said(run: Path) -> str:
    """Why nothing could be brought at the last try; empty if it could."""
    try:
        return (run.parent.parent / SAID / run.name).read_text(encoding="utf-8")
    except OSError:
        return ""
