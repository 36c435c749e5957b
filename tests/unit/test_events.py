"""build: events of a graph, and the graph back from them."""

from __future__ import annotations

from dataclasses import replace

from observing import shop

from spark_lineage.events import build, read, samples
from spark_lineage.events.serial import to_document
from spark_lineage.graph import assemble
from spark_lineage.model import LineageGraph


def without_storages(graph: LineageGraph) -> LineageGraph:
    """Executions in events do not repeat the sources and sinks: those are datasets."""
    steps = tuple(
        replace(step, executions=tuple(replace(each, sources=(), sinks=()) for each in step.executions))
        for step in graph.steps
    )
    return replace(graph, steps=steps)


def test_events_hold_the_whole_graph() -> None:
    graph = assemble(shop())
    events = [to_document(each) for each in build(graph)]
    assert read(events, samples(graph)) == without_storages(graph)
