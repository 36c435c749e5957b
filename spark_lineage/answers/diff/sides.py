"""One of the two runs, with what tells its steps and datasets from others."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property

from spark_lineage.model import Dataset, DatasetKind, Fragment, LineageGraph, Step, StepKind, fingerprints

StepKey = tuple[str, int]
_WORD = re.compile(r"\w+|[^\w\s]")


@dataclass
class Traits:
    """What tells a step from others, beside its name."""

    step: Step
    label: str | None
    outputs: list[Dataset]
    plans: tuple[str, ...] = ()  # of its outputs and those of the steps below it
    prints: tuple[str, ...] = ()
    operators: frozenset[str] = frozenset()
    children: list[Traits] = field(default_factory=list)
    reads: tuple[str, ...] = ()  # sources, by the last part of their names
    takes: tuple[Dataset, ...] = ()  # what other steps made
    siblings: int = 1  # calls of the same function from the same step, itself included
    _tokens: frozenset[str] | None = None

    @cached_property
    def key(self) -> StepKey:
        return (self.step.step, self.step.call)

    @property
    def tokens(self) -> frozenset[str]:
        if self._tokens is None:
            self._tokens = frozenset(_WORD.findall(self.step.source or ""))
        return self._tokens


class Side:
    """One of the two runs, with the traits of its steps."""

    def __init__(self, graph: LineageGraph) -> None:
        self.graph = graph
        self.datasets = {dataset.id: dataset for dataset in graph.datasets}
        self._inputs: dict[str, tuple[str, ...]] = {}
        self.traits = {
            (step.step, step.call): Traits(
                step, _label(step), [self.datasets[name] for name in step.outputs if name in self.datasets]
            )
            for step in graph.steps
        }
        self.roots: list[Traits] = []
        for traits in self.traits.values():
            parent = self.traits.get(traits.step.parent) if traits.step.parent is not None else None
            if parent is None or parent is traits:
                self.roots.append(traits)
            else:
                parent.children.append(traits)
        for traits in self.traits.values():
            calls = Counter(child.label for child in traits.children)
            for child in traits.children:
                child.siblings = calls[child.label]
            inputs = [self.datasets[name] for name in traits.step.inputs if name in self.datasets]
            traits.reads = tuple(last_part(dataset) for dataset in inputs if dataset.kind is DatasetKind.SOURCE)
            traits.takes = tuple(dataset for dataset in inputs if dataset.kind is not DatasetKind.SOURCE)
        for traits in reversed(list(self.traits.values())):  # parents come before children
            _describe(traits)

    def inputs_of(self, dataset: Dataset) -> tuple[str, ...]:
        """The ids of what a dataset was made from: what its plan reads; behind Python, all that its step used, too."""
        found = self._inputs.get(dataset.id)
        if found is None:
            found = self._inputs[dataset.id] = self._look_for_inputs(dataset)
        return found

    def _look_for_inputs(self, dataset: Dataset) -> tuple[str, ...]:
        fragment = dataset.fragment
        step = self.traits.get((dataset.step, dataset.call)) if dataset.step is not None else None
        used = tuple(name for name in step.step.inputs if name != dataset.id) if step is not None else ()
        if fragment is None:
            return used if dataset.kind is not DatasetKind.SOURCE else ()
        if any(leaf in ("rdd", "local", "cached") for leaf in fragment.opaque):
            # The rows went through Python: what the step used may be in them.
            return tuple(dict.fromkeys((*fragment.inputs, *used)))
        return fragment.inputs


def _label(step: Step) -> str | None:
    """The function's or variable's name; None for a statement that assigns nothing."""
    if step.kind is StepKind.STATEMENT:
        return step.variable
    if step.kind is StepKind.APPLICATION:
        return ""
    return step.function if step.kind is StepKind.FUNCTION else step.step.rpartition(".")[2]


def _describe(traits: Traits) -> None:
    plans: list[str] = []
    prints: list[str] = []
    operators: set[str] = set()
    for dataset in traits.outputs:
        if dataset.fragment is not None:
            plans.append(dataset.fragment.plan_hash)
            operators.update(dataset.fragment.operators)
        if dataset.complete:
            prints.append(content(dataset))
    for child in traits.children:
        plans.extend(child.plans)
        prints.extend(child.prints)
    traits.plans, traits.prints, traits.operators = tuple(plans), tuple(prints), frozenset(operators)
    if len(traits.plans) > 8:  # a body with many steps below it is told by one hash of all
        traits.plans = (str(hash(traits.plans)),)
    if len(traits.prints) > 8:
        traits.prints = (str(hash(traits.prints)),)


def content(dataset: Dataset) -> str:
    """One word for what was measured of a complete dataset."""
    if (of_all := fingerprints.whole(dataset.fingerprint)) is not None:
        return of_all
    seen = ",".join(
        f"{column.name}={column.fingerprint}" for column in dataset.columns if column.fingerprint is not None
    )
    return f"{dataset.rows}:{dataset.fingerprint}:{seen}"


def plan_hash(dataset: Dataset) -> str | None:
    return dataset.fragment.plan_hash if dataset.fragment is not None else None


def other_plan(a: Fragment, b: Fragment) -> bool:
    """Whether the plans differ, or the rows that both hold themselves. Hashes of two versions of the algorithm say
    nothing of each other: then the operators are compared, as people read them.
    """
    if a.plan_hash.partition(":")[0] == b.plan_hash.partition(":")[0]:
        return a.plan_hash != b.plan_hash or other_rows(a, b)
    return a.operators != b.operators


def other_rows(a: Fragment, b: Fragment) -> bool:
    """Whether both plans hold rows, and other ones. One may hold rows that the other has as an RDD."""
    held = [[cover for cover in each.covers if cover.startswith("local@")] for each in (a, b)]
    return bool(held[0] and held[1]) and held[0] != held[1]


def last_part(dataset: Dataset) -> str:
    """``orders`` for ``/data/orders/``; a table by its name."""
    if dataset.storage is not None and dataset.storage.table:
        return dataset.storage.table.rpartition(".")[2]
    return dataset.name.rstrip("/").rpartition("/")[2]
