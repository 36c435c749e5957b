"""Tells the receivers of a run while it runs: the main program of a process beside the program (``sinks.beside``).

It reads what the program has written ahead, puts the graph together, and writes into the journal what is settled: the
START of the application at once, the START of a step when it has been seen twice alike, its end when the step is over
and what its outputs hold has been seen. What comes later goes with the end of the run (``events.amending``). The
program itself does nothing for it, and ends it before it writes the rest of the journal.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from spark_lineage.events import build, samples, start
from spark_lineage.model import LineageGraph
from spark_lineage.sinks import beside, looking
from spark_lineage.sinks.journal import Journal
from spark_lineage.sinks.sender import Sender
from spark_lineage.sinks.settling import Document, Settling, datasets
from spark_lineage.sinks.transports import Receiver, receivers
from spark_lineage.store.runs import recover_so_far

LAST_REQUEST = 60.0  # seconds at most for a request that is under way when the run ends; the program does not wait


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
        self._write([start(graph, self._namespace)], graph)
        return True

    def tick(self) -> int:
        """Tells what is settled; returns how many events that were."""
        graph, open_ended = recover_so_far(self._folder)
        events = list(build(graph, self._namespace, self._sample_rows))
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
    sender: Sender | None = None
    begun = False

    def look(news: bool) -> bool:
        nonlocal sender, begun
        if not begun:
            begun = told = live.begin()
        else:
            told = bool(news and live.tick())
        if told and sender is None:
            sender = Sender(folder.parent.parent, make=_others_than_the_console).start()
            sender.take_on(folder)
        elif told and sender is not None:
            sender.wake()
        return begun

    looking.regularly(folder, look, lambda: beside.wanted(folder))
    return sender


def _others_than_the_console() -> list[Receiver]:
    """What is printed is printed by the program itself, at its end."""
    return [receiver for receiver in receivers() if receiver.kind != "console"]
