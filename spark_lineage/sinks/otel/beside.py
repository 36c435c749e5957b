"""The process beside the program that exports its spans: while it runs, and what is left when it has ended.

It is a process of its own so that the program notices nothing (as ``sinks.beside``), and so that a collector that does
not answer keeps nobody: the program waits for it only as long as it waits for receivers, and it ends soon after.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from spark_lineage.sinks import beside, looking
from spark_lineage.sinks.otel.configuration import MISSING, collector, disabled
from spark_lineage.sinks.otel.progress import ProgressFile
from spark_lineage.store import wal

if TYPE_CHECKING:
    from spark_lineage.sinks.otel.sending import Spans

CODE = (
    "import sys; from pathlib import Path; path, folder, live = sys.argv[1:]; "
    "sys.path.extend(path.split('\\n')); from spark_lineage.sinks.otel.beside import main; "
    "main(Path(folder), bool(live))"
)
POLL = 0.05  # seconds
LAST = 60  # seconds after the end of the program, after which this process is gone whatever it waits for


def begin(folder: Path, roots: Sequence[str], live: bool) -> bool:
    """Starts it; False where that cannot be done, or OpenTelemetry is switched off.

    ``live``: while the program runs. Else it does nothing before the record of the run is whole.
    """
    return not disabled() and beside.can_spawn() and beside.spawn(roots, CODE, [str(folder), "1" if live else ""])


def is_there(folder: Path) -> bool:
    """Whether it still has the lock."""
    with ProgressFile(folder, collector()).locked() as ours:
        return not ours


def wait(folder: Path, until: float) -> str | None:
    """Until it has ended, at most until a moment on the monotonic clock; one sentence if something is left."""
    from spark_lineage.sinks.otel.sending import left

    file = ProgressFile(folder, collector())
    while not (progress := file.load()).ended and time.monotonic() < until:
        time.sleep(POLL)
    if progress.done:
        return None
    return left(progress.left, collector().title, progress.why or "it has not answered yet")


def main(folder: Path, live: bool) -> None:
    """Goes on until the record of the run is whole and has been exported, or the program was killed."""
    if live:  # else the program waits for it
        with contextlib.suppress(OSError, AttributeError):
            os.nice(5)
    file = ProgressFile(folder, collector())
    with file.locked() as ours:
        if ours:
            _export(folder, live)


def _export(folder: Path, live: bool) -> None:
    from spark_lineage.sinks.otel.export import Exporter
    from spark_lineage.sinks.otel.sending import Spans
    from spark_lineage.store.runs import open_folder

    exporter = Exporter()
    sending = Spans(folder, collector(), exporter)
    if live and exporter.why != MISSING:
        _while_it_runs(folder, sending)
    while beside.runs(folder):
        time.sleep(POLL)
    if (folder / wal.NAME).exists():
        return  # it was killed: `send --otel` ends its record, and sends it
    signal.alarm(LAST)
    sending.end(open_folder(folder, samples=False, fragments=False).graph)


def _while_it_runs(folder: Path, sending: Spans) -> None:
    from spark_lineage.sinks.otel.live import LiveSpans

    live = LiveSpans(folder, sending)

    def look(news: bool) -> bool:
        if news:
            live.look()
        return True

    looking.regularly(folder, look, lambda: beside.runs(folder))
