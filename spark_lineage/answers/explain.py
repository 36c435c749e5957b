"""The definition of one column, composed over the steps of a run down to the columns of its sources.

Pure: works on the graph of a run. What a step does to a column is in the fragment of the dataset that it made; a
dataset that was written and read again in the same run is followed through the storage.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from spark_lineage.answers.find import columns, find, short
from spark_lineage.graph.expressions import Reference, enclosed, quoted, substituted
from spark_lineage.model import ColumnDefinition, ColumnInput, Dataset, DatasetKind, LineageGraph, Step

LONGEST = 4_000  # characters of an expression that is written into another one; a longer one stays a name

Document = dict[str, Any]
Key = tuple[str, str]  # dataset id, column


@dataclass(frozen=True)
class Hop:
    """What one step did to one column. ``rows``: the inputs that decided which rows there are."""

    step: Step | None
    dataset: Dataset
    column: str
    expression: str
    inputs: tuple[ColumnInput, ...]
    rows: tuple[ColumnInput, ...]


@dataclass(frozen=True)
class Source:
    """A column where the definition ends. ``known``: False where it only ends because nothing more was observed."""

    dataset: Dataset
    column: str
    direct: bool
    known: bool


@dataclass(frozen=True)
class Explanation:
    """``path`` begins with the column itself; a column comes before those that it is made from."""

    dataset: Dataset
    column: str
    definition: str
    sources: tuple[Source, ...]
    path: tuple[Hop, ...]
    deciding: tuple[tuple[Source, str], ...]  # source columns that decided which rows there are, and how


def explain(graph: LineageGraph, words: str) -> Explanation:
    """Explains ``dataset.column``. Raises :class:`ExplainError` if the run has no such column."""
    dataset, column = find(graph, words)
    return _Composer(graph).explanation(dataset, column)


# --------------------------------------------------------------------------- composing


class _Composer:
    def __init__(self, graph: LineageGraph) -> None:
        self._datasets: Mapping[str, Dataset] = {each.id: each for each in graph.datasets}
        self._order = {each.id: number for number, each in enumerate(graph.datasets)}
        self._steps = {(each.step, each.call): each for each in graph.steps}
        self._made = {output: step for step in graph.steps for output in step.outputs}
        self._texts: dict[Key, str] = {}
        self._qualified = True

    def explanation(self, dataset: Dataset, column: str) -> Explanation:
        path = self._path((dataset.id, column))
        sources = self._sources(path)
        self._qualified = len({each.dataset.id for each in sources}) > 1
        # From the sources up, so that a long chain needs no deep stack.
        for hop in reversed(path):
            self._texts[(hop.dataset.id, hop.column)] = self._written(hop)
        definition = self._text((dataset.id, column))
        return Explanation(dataset, column, definition, tuple(sources), tuple(path), self._deciding(dataset))

    def _path(self, start: Key) -> list[Hop]:
        """Each column once, after all columns on the way that are made from it."""
        hops: dict[Key, Hop] = {}
        order: list[Key] = []
        open_: list[tuple[Key, bool]] = [(start, False)]
        while open_:
            key, below_done = open_.pop()
            if below_done:
                order.append(key)
            elif key not in hops and (hop := self._hop(key)) is not None:
                hops[key] = hop
                open_.append((key, True))
                open_.extend(((each.dataset, each.column), False) for each in hop.inputs)
        return [hops[key] for key in reversed(order)]

    def _hop(self, key: Key) -> Hop | None:
        """None where the definition ends."""
        dataset = self._datasets.get(key[0])
        if dataset is None:
            return None
        stored = self._stored(dataset)
        if stored is not None and key[1] in columns(stored):
            through = ColumnInput(stored.id, key[1], "DIRECT", "IDENTITY")
            return Hop(self._step(dataset), dataset, key[1], quoted(key[1]), (through,), ())
        definition = _definition(dataset, key[1])
        if definition is None:
            return None
        inputs = tuple(each for each in definition.inputs if each.dataset != dataset.id)
        rows = dataset.fragment.indirect if dataset.fragment else ()
        before = self._appended_to(dataset)
        if before is None or key[1] not in columns(before):
            return Hop(self._step(dataset), dataset, key[1], definition.expression, inputs, rows)
        earlier = ColumnInput(before.id, key[1], "DIRECT", "IDENTITY")
        text = f"one_of({_qualified(definition)}, {quoted(before.id)}.{quoted(key[1])})"
        return Hop(self._step(dataset), dataset, key[1], text, (*inputs, earlier), rows)

    def _step(self, dataset: Dataset) -> Step | None:
        if dataset.id in self._made:
            return self._made[dataset.id]
        return self._steps.get((dataset.step, dataset.call)) if dataset.step is not None else None

    def _stored(self, dataset: Dataset) -> Dataset | None:
        """For a source: what an earlier step of this run wrote there."""
        if dataset.kind is not DatasetKind.SOURCE:
            return None
        return self._written_before(dataset)

    def _appended_to(self, dataset: Dataset) -> Dataset | None:
        """For a sink that was appended to what this run had written there before: that."""
        if dataset.kind is not DatasetKind.SINK or not (dataset.mode or "").startswith("append"):
            return None
        return self._written_before(dataset)

    def _written_before(self, dataset: Dataset) -> Dataset | None:
        """What this run wrote last, before ``dataset``, in its place."""
        place = (dataset.namespace, dataset.name)
        before = [
            each
            for each in self._datasets.values()
            if each.kind is DatasetKind.SINK
            and (each.namespace, each.name) == place
            and self._order[each.id] < self._order[dataset.id]
        ]
        return before[-1] if before else None

    def _sources(self, path: Iterable[Hop]) -> list[Source]:
        hops = {(hop.dataset.id, hop.column): hop for hop in path}
        found: dict[Key, Source] = {}
        direct = self._reached_directly(path, hops)
        for hop in hops.values():
            for each in hop.inputs:
                key = (each.dataset, each.column)
                if key not in hops and key[0] in self._datasets:
                    found.setdefault(key, self._source(key, key in direct))
        if not hops:
            return []
        return list(found.values())

    def _source(self, key: Key, direct: bool) -> Source:
        dataset = self._datasets[key[0]]
        return Source(dataset, key[1], direct, dataset.kind is DatasetKind.SOURCE)

    @staticmethod
    def _reached_directly(path: Iterable[Hop], hops: Mapping[Key, Hop]) -> set[Key]:
        """Columns whose values go into the definition; the others only decide between values."""
        first = next(iter(path), None)
        if first is None:
            return set()
        reached, open_ = set(), [(first.dataset.id, first.column)]
        while open_:
            key = open_.pop()
            if key in reached:
                continue
            reached.add(key)
            hop = hops.get(key)
            open_ += [(each.dataset, each.column) for each in hop.inputs if each.kind == "DIRECT"] if hop else []
        return reached

    def _deciding(self, dataset: Dataset) -> tuple[tuple[Source, str], ...]:
        """Also of datasets that the column itself does not come through: a join drops rows for their sake."""
        rows = {
            (each.dataset, each.column, each.subtype): None
            for above in self._upstream(dataset)
            for each in (above.fragment.indirect if above.fragment else ())
            if each.dataset in self._datasets
        }
        found: dict[tuple[Key, str], Source] = {}
        ends: dict[Key, list[Key]] = {}
        for name, column, subtype in rows:
            for key in self._ends((name, column), ends):
                found.setdefault((key, subtype), self._source(key, False))
        return tuple((source, subtype) for (_, subtype), source in found.items())

    def _upstream(self, dataset: Dataset) -> list[Dataset]:
        """The dataset and all that it is made from, nearest first."""
        found: dict[str, Dataset] = {}
        open_ = [dataset]
        for each in open_:
            if each.id in found:
                continue
            found[each.id] = each
            stored = self._stored(each)
            inputs = each.fragment.inputs if each.fragment else ()
            open_ += [self._datasets[name] for name in inputs if name in self._datasets]
            open_ += [stored] if stored is not None else []
        return list(found.values())

    def _ends(self, start: Key, known: dict[Key, list[Key]]) -> list[Key]:
        if start not in known:
            path = self._path(start)
            sources = [(each.dataset.id, each.column) for each in self._sources(path)]
            known[start] = sources or [start]
        return known[start]

    # -- text

    def _text(self, key: Key) -> str:
        return self._texts[key] if key in self._texts else self._end(key)

    def _written(self, hop: Hop) -> str:
        if hop.expression == quoted(hop.column) and len(hop.inputs) == 1:
            return self._text((hop.inputs[0].dataset, hop.inputs[0].column))
        owners: dict[str, list[str]] = {}
        for each in hop.inputs:
            if each.dataset not in owners.setdefault(each.column, []):
                owners[each.column].append(each.dataset)
        qualifiers: dict[str, str] = {each.dataset: each.dataset for each in hop.inputs}
        for each in hop.inputs:
            if each.dataset in self._datasets:
                qualifiers.setdefault(short(self._datasets[each.dataset]), each.dataset)

        def write(reference: Reference) -> str | None:
            candidates = owners[reference.column]
            named = qualifiers.get(reference.qualifier or "")
            if named in candidates:
                return self._inside((named, reference.column))
            if len(candidates) == 1:
                return self._inside((candidates[0], reference.column))
            return None  # which of several is meant cannot be told: the step's own text stays

        return substituted(hop.expression, owners, qualifiers, write)

    def _inside(self, key: Key) -> str:
        text = self._text(key)
        return enclosed(text) if len(text) <= LONGEST else f"⟨{quoted(key[0])}.{quoted(key[1])}⟩"

    def _end(self, key: Key) -> str:
        dataset = self._datasets.get(key[0])
        if not self._qualified or dataset is None:
            return quoted(key[1])
        return f"{quoted(short(dataset))}.{quoted(key[1])}"


def _qualified(definition: ColumnDefinition) -> str:
    """The expression with each column's dataset written out, where one dataset has it."""
    owners: dict[str, set[str]] = {}
    for each in definition.inputs:
        owners.setdefault(each.column, set()).add(each.dataset)

    def write(reference: Reference) -> str | None:
        if reference.qualifier is not None or len(owners[reference.column]) > 1:
            return None
        return f"{quoted(next(iter(owners[reference.column])))}.{quoted(reference.column)}"

    return substituted(definition.expression, owners, {each.dataset for each in definition.inputs}, write)


def _definition(dataset: Dataset, column: str) -> ColumnDefinition | None:
    if dataset.fragment is None:
        return None
    return next((each for each in dataset.fragment.definitions if each.column == column), None)


# --------------------------------------------------------------------------- --json


def document(explanation: Explanation) -> Document:
    """The contract ``explain.schema.json``."""
    return {
        "dataset": explanation.dataset.id,
        "column": explanation.column,
        "definition": explanation.definition,
        "sources": [
            {
                "dataset": each.dataset.id,
                "column": each.column,
                "namespace": each.dataset.namespace,
                "name": each.dataset.name,
                "kind": "DIRECT" if each.direct else "INDIRECT",
            }
            for each in explanation.sources
        ],
        "path": [_hop(each) for each in explanation.path],
        "decided_by": [
            {"dataset": each.dataset.id, "column": each.column, "subtype": subtype}
            for each, subtype in explanation.deciding
        ],
    }


def _hop(hop: Hop) -> Document:
    inputs = dict.fromkeys((*hop.inputs, *hop.rows))
    return {
        "step": hop.step.step if hop.step else (hop.dataset.step or ""),
        "call": hop.step.call if hop.step else hop.dataset.call,
        "function": hop.step.function if hop.step else None,
        "dataset": hop.dataset.id,
        "column": hop.column,
        "expression": hop.expression,
        "inputs": [
            {
                "dataset": each.dataset,
                "column": each.column,
                "kind": each.kind,
                "subtype": each.subtype,
                "masking": each.masking,
            }
            for each in inputs
        ],
    }
