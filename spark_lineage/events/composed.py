"""The standard ``lineage`` facet of an application: what each place that the run wrote is made from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from spark_lineage.events import specified, standard
from spark_lineage.events.specified import Document, present
from spark_lineage.graph.composition import Composition, Written
from spark_lineage.model import ColumnInput, Dataset, DatasetKind, LineageGraph

MOST = 20_000  # pairs of a written column and a source's column in one event; beyond that only datasets are named

Key = tuple[str, str]  # dataset id, column
Name = tuple[str, str]  # namespace, name


def facet(graph: LineageGraph, written: Sequence[Written] | None = None) -> Document | None:
    """One entry for each place that the run wrote; None if it wrote nothing. ``written``: if it is known already."""
    written = Composition(graph).written() if written is None else written
    datasets = {dataset.id: dataset for dataset in graph.datasets}
    entries = [_entry(place, datasets) for place in written]
    if sum(map(_pairs, entries)) > MOST:
        entries = [_entry_of_datasets(place, datasets) for place in written]
    return specified.facet("LineageJobFacet", entries=entries) if entries else None


def outer(graph: LineageGraph, written: Sequence[Written]) -> tuple[list[Dataset], dict[Name, tuple[Dataset, Any]]]:
    """What a run as a whole reads and writes, once per place: sources, and sinks with the facet columnLineage.

    A place that the run writes before it reads it is nothing that it takes from outside.
    """
    datasets = {dataset.id: dataset for dataset in graph.datasets}
    places = {(place.namespace, place.name): place for place in written}
    used = {source for place in written for source in place.sources}
    read = {
        (dataset.namespace, dataset.name): dataset
        for dataset in reversed(graph.datasets)
        if dataset.kind is DatasetKind.SOURCE
        and (dataset.id in used or (dataset.namespace, dataset.name) not in places)
    }
    many = sum(len(uses) for place in written for uses in place.columns.values()) > MOST
    sinks: dict[Name, tuple[Dataset, Any]] = {}
    for dataset in graph.datasets:
        name = (dataset.namespace, dataset.name)
        if dataset.kind is DatasetKind.SINK and dataset.columns and name in places:
            place, known = places[name], {column.name for column in dataset.columns}
            columns = {column: uses for column, uses in place.columns.items() if column in known and not many}
            sinks[name] = (dataset, standard.composed_lineage(columns, () if many else place.rows, datasets))
    return list(read.values())[::-1], sinks


def _entry(place: Written, datasets: Mapping[str, Dataset]) -> Document:
    fields = {column: {"inputs": _inputs(uses, datasets)} for column, uses in place.columns.items() if uses}
    entry = _entry_of_datasets(place, datasets)
    entry["inputs"].extend(_inputs(place.rows, datasets))
    return {**entry, "fields": fields} if fields else entry


def _entry_of_datasets(place: Written, datasets: Mapping[str, Dataset]) -> Document:
    inputs = [_input(datasets[source], None, ()) for source in place.sources]
    return {"namespace": place.namespace, "name": place.name, "type": "DATASET", "inputs": inputs}


def _pairs(entry: Document) -> int:
    return len(entry["inputs"]) + sum(len(field["inputs"]) for field in entry.get("fields", {}).values())


def _inputs(uses: Sequence[ColumnInput], datasets: Mapping[str, Dataset]) -> list[Document]:
    """One for each source column, with all the ways in which it is used."""
    by_column: dict[Key, list[ColumnInput]] = {}
    for use in uses:
        by_column.setdefault((use.dataset, use.column), []).append(use)
    return [_input(datasets[dataset], column, found) for (dataset, column), found in by_column.items()]


def _input(dataset: Dataset, column: str | None, uses: Iterable[ColumnInput]) -> Document:
    used = [present({"type": use.kind, "subtype": use.subtype, "masking": use.masking}) for use in uses]
    named = {"namespace": dataset.namespace, "name": dataset.name, "type": "DATASET"}
    return {**named, **present({"field": column, "transformations": used or None})}
