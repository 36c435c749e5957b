"""``history``: one step or dataset over the runs of a program: its facts, and where they changed. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from spark_lineage.answers.find import short
from spark_lineage.events.identity import iso
from spark_lineage.model import Dataset, LineageGraph, Outcome, Step

Document = dict[str, Any]
NEAREST = 3  # names that are offered for an unknown one


class HistoryError(ValueError):
    """The name means nothing, or more than one thing; its text is one sentence for the user."""


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
    # Names of facts that are known here and of a run before, and those of them that are not as they were last.
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

    Raises :class:`HistoryError` if no run has such a step or dataset, or if it cannot be told which one is meant.
    """
    for graph in reversed(graphs):
        found = subjects(graph, words)
        if found:
            return [Series(each, _compared([_point(graph, each) for graph in graphs])) for each in found]
    raise HistoryError(unknown(graphs, words))


# --------------------------------------------------------------------------- which one is meant


def subjects(graph: LineageGraph, words: str) -> list[Subject]:
    """Nothing if the run has no such step or dataset: by id, name, table, variable, or the end of a step or path."""
    name, call = _call(words)
    made = {output: step for step in graph.steps for output in step.outputs}
    if call is None:
        exact = [each for each in graph.datasets if name in (each.id, each.name)]
        if exact:
            return [_of_dataset(exact[0], made.get(exact[0].id), words)]
    steps = _steps(graph, name)
    if steps:
        return _of_steps(steps, call or 1, words)
    datasets = _datasets(graph, name) if call is None else []
    if len(datasets) > 1:
        raise HistoryError(_several(words, [each.id for each in datasets], "datasets"))
    return [_of_dataset(each, made.get(each.id), words) for each in datasets]


def _call(words: str) -> tuple[str, int | None]:
    """``clean#2`` is the second call of ``clean``, as ``show`` prints it."""
    name, mark, number = words.rpartition("#")
    return (name.strip(), int(number)) if mark and number.isdecimal() and name else (words, None)


def _steps(graph: LineageGraph, name: str) -> list[Step]:
    """All calls of the step. Raises HistoryError if several steps have that name."""
    tests: tuple[Callable[[Step], bool], ...] = (
        lambda each: each.step == name,
        lambda each: each.step.endswith(f".{name}"),
        lambda each: each.function == name and each.outputs != (),
    )
    for test in tests:
        found = [each for each in graph.steps if test(each)]
        names = list(dict.fromkeys(each.step for each in found))
        if len(names) > 1:
            raise HistoryError(_several(name, names, "steps"))
        if found:
            return found
    return []


def _of_steps(steps: Sequence[Step], call: int, words: str) -> list[Subject]:
    step = next((each for each in steps if each.call == call), None)
    if step is None:
        raise HistoryError(f"{steps[0].step} has {len(steps)} calls in its last run, and no call {call}")
    if not step.outputs:
        return [Subject(None, step.step, call, words)]
    return [Subject(output, step.step, call, words) for output in step.outputs]


def _of_dataset(dataset: Dataset, step: Step | None, words: str) -> Subject:
    return Subject(dataset.id, step.step if step else dataset.step, step.call if step else dataset.call, words)


def _datasets(graph: LineageGraph, name: str) -> list[Dataset]:
    tests: tuple[Callable[[Dataset], bool], ...] = (
        lambda each: each.storage is not None and each.storage.table == name,
        lambda each: each.variable == name,
        lambda each: short(each) == name,
        lambda each: each.name.endswith("/" + name.lstrip("/")),
    )
    for test in tests:
        found = [each for each in graph.datasets if test(each)]
        if found:
            return found
    return []


def _several(words: str, names: Sequence[str], what: str) -> str:
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return f"{words} is the name of {len(names)} {what}: write one of {', '.join(names[:4])}{more}"


def unknown(graphs: Sequence[LineageGraph], words: str) -> str:
    """One sentence with the nearest names; the last graph is the newest."""
    names = dict.fromkeys(
        name
        for graph in reversed(graphs)
        for name in (*(each.id for each in graph.datasets), *(each.step for each in graph.steps))
    )
    ends = {name.rpartition(".")[2]: name for name in reversed(names)}
    near = difflib.get_close_matches(words, [*names, *ends], NEAREST, cutoff=0.4)
    near = near or difflib.get_close_matches(words, list(names), 1, cutoff=0.0)
    runs = "the last run has" if len(graphs) == 1 else f"the last {len(graphs)} runs have"
    nearest = ", ".join(dict.fromkeys(ends.get(each, each) if each not in names else each for each in near))
    return f"{runs} no step or dataset {words}" + (f"; the nearest: {nearest}" if nearest else "")


# --------------------------------------------------------------------------- facts and changes


def _point(graph: LineageGraph, subject: Subject) -> Point:
    dataset = _same_dataset(graph, subject)
    step = _same_step(graph, subject, dataset)
    calls = sum(1 for each in graph.steps if step is not None and each.step == step.step)
    return Point(graph, step, dataset, calls)


def _same_dataset(graph: LineageGraph, subject: Subject) -> Dataset | None:
    if subject.dataset is None:
        return None
    found = next((each for each in graph.datasets if each.id == subject.dataset), None)
    if found is not None:
        return found
    # Another folder in each run, a renamed variable: what the step made there, or what the words mean there.
    step = next((each for each in graph.steps if (each.step, each.call) == (subject.step, subject.call)), None)
    ids = step.outputs[:1] if step is not None else ()
    named = [each for each in graph.datasets if each.id in ids] or _datasets(graph, subject.words)
    return named[-1] if named else None


def _same_step(graph: LineageGraph, subject: Subject, dataset: Dataset | None) -> Step | None:
    for step in graph.steps:
        if dataset is not None and dataset.id in step.outputs:
            return step
    return next((each for each in graph.steps if (each.step, each.call) == (subject.step, subject.call)), None)


def _compared(points: Sequence[Point]) -> tuple[Point, ...]:
    """Each fact against the last run of which it is known: what one run did not see hides no change."""
    compared = []
    known: dict[str, object] = {}
    for point in points:
        seen = facts(point)
        both = tuple(name for name in seen if name in known)
        changed = tuple(name for name in both if seen[name] != known[name])
        compared.append(replace(point, compared=both, changed=changed))
        known.update(seen)
    return tuple(compared)


def facts(point: Point) -> dict[str, object]:
    """What is known for sure of the subject in one run, by the names of ``changed``."""
    dataset, step = point.dataset, point.step
    found: dict[str, object] = {}
    if dataset is not None:
        if dataset.complete:
            found = {"rows": dataset.rows, "nulls": _nulls(dataset), "fingerprint": dataset.fingerprint}
        found["columns"] = [(each.name, each.type) for each in dataset.columns] or None
        found["plan"] = _plan(dataset)
    if step is not None:
        found["source"] = step.source_hash
        found["calls"] = point.calls if point.graph.run.outcome is Outcome.COMPLETE else None
        found["outcome"] = step.outcome.value if step.outcome in (Outcome.COMPLETE, Outcome.FAIL) else None
    return {name: value for name, value in found.items() if value is not None}


def _nulls(dataset: Dataset) -> int | None:
    known = [each.nulls for each in dataset.columns]
    return None if not known or None in known else sum(each for each in known if each is not None)


def _plan(dataset: Dataset) -> str | None:
    return dataset.fragment.plan_hash if dataset.fragment is not None else None


# --------------------------------------------------------------------------- --json


def document(series: Iterable[Series], words: str, store: str) -> Document:
    """The ``--json`` shape."""
    return {"name": words, "store": store, "series": [_series(each) for each in series]}


def _series(series: Series) -> Document:
    subject = series.subject
    return {
        "dataset": subject.dataset,
        "step": subject.step,
        "call": subject.call,
        "points": [_document(each) for each in series.points],
    }


def _document(point: Point) -> Document:
    run, step, dataset = point.graph.run, point.step, point.dataset
    ended = step.ended if step is not None else None
    return {
        "run": run.id,
        "started_at": iso(run.started),
        "outcome": run.outcome.value,
        "commit": run.repository.commit if run.repository else None,
        "dirty": run.repository.dirty if run.repository else None,
        "branch": run.repository.branch if run.repository else None,
        "labels": dict(run.labels),
        "mode": run.mode.value,
        "present": point.there,
        "step": step.step if step else None,
        "calls": point.calls,
        "step_outcome": step.outcome.value if step else None,
        "duration_ms": round((ended - step.started) * 1000, 3) if step and ended is not None else None,
        "source_hash": step.source_hash if step else None,
        "dataset": dataset.id if dataset else None,
        "rows": dataset.rows if dataset else None,
        "nulls": _nulls(dataset) if dataset else None,
        "columns": [each.name for each in dataset.columns] if dataset else [],
        "fingerprint": dataset.fingerprint if dataset else None,
        "complete": dataset.complete if dataset else None,
        "reason": dataset.reason if dataset else None,
        "plan_hash": _plan(dataset) if dataset else None,
        "compared": list(point.compared),
        "changed": list(point.changed),
    }
