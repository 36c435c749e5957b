"""Which rows and functions made a model: what it was fitted on, and the steps from the sources to there. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from spark_lineage.answers import find
from spark_lineage.answers.documents import Document
from spark_lineage.answers.errors import AnswerError
from spark_lineage.model import Dataset, DatasetKind, Gap, LineageGraph, Step


@dataclass(frozen=True)
class Made:
    """One dataset on the way, and the step that made it; None for a source."""

    dataset: Dataset
    step: Step | None
    inputs: tuple[str, ...]  # dataset ids


@dataclass(frozen=True)
class ModelMade:
    """``way`` begins with the model itself; what was made last comes first."""

    model: Dataset
    how: str | None  # the estimator, with what it is set to
    trained_on: tuple[Dataset, ...]
    way: tuple[Made, ...]
    gaps: tuple[Gap, ...]  # about what is on the way


def of(graph: LineageGraph, words: str) -> ModelMade | None:
    """None where the words name no model, or several."""
    try:
        model = find.dataset(graph, words)
    except AnswerError:
        return None
    if model.kind is not DatasetKind.MODEL:
        return None
    way = tuple(_way(graph, model))
    on_it = {made.dataset.id for made in way}
    fragment = model.fragment
    known = {dataset.id: dataset for dataset in graph.datasets}
    return ModelMade(
        model=model,
        how=fragment.operators[0].removesuffix(".fit") if fragment is not None and fragment.operators else None,
        trained_on=tuple(known[name] for name in way[0].inputs if name in known),
        way=way,
        gaps=tuple(gap for gap in graph.gaps if gap.dataset in on_it),
    )


def _way(graph: LineageGraph, model: Dataset) -> Iterator[Made]:
    known = {dataset.id: dataset for dataset in graph.datasets}
    order = {dataset.id: number for number, dataset in enumerate(graph.datasets)}
    steps = {(step.step, step.call): step for step in graph.steps}
    waiting, met = [model.id], {model.id}
    found = []
    while waiting:
        dataset = known[waiting.pop()]
        step = steps.get((dataset.step, dataset.call)) if dataset.step is not None else None
        inputs = tuple(name for name in _inputs(dataset, step) if name in known)
        found.append(Made(dataset, step, inputs))
        fresh = [name for name in inputs if name not in met]
        met.update(fresh)
        waiting += fresh
    first, *rest = found
    yield first
    yield from sorted(rest, key=lambda made: order[made.dataset.id], reverse=True)


def _inputs(dataset: Dataset, step: Step | None) -> tuple[str, ...]:
    """What its plan stands on; where none was seen, all that its step took in."""
    if dataset.fragment is not None and dataset.fragment.inputs:
        return dataset.fragment.inputs
    return step.inputs if step is not None else ()


def document(made: ModelMade) -> Document:
    """The ``--json`` shape of ``explain`` of a model."""
    return {
        "model": made.model.id,
        "how": made.how,
        "step": made.model.step,
        "call": made.model.call,
        "mlflow_run": made.model.mlflow_run,
        "trained_on": [dataset.id for dataset in made.trained_on],
        "path": [
            {
                "dataset": each.dataset.id,
                "kind": each.dataset.kind.value,
                "namespace": each.dataset.namespace,
                "name": each.dataset.name,
                "rows": each.dataset.rows,
                "complete": each.dataset.complete,
                "reason": each.dataset.reason,
                "fingerprint": each.dataset.fingerprint,
                "step": each.step.step if each.step is not None else None,
                "function": each.step.function if each.step is not None else None,
                "file": each.step.file if each.step is not None else None,
                "line": each.step.line if each.step is not None else None,
                "inputs": list(each.inputs),
            }
            for each in made.way
        ],
        "gaps": [{"dataset": gap.dataset, "what": gap.what, "why": gap.why} for gap in made.gaps],
    }
