"""The definition of one column, composed over the steps of a run down to the columns of its sources.

Pure: works on the graph of a run. ``graph.composition`` says which columns a column is made from; here they are put
into an order; ``composed_sql`` writes their expressions into each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from spark_lineage.answers import find
from spark_lineage.answers.composed_sql import ComposedSql, expression
from spark_lineage.answers.documents import Document
from spark_lineage.answers.errors import AnswerError, still_running
from spark_lineage.graph.composition import Composition, Derivation
from spark_lineage.graph.row_conditions import CUT, Decider, Grain, RowConditions, calls, functions, grain, walked
from spark_lineage.model import ColumnInput, Dataset, DatasetKind, Gap, LineageGraph, Outcome, Step

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
class RowCondition:
    """One operator that decides on the rows, in the order in which rows pass: ``op`` and ``kind`` as in Decider.

    ``sql``: the condition, how many rows a limit lets through, what a generator makes rows of; None: it has none, or it
    is not known. ``keys``: what rows are grouped or deduplicated by. All over the columns of the sources.
    ``reason``: why it is not wholly known.
    """

    op: str
    kind: str | None
    sql: str | None
    keys: tuple[tuple[str, str], ...]
    dataset: Dataset
    step: Step | None
    reason: str | None


@dataclass(frozen=True)
class Explanation:
    """``path`` begins with the column itself; a column comes before those that it is made from."""

    dataset: Dataset
    column: str
    definition: str
    sources: tuple[Source, ...]
    path: tuple[Hop, ...]
    deciding: tuple[tuple[Source, str], ...]  # source columns that decided which rows there are, and how
    running: bool = False  # the run had not ended
    gaps: tuple[Gap, ...] = ()  # of the datasets on the path: what of them was not observed, other than rows
    conditions: tuple[RowCondition, ...] = ()  # under which a row of the sources reaches the dataset
    grain: Grain | None = None  # None where rows are those of the sources
    partial: tuple[str, ...] = ()  # why definition, conditions or grain are not wholly known


def explain(graph: LineageGraph, words: str) -> Explanation:
    """Explains ``dataset.column``. Raises :class:`AnswerError` if the run has no such column."""
    try:
        return explained(graph, *find.column(graph, words))
    except AnswerError as error:
        raise AnswerError(still_running(str(error), graph.run)) from error


def explained(graph: LineageGraph, dataset: Dataset, column: str) -> Explanation:
    """Explains a column of a dataset of the graph."""
    return _Explainer(graph).explanation(dataset, column)


# --------------------------------------------------------------------------- ordering


class _Explainer:
    """Orders and words what ``graph.composition`` says of one column."""

    def __init__(self, graph: LineageGraph) -> None:
        self._graph = graph
        self._composition = Composition(graph)
        self._datasets: Mapping[str, Dataset] = {dataset.id: dataset for dataset in graph.datasets}
        self._steps = {(step.step, step.call): step for step in graph.steps}
        self._made = {output: step for step in graph.steps for output in step.outputs}
        self._sql = ComposedSql(graph, self._composition)
        self._known_ends: dict[Key, list[Key]] = {}
        self._running = graph.run.outcome is Outcome.RUNNING
        self._gaps = [gap for gap in graph.gaps if gap.dataset is not None and gap.what != "rows"]

    def explanation(self, dataset: Dataset, column: str) -> Explanation:
        derivations = self._composition.path(dataset.id, column)
        path = tuple(map(self._hop, derivations))
        sources = self._sources((dataset.id, column), derivations)
        definition = self._sql.definition(dataset.id, column)
        on_path = {dataset.id, *(hop.dataset.id for hop in path), *(source.dataset.id for source in sources)}
        gaps = tuple(gap for gap in self._gaps if gap.dataset in on_path)
        rows = RowConditions(self._graph, self._composition, self._sql.written(dataset.id)).of(dataset.id)
        conditions = tuple(self._condition(decider) for decider in walked(rows) if decider.op != "source")
        reasons = [*not_followed(path), *(each.reason for each in conditions if each.reason is not None)]
        partial = tuple(dict.fromkeys(reasons))
        return Explanation(
            dataset, column, definition, sources, path, self._deciding(dataset), self._running, gaps, conditions,
            grain(rows), partial,
        )  # fmt: skip

    def _condition(self, decider: Decider) -> RowCondition:
        dataset = self._datasets[decider.dataset]
        known = len(decider.key_texts) == len(decider.keys)
        keys = decider.key_texts if known else tuple((name, name) for name in decider.keys)
        return RowCondition(
            decider.op, decider.kind, decider.condition, keys, dataset, self._step(dataset), decider.reason
        )

    def _hop(self, derivation: Derivation) -> Hop:
        dataset = derivation.dataset
        return Hop(
            self._step(dataset), dataset, derivation.column, expression(derivation), derivation.inputs, derivation.rows
        )

    def _step(self, dataset: Dataset) -> Step | None:
        if dataset.id in self._made:
            return self._made[dataset.id]
        return self._steps.get((dataset.step, dataset.call)) if dataset.step is not None else None

    def _sources(self, key: Key, path: Iterable[Derivation]) -> tuple[Source, ...]:
        """The ends of the column, in the order in which its path comes to them."""
        direct: dict[Key, bool] = {}
        for use in self._composition.ends(*key):
            end = (use.dataset, use.column)
            direct[end] = direct.get(end, False) or use.kind == "DIRECT"
        order = dict.fromkeys((use.dataset, use.column) for derivation in path for use in derivation.inputs)
        return tuple(self._source(end, direct[end]) for end in order if end in direct)

    def _source(self, key: Key, direct: bool) -> Source:
        dataset = self._datasets[key[0]]
        return Source(dataset, key[1], direct, dataset.kind is DatasetKind.SOURCE)

    def _deciding(self, dataset: Dataset) -> tuple[tuple[Source, str], ...]:
        """Also of datasets that the column itself does not come through: a join drops rows for their sake."""
        found: dict[tuple[Key, str], Source] = {}
        for name in self._nearest_first(dataset.id):
            for use in self._composition.deciding(name):
                for key in self._ends(use):
                    found.setdefault((key, use.subtype), self._source(key, False))
        return tuple((source, subtype) for (_, subtype), source in found.items())

    def _nearest_first(self, dataset: str) -> Iterable[str]:
        """The dataset and all that it is made from."""
        found = {dataset: None}
        waiting = [dataset]
        for name in waiting:
            for below in self._composition.made_from(name):
                if below not in found:
                    found[below] = None
                    waiting.append(below)
        return found

    def _ends(self, use: ColumnInput) -> Sequence[Key]:
        """The columns that ``use`` comes down to; the column itself where it is made from no other."""
        key = (use.dataset, use.column)
        if key not in self._known_ends:
            # Not by the path of each: with a filter in every step of a chain that is the square of its length.
            ends = list(dict.fromkeys((end.dataset, end.column) for end in self._composition.ends(*key)))
            self._known_ends[key] = ends or [key] if use.dataset in self._datasets else []
        return self._known_ends[key]


def not_followed(path: Iterable[Hop]) -> list[str]:
    """Why the definition of a column is not wholly known."""
    found = []
    for hop in path:
        name = f"{hop.dataset.id}.{hop.column}"
        fragment = hop.dataset.fragment
        if "one_of(" in hop.expression:
            found.append(f"{name} is another expression in some rows than in others")
        if CUT.search(hop.expression):
            found.append(f"the expression of {name} is too long to be written out")
        if fragment is None:
            continue
        if any(not each.followed for each in fragment.definitions if each.column == hop.column):
            found.append(f"{name} is made, too, from what could not be followed")
        called = [function for function in functions(fragment) if calls(hop.expression, function)]
        found += [f"{name} is made by a function of the program: {function}" for function in called]
    return found


# --------------------------------------------------------------------------- --json


def document(explanation: Explanation) -> Document:
    """The contract ``explain.schema.json``."""
    return {
        "dataset": explanation.dataset.id,
        "column": explanation.column,
        "definition": explanation.definition,
        "running": explanation.running,
        "sources": [
            {
                "dataset": source.dataset.id,
                "column": source.column,
                "namespace": source.dataset.namespace,
                "name": source.dataset.name,
                "kind": "DIRECT" if source.direct else "INDIRECT",
            }
            for source in explanation.sources
        ],
        "path": [_hop(hop) for hop in explanation.path],
        "conditions": [_condition(condition) for condition in explanation.conditions],
        "grain": _grain(explanation.grain),
        "partial": list(explanation.partial),
        "decided_by": [
            {"dataset": source.dataset.id, "column": source.column, "subtype": subtype}
            for source, subtype in explanation.deciding
        ],
        "gaps": [{"dataset": gap.dataset, "what": gap.what, "why": gap.why} for gap in explanation.gaps],
    }


def _condition(condition: RowCondition) -> Document:
    return {
        "op": condition.op,
        "kind": condition.kind,
        "sql": condition.sql,
        "keys": _keys(condition.keys),
        "dataset": condition.dataset.id,
        "step": condition.step.step if condition.step else condition.dataset.step,
        "reason": condition.reason,
    }


def _grain(grain: Grain | None) -> Document | None:
    """None: a row is a row of the sources."""
    return {"keys": _keys(grain.keys), "sure": grain.why is None, "reason": grain.why} if grain is not None else None


def _keys(keys: Iterable[tuple[str, str]]) -> list[Document]:
    return [{"name": name, "sql": sql} for name, sql in keys]


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
                "dataset": name.dataset,
                "column": name.column,
                "kind": name.kind,
                "subtype": name.subtype,
                "masking": name.masking,
            }
            for name in inputs
        ],
    }
