"""One step or dataset over the runs of a program: its facts, and where they changed. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from spark_lineage.answers import find
from spark_lineage.answers.errors import AnswerError
from spark_lineage.model import Dataset, LineageGraph, Outcome, Step, fingerprints


@dataclass(frozen=True)
class Subject:
    """What is followed from run to run: a dataset, or a step that makes none."""

    dataset: str | None
    step: str | None
    call: int
    words: str  # as the user named it: where a run has no dataset of this id, it may have one that the words mean


@dataclass(frozen=True)
class Point:
    """The subject in one run; ``step`` and ``dataset`` are None where the run has none."""

    graph: LineageGraph
    step: Step | None
    dataset: Dataset | None
    calls: int  # of the step in this run
    # Names of the facts that are known here and in an earlier run, and of those among them that changed since then.
    compared: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    @property
    def there(self) -> bool:
        return self.step is not None or self.dataset is not None


@dataclass(frozen=True)
class Series:
    """One subject over the runs, oldest first."""

    subject: Subject
    points: tuple[Point, ...]


def history(graphs: Sequence[LineageGraph], words: str) -> list[Series]:
    """``graphs``: runs of one program, oldest first. One series for each dataset that the words mean.

    Raises :class:`AnswerError` if no run has such a step or dataset, or if it cannot be told which one is meant.
    """
    for graph in reversed(graphs):
        found = subjects(graph, words)
        if found:
            return [Series(subject, _compared([_point(graph, subject) for graph in graphs])) for subject in found]
    raise AnswerError(find.unknown(graphs, words))


# --------------------------------------------------------------------------- which one is meant


def subjects(graph: LineageGraph, words: str) -> list[Subject]:
    """Nothing if the run has no such step or dataset. Raises :class:`AnswerError` if it is not clear which is meant."""
    match = find.step_or_dataset(graph, words)
    if match is None:
        return []
    if match.steps:
        return _of_steps(match.steps, match.call or 1, words)
    makers = {output: step for step in graph.steps for output in step.outputs}
    return [_of_dataset(dataset, makers.get(dataset.id), words) for dataset in match.datasets]


def _of_steps(steps: Sequence[Step], call: int, words: str) -> list[Subject]:
    step = next((step for step in steps if step.call == call), None)
    if step is None:
        raise AnswerError(f"{steps[0].step} has {len(steps)} calls in its last run, and no call {call}")
    if not step.outputs:
        return [Subject(None, step.step, call, words)]
    return [Subject(output, step.step, call, words) for output in step.outputs]


def _of_dataset(dataset: Dataset, step: Step | None, words: str) -> Subject:
    return Subject(dataset.id, step.step if step else dataset.step, step.call if step else dataset.call, words)


# --------------------------------------------------------------------------- facts and changes


def _point(graph: LineageGraph, subject: Subject) -> Point:
    dataset = _same_dataset(graph, subject)
    step = _same_step(graph, subject, dataset)
    calls = sum(1 for made in graph.steps if step is not None and made.step == step.step)
    return Point(graph, step, dataset, calls)


def _same_dataset(graph: LineageGraph, subject: Subject) -> Dataset | None:
    if subject.dataset is None:
        return None
    found = next((dataset for dataset in graph.datasets if dataset.id == subject.dataset), None)
    if found is not None:
        return found
    # The path or the variable has another name in this run: then it is what the step made here, or what the words mean.
    step = next((step for step in graph.steps if (step.step, step.call) == (subject.step, subject.call)), None)
    ids = step.outputs[:1] if step is not None else ()
    named = [dataset for dataset in graph.datasets if dataset.id in ids] or list(find.datasets(graph, subject.words))
    return named[0] if named else None


def _same_step(graph: LineageGraph, subject: Subject, dataset: Dataset | None) -> Step | None:
    for step in graph.steps:
        if dataset is not None and dataset.id in step.outputs:
            return step
    return next((step for step in graph.steps if (step.step, step.call) == (subject.step, subject.call)), None)


def _compared(points: Sequence[Point]) -> tuple[Point, ...]:
    """Compares each fact with the last run where it is known, so that a run that did not see it hides no change."""
    compared = []
    known: dict[str, object] = {}
    for point in points:
        seen = known_facts(point)
        both = tuple(name for name in seen if name in known)
        changed = tuple(name for name in both if seen[name] != known[name])
        compared.append(replace(point, compared=both, changed=changed))
        known.update(seen)
    return tuple(compared)


def known_facts(point: Point) -> dict[str, object]:
    """The facts that are known for sure in one run, by the names that ``changed`` uses."""
    dataset, step = point.dataset, point.step
    found: dict[str, object] = {}
    if dataset is not None:
        if dataset.rows is not None:
            found["rows"] = dataset.rows
        if dataset.complete:
            found["nulls"] = nulls_if_all_known(dataset)
            over = fingerprints.columns(dataset.fingerprint)  # others are another fact
            found[f"fingerprint of columns {over}" if over else "fingerprint"] = dataset.fingerprint
        found["columns"] = [(column.name, column.type) for column in dataset.columns] or None
        found["plan"] = plan_hash(dataset)
    if step is not None:
        found["source"] = step.source_hash
        found["calls"] = point.calls if point.graph.run.outcome is Outcome.COMPLETE else None
        found["outcome"] = step.outcome.value if step.outcome in (Outcome.COMPLETE, Outcome.FAIL) else None
    return {name: value for name, value in found.items() if value is not None}


def nulls_if_all_known(dataset: Dataset) -> int | None:
    known = [column.nulls for column in dataset.columns]
    return None if not known or None in known else sum(count for count in known if count is not None)


def plan_hash(dataset: Dataset) -> str | None:
    return dataset.fragment.plan_hash if dataset.fragment is not None else None
