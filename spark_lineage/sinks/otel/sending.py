"""Sends the spans that a collector has not got: of one run, or of a whole store for ``spark-lineage send --otel``."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from spark_lineage.model import LineageGraph
from spark_lineage.refusals import Refusal
from spark_lineage.sinks.cursors import runs
from spark_lineage.sinks.otel.configuration import Collector, collector, disabled, wrong
from spark_lineage.sinks.otel.export import Exporter
from spark_lineage.sinks.otel.progress import ProgressFile
from spark_lineage.sinks.otel.spans import Span, spans
from spark_lineage.store import Store, StoreError, wal
from spark_lineage.store.runs import open_folder

SEND = "`spark-lineage send --otel` sends what is left"


@dataclass(frozen=True)
class Sent:
    """What came of it. ``runs_left``: runs of which something is left; ``unreadable``: one sentence each."""

    title: str
    spans: int
    runs: int
    left: int
    runs_left: int
    why: str | None
    unreadable: tuple[str, ...] = ()


class Spans:
    """Sends the spans of one run to one collector. Only who has the lock of the file may."""

    def __init__(self, run: Path, to: Collector, exporter: Exporter) -> None:
        self.file = ProgressFile(run, to)
        self._exporter = exporter
        self._progress = self.file.load()

    def send(self, graph: LineageGraph, only: Collection[str] | None = None) -> None:
        """What has ended and has not been sent; ``only`` of these ids, while the run goes on."""
        waiting = self._waiting(graph, only)
        for batch in self._exporter.export(waiting, graph.run.app):
            self._progress = self._progress.with_more([span.id for span in batch])
            self.file.save(self._progress)

    def end(self, graph: LineageGraph) -> None:
        """All of a run that has ended."""
        self._progress = replace(self._progress, ended=False)
        self.send(graph)
        left = len(self._waiting(graph, None))
        kept = self._progress if left else replace(self._progress, ids=())
        why = self._exporter.why if left else None
        self._progress = replace(kept, left=left, done=not left, why=why, ended=True)
        self.file.save(self._progress)

    def _waiting(self, graph: LineageGraph, only: Collection[str] | None) -> list[Span]:
        has = set(self._progress.ids)
        return [span for span in spans(graph) if span.id not in has and (only is None or span.id in only)]


def send_all(store: Store) -> Sent:
    """The spans of all runs that have ended. Raises a Refusal where there is nowhere to send to."""
    if disabled():
        raise Refusal("OTEL_SDK_DISABLED is true: no spans are exported.")
    if (why := wrong()) is not None:
        raise Refusal(f"{why}.")
    if not store.has_runs():
        raise StoreError(f"No runs in {store.name}: record one with `spark-lineage run`, or name another store.")
    store.refuse_newer()
    exporter, to = Exporter(), collector()
    if exporter.why is not None:
        raise Refusal(f"{exporter.why}.")
    sent = Sent(to.title, 0, 0, 0, 0, None)
    for run in runs(store.path):
        sent = _with(sent, run, to, exporter)
    return sent


def _with(sent: Sent, run: Path, to: Collector, exporter: Exporter) -> Sent:
    file = ProgressFile(run, to)
    before = file.load()
    if before.done or (run / wal.NAME).exists():
        return sent
    try:
        graph = open_folder(run, samples=False, fragments=False).graph
    except StoreError as error:
        return replace(sent, unreadable=(*sent.unreadable, f"{run.name} is left out: {error}"))
    with file.locked() as ours:
        if not ours:
            return replace(sent, runs_left=sent.runs_left + 1, why="another process is sending it")
        Spans(run, to, exporter).end(graph)
    after = file.load()
    return replace(
        sent,
        spans=sent.spans + after.sent - before.sent,
        runs=sent.runs + bool(after.sent > before.sent),
        left=sent.left + after.left,
        runs_left=sent.runs_left + bool(after.left),
        why=after.why or sent.why,
    )


def document(sent: Sent) -> dict[str, object]:
    """The ``--json`` shape of ``send --otel``."""
    return {
        "collector": sent.title, "sent": sent.spans, "runs": sent.runs, "left": sent.left, "runs_left": sent.runs_left,
        "why": sent.why,
    }  # fmt: skip


def sentences(sent: Sent) -> Iterator[str]:
    """What is wrong, for people; nothing if all is well."""
    yield from sent.unreadable
    if sent.runs_left:
        yield left(sent.left, sent.title, sent.why)


def left(count: int, title: str, why: str | None) -> str:
    counted = {0: "spans are", 1: "1 span is"}.get(count, f"{count} spans are")
    return f"{counted} still to be sent to {title}{f' ({why})' if why else ''}; {SEND}"
