"""Two executions of cells of one notebook: what they made, variable by variable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from spark_lineage.answers.errors import AnswerError
from spark_lineage.model import Cell, Dataset, LineageGraph, Outcome, fingerprints

SAME, DIFFERENT, UNKNOWN = "same", "different", "could not tell"
StepKey = tuple[str, int]


@dataclass(frozen=True)
class Pair:
    """What both executions hold under one name; None where one of them made nothing of that name."""

    name: str
    before: Dataset | None
    after: Dataset | None
    verdict: str  # same, different, could not tell
    columns: tuple[str, ...]  # that differ, as far as that is known


@dataclass(frozen=True)
class TwoExecutions:
    """``edited``: whether their texts differ."""

    before: Cell
    after: Cell
    edited: bool
    pairs: tuple[Pair, ...]


def compared(graph: LineageGraph, numbers: Sequence[int]) -> TwoExecutions:
    """Two executions by their numbers; of one number that execution and the last of the same cell.

    Raises AnswerError.
    """
    first = execution(graph, numbers[0])
    second = execution(graph, numbers[1]) if len(numbers) > 1 else _last_of(graph, first)
    before, after = sorted((first, second), key=lambda cell: cell.started)
    made = made_by(graph)
    old, new = made.get(before.number, {}), made.get(after.number, {})
    pairs = tuple(_pair(name, old.get(name), new.get(name)) for name in dict.fromkeys([*old, *new]))
    return TwoExecutions(before, after, before.text_hash != after.text_hash, pairs)


def execution(graph: LineageGraph, number: int) -> Cell:
    """Raises AnswerError where the record has none of this number."""
    found = [cell for cell in graph.run.cells if cell.number == number]
    if not found:
        known = ", ".join(f"In[{cell.number}]" for cell in graph.run.cells[-5:]) or "none at all"
        raise AnswerError(f"no cell In[{number}] was seen in this session; the last that were: {known}")
    return found[-1]


def last_of(graph: LineageGraph, words: str) -> str:
    """The step that a name means in a notebook: of a variable, the one that made it last; ``In[3]`` is ``cell_3``."""
    number = words[3:-1] if words.startswith("In[") and words.endswith("]") else ""
    if number.isdecimal():
        cell = execution(graph, int(number))
        if cell.step is None:
            raise AnswerError(f"{words} touched no DataFrame: there is nothing to show of it")
        return cell.step
    made = [dataset for dataset in graph.datasets if dataset.variable == words and dataset.step is not None]
    return f"{made[-1].step}#{made[-1].call}" if made else words


def _last_of(graph: LineageGraph, first: Cell) -> Cell:
    same = {first.number}
    last = first
    for cell in graph.run.cells:
        if cell.again in same:
            same.add(cell.number)
            last = cell
    if last is first and first.again is not None:
        return execution(graph, first.again)
    if last is first:
        raise AnswerError(f"In[{first.number}] has run once: name the execution to compare it with")
    return last


def so_far(graph: LineageGraph) -> LineageGraph:
    """A run that goes on, as if it had ended now."""
    if graph.run.outcome is not Outcome.RUNNING:
        return graph
    ended = {Outcome.RUNNING: Outcome.COMPLETE}
    steps = tuple(replace(step, outcome=ended.get(step.outcome, step.outcome)) for step in graph.steps)
    return replace(graph, run=replace(graph.run, outcome=Outcome.COMPLETE), steps=steps)


def cell_of_steps(graph: LineageGraph) -> Mapping[StepKey, int]:
    """(name, call) of a step -> the number of the cell that it ran in."""
    numbers = {cell.step: cell.number for cell in graph.run.cells if cell.step is not None}
    found: dict[StepKey, int] = {}
    for step in graph.steps:  # parents come before children
        number = numbers.get(step.step)
        if number is None and step.parent is not None:
            number = found.get(step.parent)
        if number is not None:
            found[(step.step, step.call)] = number
    return found


def made_by(graph: LineageGraph) -> Mapping[int, Mapping[str, Dataset]]:
    """The number of a cell -> what it made, by variable, else by the end of the step's name; of several the last."""
    cells = cell_of_steps(graph)
    found: dict[int, dict[str, Dataset]] = {}
    for dataset in graph.datasets:
        number = cells.get((dataset.step, dataset.call)) if dataset.step is not None else None
        if number is not None:
            found.setdefault(number, {})[name_of(dataset)] = dataset
    return found


def name_of(dataset: Dataset) -> str:
    """What a dataset is called in each execution of its cell."""
    return dataset.variable or (dataset.step or dataset.id).rpartition(".")[2]


def _pair(name: str, before: Dataset | None, after: Dataset | None) -> Pair:
    if before is None or after is None:
        return Pair(name, before, after, DIFFERENT, ())
    old = {column.name: column.fingerprint for column in before.columns}
    new = {column.name: column.fingerprint for column in after.columns}
    other = tuple(
        name for name in dict.fromkeys([*old, *new])
        if (name in old) != (name in new) or fingerprints.differ(old[name], new[name])
    )  # fmt: skip
    return Pair(name, before, after, verdict(before, after), other)


def verdict(before: Dataset, after: Dataset) -> str:
    """Whether two datasets hold the same, by what was measured of both."""
    if before.rows is not None and after.rows is not None and before.rows != after.rows:
        return DIFFERENT
    if [column.name for column in before.columns] != [column.name for column in after.columns]:
        return DIFFERENT
    if fingerprints.differ(before.fingerprint, after.fingerprint):
        return DIFFERENT
    if fingerprints.whole(before.fingerprint) and before.fingerprint == after.fingerprint:
        return SAME
    both = zip(before.columns, after.columns, strict=True)
    other = any(fingerprints.differ(old.fingerprint, new.fingerprint) for old, new in both)
    if before.complete and after.complete and other:
        return DIFFERENT
    return UNKNOWN
