"""The spans of a run that goes on: of each step whose events are settled, once its START and its end are."""

from __future__ import annotations

from pathlib import Path

from spark_lineage.events import build
from spark_lineage.events.tracing import span_id, span_of
from spark_lineage.model import DatasetKind, LineageGraph, Mode
from spark_lineage.sinks.otel.sending import Spans
from spark_lineage.sinks.settling import Settling
from spark_lineage.store.journal import key
from spark_lineage.store.runs import recover_so_far


class LiveSpans:
    """What stands in a span cannot be changed any more, as an event can: it is exported when all of it is known."""

    def __init__(self, folder: Path, sending: Spans) -> None:
        self._folder, self._sending = folder, sending
        self._settling = Settling()
        self._over: set[str] = set()  # ids of spans that can be exported

    def look(self) -> None:
        graph, open_ended = recover_so_far(self._folder)
        if not graph.run.id:
            return
        events = list(build(graph))
        self._settling.told(events[:1])  # that the application has begun is settled
        settled = list(self._settling.settled(events, graph, open_ended))
        self._settling.told(settled)
        self._over.update(span_id(run) for run, type_ in map(key, settled) if type_ != "START")
        ready = self._ready(graph)
        if ready:
            self._sending.send(graph, ready)

    def _ready(self, graph: LineageGraph) -> set[str]:
        """Those of steps of which all that they took in and made has been seen whole; the end exports the others."""
        partial = {dataset.id for dataset in graph.datasets if dataset.kind is DatasetKind.INTERIM} - {
            dataset.id for dataset in graph.datasets if dataset.complete or graph.run.mode is Mode.PLAN
        }
        whole = [step for step in graph.steps if partial.isdisjoint((*step.inputs, *step.outputs))]
        return self._over.intersection(span_of(graph.run, step.step, step.call) for step in whole)
