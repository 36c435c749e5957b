"""What the rows of an audit table stand for, where that is no step, dataset, check or gap of the graph itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from spark_lineage.events.parsing import EventHead, event_head
from spark_lineage.model import Column, ColumnInput, Dataset, LineageGraph, Sample, Step
from spark_lineage.store import journal, signatures
from spark_lineage.store.runs import RunRecord


@dataclass(frozen=True)
class RunRow:
    """A run and its proof; of a run that was recorded without, or has not ended, only the graph is known.

    ``previous`` are the root hashes that its own covers; ``signature`` and the public key ``signed_by`` are in base64.
    """

    graph: LineageGraph
    root_hash: str | None = None
    previous: Sequence[str] | None = None
    signature: str | None = None
    signed_by: str | None = None


@dataclass(frozen=True)
class ColumnRow:
    """A column of a dataset; ``expression`` and ``followed`` are of its definition where each column has one."""

    dataset: str
    position: int
    column: Column
    expression: str | None
    followed: bool | None


@dataclass(frozen=True)
class Edge:
    """A dataset (by its id) that goes into a step, or comes out of it. ``known`` is the dataset if the run has it."""

    step: Step
    direction: str
    dataset: str
    known: Dataset | None


@dataclass(frozen=True)
class ColumnUse:
    """A column of a step's input that goes into a column of its output.

    ``column`` is None where the input decides about rows, ``use`` where the column is made from no column.
    """

    dataset: Dataset
    column: str | None
    expression: str | None
    use: ColumnInput | None


@dataclass(frozen=True)
class SampledRow:
    dataset: str
    sample: Sample
    position: int
    values: Sequence[str | None]
    count: int


@dataclass(frozen=True)
class EventRow:
    """An event as JSON, what its row says of it, and its position in the journal, from 1."""

    seq: int
    head: EventHead
    event: str


def runs(record: RunRecord) -> Iterable[RunRow]:
    proof = signatures.proof(record.lines[-1]) if record.lines else None
    if proof is None:
        yield RunRow(record.graph)
        return
    previous = [str(each["root"]) for each in proof["previous"]]
    signature = proof.get("signature") or {}
    yield RunRow(record.graph, journal.root(record.lines), previous, signature.get("value"), signature.get("publicKey"))


def columns(record: RunRecord) -> Iterable[ColumnRow]:
    for dataset in record.graph.datasets:
        definitions = dataset.fragment.definitions if dataset.fragment else ()
        one_each = len(definitions) == len(dataset.columns)
        for number, column in enumerate(dataset.columns):
            made = definitions[number] if one_each else None
            yield ColumnRow(
                dataset.id, number, column, made.expression if made else None, made.followed if made else None
            )


def edges(record: RunRecord) -> Iterable[Edge]:
    datasets = {dataset.id: dataset for dataset in record.graph.datasets}
    for step in record.graph.steps:
        for direction, names in (("input", step.inputs), ("output", step.outputs)):
            yield from (Edge(step, direction, name, datasets.get(name)) for name in names)


def column_uses(record: RunRecord) -> Iterable[ColumnUse]:
    for dataset in record.graph.datasets:
        if dataset.fragment is None:
            continue
        for definition in dataset.fragment.definitions:
            for use in definition.inputs or (None,):
                yield ColumnUse(dataset, definition.column, definition.expression, use)
        yield from (ColumnUse(dataset, None, None, use) for use in dataset.fragment.indirect)


def sampled_rows(record: RunRecord) -> Iterable[SampledRow]:
    for dataset in record.graph.datasets:
        sample = dataset.sample
        if sample is not None:
            counts = sample.counts or (1,) * len(sample.rows)
            for position, (values, count) in enumerate(zip(sample.rows, counts, strict=False)):
                yield SampledRow(dataset.id, sample, position, values, count)


def events(record: RunRecord) -> Iterable[EventRow]:
    return (EventRow(number, event_head(line), _text(line)) for number, line in enumerate(record.lines, 1))


def _text(line: bytes) -> str:
    """The event as text in which no character of Unicode is escaped, unless it cannot be in a text of JSON."""
    if b"\\u" not in line:
        return line.decode()
    return json.dumps(json.loads(line), ensure_ascii=False, separators=(",", ":"))
