"""The standard ``lineage`` facet of an application: what each place that the run wrote is made from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from openlineage.client.facet_v2 import lineage as ol

from spark_lineage.graph.composition import Composition, Written
from spark_lineage.model import ColumnInput, Dataset, LineageGraph

MOST = 20_000  # pairs of a written column and a source's column in one event; beyond that only datasets are named

Key = tuple[str, str]  # dataset id, column


def facet(graph: LineageGraph) -> ol.LineageJobFacet | None:
    """One entry for each place that the run wrote; None if it wrote nothing."""
    datasets = {dataset.id: dataset for dataset in graph.datasets}
    written = Composition(graph).written()
    entries = [_entry(place, datasets) for place in written]
    if sum(map(_pairs, entries)) > MOST:
        entries = [_entry_of_datasets(place, datasets) for place in written]
    return ol.LineageJobFacet(entries=list(entries)) if entries else None


def _entry(place: Written, datasets: Mapping[str, Dataset]) -> ol.LineageDatasetEntry:
    fields = {
        column: ol.LineageFieldEntry(inputs=_inputs(uses, datasets)) for column, uses in place.columns.items() if uses
    }
    entry = _entry_of_datasets(place, datasets)
    entry.inputs = [*(entry.inputs or ()), *_inputs(place.rows, datasets)]
    entry.fields = fields or None
    return entry


def _entry_of_datasets(place: Written, datasets: Mapping[str, Dataset]) -> ol.LineageDatasetEntry:
    return ol.LineageDatasetEntry(
        namespace=place.namespace,
        name=place.name,
        type="DATASET",
        inputs=[_input(datasets[source], None, ()) for source in place.sources],
        fields=None,
    )


def _pairs(entry: ol.LineageDatasetEntry) -> int:
    return len(entry.inputs or ()) + sum(len(field.inputs) for field in (entry.fields or {}).values())


def _inputs(uses: Sequence[ColumnInput], datasets: Mapping[str, Dataset]) -> list[ol.LineageInput]:
    """One for each source column, with all the ways in which it is used."""
    by_column: dict[Key, list[ColumnInput]] = {}
    for use in uses:
        by_column.setdefault((use.dataset, use.column), []).append(use)
    return [_input(datasets[dataset], column, found) for (dataset, column), found in by_column.items()]


def _input(dataset: Dataset, column: str | None, uses: Iterable[ColumnInput]) -> ol.LineageDatasetInput:
    transformations = [
        ol.LineageTransformation(type=use.kind, subtype=use.subtype, masking=use.masking) for use in uses
    ]
    return ol.LineageDatasetInput(
        namespace=dataset.namespace,
        name=dataset.name,
        type="DATASET",
        field=column,
        transformations=transformations or None,
    )
