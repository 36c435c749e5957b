"""The graph of a run as spans. Pure: the same graph gives the same spans, ids included."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from spark_lineage.events import tracing
from spark_lineage.model import Dataset, LineageGraph, Outcome, Step, StepKind
from spark_lineage.sinks.otel.attributes import PREFIX, Attributes, of_run, of_step

LONGEST = 1_000  # characters of an error that a span tells
MOST_LINKS = 32
LEFT = "it was left before its end"  # what is said of a step that a killed program was in
_KIND_OF_ERROR = re.compile(r"([A-Za-z_][\w.]*)(?::\s*|\Z)")


@dataclass(frozen=True)
class Link:
    """Another span of the same trace: of the step that made what this one took in."""

    span: str
    attributes: Attributes


@dataclass(frozen=True)
class Span:
    """One run, or one call of one step. Ids are hex digits, moments are seconds since the epoch."""

    trace: str
    id: str
    parent: str | None
    remote: bool  # whether the parent is somebody else's span
    state: str | None  # of the trace, as the header ``tracestate`` has it
    name: str
    started: float
    ended: float
    attributes: Attributes
    failed: bool
    error: str | None  # text of the error that it ended with
    error_type: str | None
    links: tuple[Link, ...]


def spans(graph: LineageGraph) -> Iterator[Span]:
    """Of all that has ended; the run's comes last. None of a trace that whoever began it does not record."""
    around = tracing.trace(graph.run)
    if around is not None and around.sampled is False:
        return
    datasets = {dataset.id: dataset for dataset in graph.datasets}
    made = [_span(graph, step, datasets) for step in graph.steps if step.ended is not None]
    yield from made[1:]
    yield from made[:1]


def _span(graph: LineageGraph, step: Step, datasets: Mapping[str, Dataset]) -> Span:
    run, around = graph.run, tracing.trace(graph.run)
    is_run = step.kind is StepKind.APPLICATION
    ended = step.ended if step.ended is not None else step.started
    failed = step.outcome in (Outcome.FAIL, Outcome.ABORT)
    said = _KIND_OF_ERROR.match(step.error) if step.error else None
    return Span(
        trace=tracing.trace_id(run),
        id=tracing.span_of(run, step.step, step.call),
        parent=tracing.parent_of(run, step),
        remote=is_run,
        state=around.state if around is not None else None,
        name=step.step,
        started=step.started,
        ended=max(step.started, ended),
        attributes={**of_step(graph, step, datasets), **(of_run(graph) if is_run else {})},
        failed=failed,
        error=step.error[:LONGEST] if step.error else LEFT if step.outcome is Outcome.ABORT else None,
        error_type=said[1] if said is not None else None,
        links=tuple(_links(graph, step, datasets))[:MOST_LINKS],
    )


def _links(graph: LineageGraph, step: Step, datasets: Mapping[str, Dataset]) -> Iterator[Link]:
    for name in step.inputs:
        dataset = datasets.get(name)
        if dataset is not None and dataset.step is not None:
            made_by = tracing.span_of(graph.run, dataset.step, dataset.call)
            yield Link(made_by, {f"{PREFIX}.dataset": dataset.name})
