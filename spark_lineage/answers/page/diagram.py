"""The graph of a run, or of two laid over each other, as a drawing needs it: steps, stored datasets, and what flows.

A step that took something in or gave something out is a node, and so is what is in storage. An interim dataset is an
edge from the step that made it to each step that used it. Calls are groups: a group holds what its call encloses.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from spark_lineage.answers.page.content import Page, PageOfTwo
from spark_lineage.model import Dataset, DatasetKind, LineageGraph, Outcome, Step, StepKind

StepKey = tuple[str, int]


class NodeKind(enum.Enum):
    STEP = "step"
    SOURCE = "source"
    SINK = "sink"
    MODEL = "model"


@dataclass(frozen=True)
class Node:
    """``id`` is a letter and a number. ``state``: of two runs, as in the page's document. Of two runs ``step`` and
    ``dataset`` are B's where B has them.
    """

    id: str
    kind: NodeKind
    group: str | None
    state: str | None
    step: Step | None = None
    dataset: Dataset | None = None

    @property
    def failed(self) -> bool:
        return self.step is not None and self.step.outcome in (Outcome.FAIL, Outcome.ABORT)


@dataclass(frozen=True)
class Edge:
    """From node to node. ``dataset``: the interim dataset that flows; None between storage and a step."""

    start: str
    end: str
    dataset: Dataset | None
    state: str | None


@dataclass(frozen=True)
class Group:
    """A call, and the group that it stands in. Its own node, if it has one, stands in it."""

    id: str
    parent: str | None
    step: Step


@dataclass(frozen=True)
class Diagram:
    """A group comes before those in it."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    groups: tuple[Group, ...]


def diagram(page: Page | PageOfTwo) -> Diagram:
    if isinstance(page, Page):
        graph = page.run.graph
        drawing = _Drawing()
        drawing.add(
            graph,
            {(step.step, step.call): (number, None) for number, step in enumerate(graph.steps)},
            {dataset.id: (number, None) for number, dataset in enumerate(graph.datasets)},
        )
        return drawing.finished()
    return _of_two(page)


def _of_two(page: PageOfTwo) -> Diagram:
    """B first: what both have is drawn as B has it."""
    drawing = _Drawing()
    steps = list(enumerate(page.comparison.steps))
    datasets = list(enumerate(page.comparison.datasets))
    for graph, run in ((page.b.graph, "b"), (page.a.graph, "a")):
        drawing.add(
            graph,
            {key: (n, each.state.value) for n, each in steps if (key := getattr(each, run)) is not None},
            {name: (n, each.state.value) for n, each in datasets if (name := getattr(each, run)) is not None},
        )
    return drawing.finished()


Known = tuple[int, "str | None"]  # number in the drawing, state


class _Drawing:
    """Each node, edge and group once, as the first graph that has it says."""

    def __init__(self) -> None:
        self._nodes: dict[str, Node] = {}
        self._edges: dict[tuple[str, str, str], Edge] = {}
        self._groups: dict[str, Group] = {}

    def finished(self) -> Diagram:
        return Diagram(tuple(self._nodes.values()), tuple(self._edges.values()), tuple(self._groups.values()))

    def add(self, graph: LineageGraph, steps: Mapping[StepKey, Known], datasets: Mapping[str, Known]) -> None:
        of_key = {(step.step, step.call): step for step in graph.steps}
        groups = self._group(graph, steps, of_key)
        made_by: dict[str, str] = {}
        for step in graph.steps:
            if not (step.inputs or step.outputs):
                continue
            key = (step.step, step.call)
            number, state = steps[key]
            own = f"g{number}"
            group = own if own in groups.values() else groups.get(step.parent) if step.parent is not None else None
            node = Node(f"s{number}", NodeKind.STEP, group, state, step)
            self._nodes.setdefault(node.id, node)
            made_by.update(dict.fromkeys(step.outputs, node.id))
        for dataset in graph.datasets:
            if dataset.kind is not DatasetKind.INTERIM:
                number, state = datasets[dataset.id]
                stored = Node(f"d{number}", NodeKind(dataset.kind.value), None, state, None, dataset)
                self._nodes.setdefault(stored.id, stored)
        self._flow(graph, steps, datasets, made_by)

    def _group(
        self, graph: LineageGraph, steps: Mapping[StepKey, Known], of_key: Mapping[StepKey, Step]
    ) -> dict[StepKey, str]:
        """Of each step that encloses others, but the application; those around it come first."""
        groups: dict[StepKey, str] = {}
        for parent in dict.fromkeys(step.parent for step in graph.steps):  # in order of start: outer ones before inner
            step = of_key.get(parent) if parent is not None else None
            if parent is None or step is None or step.kind is StepKind.APPLICATION:
                continue
            groups[parent] = f"g{steps[parent][0]}"
        for key, name in groups.items():
            around = groups.get(of_key[key].parent or key)
            self._groups.setdefault(name, Group(name, around if around != name else None, of_key[key]))
        return groups

    def _flow(
        self, graph: LineageGraph, steps: Mapping[StepKey, Known], datasets: Mapping[str, Known],
        made_by: Mapping[str, str],
    ) -> None:  # fmt: skip
        of_id = {dataset.id: dataset for dataset in graph.datasets}
        for step in graph.steps:
            own = f"s{steps[step.step, step.call][0]}"
            for name in step.inputs:
                self._edge(of_id.get(name), own, datasets, made_by, False)
            for name in step.outputs:
                self._edge(of_id.get(name), own, datasets, made_by, True)

    def _edge(
        self, dataset: Dataset | None, step: str, datasets: Mapping[str, Known], made_by: Mapping[str, str], out: bool
    ) -> None:
        if dataset is None:
            return
        number, state = datasets[dataset.id]
        if dataset.kind is not DatasetKind.INTERIM:
            ends = (step, f"d{number}") if out else (f"d{number}", step)
            self._edges.setdefault((*ends, ""), Edge(*ends, None, state))
        elif not out and (maker := made_by.get(dataset.id)) not in (None, step):
            self._edges.setdefault((maker or "", step, str(number)), Edge(maker or "", step, dataset, state))
