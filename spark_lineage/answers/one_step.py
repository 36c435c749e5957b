"""``show RUN STEP``: one step of a run, with what it encloses."""

from __future__ import annotations

from dataclasses import replace

from spark_lineage.answers import find
from spark_lineage.answers.errors import AnswerError, still_running
from spark_lineage.model import LineageGraph, Step

StepKey = tuple[str, int]  # name of a step, number of its call


def of_step(graph: LineageGraph, words: str) -> LineageGraph:
    """The run with nothing but the calls of one step and what they enclose: their datasets, and their gaps.

    A dataset stands for the step that made it; ``clean#2`` is the second call. Raises :class:`AnswerError`.
    """
    match = find.step_or_dataset(graph, words)
    if match is None:
        sentence = f"run {graph.run.id} has no step {words}{find.nearest(graph, words=words)}"
        raise AnswerError(still_running(sentence, graph.run))
    made = {dataset.id for dataset in match.datasets}
    named = match.steps or tuple(step for step in graph.steps if made & set(step.outputs))
    chosen = [step for step in named if match.call in (None, step.call)]
    if not chosen:
        what = f"{words} is read by the run, and made by no step" if not match.steps else f"there is no call {words}"
        raise AnswerError(still_running(what, graph.run))
    steps = _with_enclosed(graph, chosen)
    used = {name for step in steps for name in (*step.inputs, *step.outputs)}
    names = {step.step for step in steps}
    return replace(
        graph,
        steps=tuple(steps),
        datasets=tuple(dataset for dataset in graph.datasets if dataset.id in used),
        gaps=tuple(gap for gap in graph.gaps if gap.dataset in used or (gap.dataset is None and gap.step in names)),
        checks=tuple(check for check in graph.checks if check.dataset in used),
    )


def _with_enclosed(graph: LineageGraph, chosen: list[Step]) -> list[Step]:
    """In the order of the run; parents come before children there."""
    keys: set[StepKey] = {(step.step, step.call) for step in chosen}
    found = []
    for step in graph.steps:
        if (step.step, step.call) in keys or (step.parent is not None and step.parent in keys):
            keys.add((step.step, step.call))
            found.append(step)
    return found
