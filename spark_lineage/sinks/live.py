"""Tells the receivers of a run while it runs: the main program of a process beside the program (``sinks.beside``).

It reads what the program has written ahead, puts the graph together, and writes into the journal what is settled: the
START of the application at once, the START of a step when it has been seen twice alike, its end when the step is over
and what its outputs hold has been seen. What comes later goes with the end of the run (``events.amending``). The
program itself does nothing for it, and ends it before it writes the rest of the journal.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from spark_lineage.events import build, samples, start
from spark_lineage.events.serial import to_document
from spark_lineage.model import LineageGraph
from spark_lineage.sinks import beside
from spark_lineage.sinks.journal import Journal
from spark_lineage.sinks.sender import Sender
from spark_lineage.sinks.settling import Document, Settling, datasets
from spark_lineage.sinks.transports import Receiver, receivers
from spark_lineage.store import wal
from spark_lineage.store.runs import recover_so_far

EVERY = 2.0  # seconds between two looks at what the program has written ahead, at least
SHARE = 1 / 30  # of the time that may go into looking
LARGEST = 32_000_000  # bytes written ahead, from which on steps are told at the end only
POLL = 0.1  # seconds
LAST_REQUEST = 60.0  # seconds at most for a request that is under way when the run ends; the program does not wait
FAULTS = 3


class Live:
    """Writes what can be told of one run into its journal."""

    def __init__(
        self, folder: Path, namespace: str | None = None, sample_rows: bool = False,
        wanted: Callable[[], bool] = lambda: True,
    ) -> None:  # fmt: skip
        self._folder, self._namespace, self._sample_rows, self._wanted = folder, namespace, sample_rows, wanted
        self._settling = Settling()

    def begin(self) -> bool:
        """Tells that the application has started; False if that has not been written ahead yet."""
        graph, _ = recover_so_far(self._folder)
        if not graph.run.id:
            return False
        self._write([to_document(start(graph, self._namespace))], graph)
        return True

    def tick(self) -> int:
        """Tells what is settled; returns how many events that were."""
        graph, open_ended = recover_so_far(self._folder)
        events = [to_document(event) for event in build(graph, self._namespace, self._sample_rows)]
        settled = list(self._settling.settled(events, graph, open_ended))
        if settled:
            self._write(settled, graph)
        return len(settled)

    def _write(self, events: Sequence[Document], graph: LineageGraph) -> None:
        named = {name for event in events for name in datasets(event)}
        ids = {dataset.id for dataset in graph.datasets if (dataset.namespace, dataset.name) in named}
        rows = [sample for sample in samples(graph) if sample["dataset"] in ids]
        with beside.locked(self._folder, 0.0) as ours:
            if ours and self._wanted():
                Journal(self._folder).write(events, rows)
                self._settling.told(events)


def main(folder: Path, namespace: str | None, sample_rows: bool) -> None:
    """Goes on until the program takes the mark away, or is gone."""
    with contextlib.suppress(OSError, AttributeError):
        os.nice(5)
    sender = _tell(folder, Live(folder, namespace, sample_rows, lambda: beside.wanted(folder)))
    if sender is not None:
        sender.stop(LAST_REQUEST)


def _tell(folder: Path, live: Live) -> Sender | None:
    sender, begun, faults, seen, still = None, False, 0, None, False
    while beside.wanted(folder) and faults < FAULTS:
        at = time.monotonic()
        try:
            if not begun:
                begun = live.begin()
                told = int(begun)
            else:
                now = _length(folder)
                # Alike twice: nothing will be settled that is not.
                told = 0 if now > LARGEST or (now == seen and still) else live.tick()
                seen, still = now, now == seen
            if told and sender is None:
                sender = Sender(folder.parent.parent, make=_others_than_the_console).start()
                sender.take_on(folder)
            elif told and sender is not None:
                sender.wake()
        except Exception:  # the journal is written at the end, whatever happens here
            faults += 1
        took = time.monotonic() - at
        _wait(folder, max(EVERY, took / SHARE) if begun else POLL)
    return sender


def _others_than_the_console() -> list[Receiver]:
    """What is printed is printed by the program itself, at its end."""
    return [receiver for receiver in receivers() if receiver.kind != "console"]


def _length(folder: Path) -> int:
    return (folder / wal.NAME).stat().st_size


def _wait(folder: Path, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and beside.wanted(folder):
        time.sleep(POLL)
