"""What MLflow is told of a run: its id, the datasets that its models were trained on, and the report.

The main program of a process beside the program (``sinks.mlflow_beside``), which imports MLflow of its own: the
program's is not touched.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from pathlib import Path

from spark_lineage.sinks import beside, mlflow_beside
from spark_lineage.store import places, wal

LAST = 60  # seconds after the end of the program, after which this process is gone whatever it waits for
POLL = 0.05  # seconds


def main(folder: Path, sample_rows: bool) -> None:
    """Waits until the record of the run is whole; nothing is told of a program that was killed."""
    with contextlib.suppress(OSError, AttributeError):
        os.nice(5)
    threading.Thread(target=_last, args=(folder,), daemon=True).start()
    try:
        told = _told(folder, sample_rows)
    except Exception as error:  # the program may wait for what comes of it
        told = (), (f"the runs of MLflow were not told: {mlflow_beside.one_line(error)}",)
    if told is not None:
        mlflow_beside.ended(folder, *told)


def _told(folder: Path, sample_rows: bool) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    from spark_lineage.experiments import telling

    client = telling.client()  # while the program runs: it takes seconds
    while beside.runs(folder):
        time.sleep(POLL)
    if (folder / wal.NAME).exists():
        return None
    with places.offline():
        return telling.tell(folder, client, sample_rows)


def _last(folder: Path) -> None:
    """The end of this process, where a store of MLflow never answers."""
    while beside.runs(folder):
        time.sleep(POLL)
    time.sleep(LAST)
    os._exit(1)
