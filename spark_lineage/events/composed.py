"""Column lineage of what a run wrote, composed over all its steps: from the sinks down to the sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from openlineage.client.facet_v2 import lineage as ol

from spark_lineage.model import ColumnInput, Dataset, DatasetKind, Fragment, LineageGraph

MOST = 20_000  # pairs of output and source columns in one event; beyond that only datasets are named

Key = tuple[str, str]  # dataset id, column
Uses = dict[ColumnInput, None]  # in order, each once


@dataclass
class Composed:
    """What one dataset is made from; ``rows`` are the source columns that decided which rows there are."""

    sources: dict[str, None] = field(default_factory=dict)
    columns: dict[str, Uses] = field(default_factory=dict)
    rows: Uses = field(default_factory=dict)


def facet(graph: LineageGraph) -> ol.LineageJobFacet | None:
    """The standard ``lineage`` facet of the application: one entry for each place that it wrote."""
    datasets = {each.id: each for each in graph.datasets}
    entries = _entries(compose(graph), datasets, columns=True)
    if sum(len(entry.inputs or ()) + sum(len(each.inputs) for each in _fields(entry)) for entry in entries) > MOST:
        entries = _entries(compose(graph), datasets, columns=False)
    return ol.LineageJobFacet(entries=list(entries)) if entries else None


def compose(graph: LineageGraph) -> dict[str, Composed]:
    """By dataset, for the sinks and what they are made from. A dataset comes after those that it is made from."""
    inputs = _inputs_by_dataset(graph)
    wanted = _upstream_of_sinks(graph, inputs)
    done: dict[str, Composed] = {}
    written: dict[tuple[str, str], Composed] = {}  # what lies at each place so far: an append adds to it
    for dataset in graph.datasets:
        if dataset.id in wanted and dataset.kind is not DatasetKind.SOURCE:
            done[dataset.id] = _composed(dataset.fragment, inputs[dataset.id], done, wanted)
            if dataset.kind is DatasetKind.SINK:
                place = (dataset.namespace, dataset.name)
                if place in written and (dataset.mode or "").startswith("append"):
                    _merge(done[dataset.id], written[place])
                written[place] = done[dataset.id]
    return done


def _merge(whole: Composed, part: Composed) -> None:
    whole.sources.update(part.sources)
    whole.rows.update(part.rows)
    for column, uses in part.columns.items():
        whole.columns.setdefault(column, {}).update(uses)


def _inputs_by_dataset(graph: LineageGraph) -> dict[str, tuple[str, ...]]:
    """What each dataset is made from. Where rows come from Python, no plan says it: then all that its step used."""
    used = {output: step.inputs for step in graph.steps for output in step.outputs}
    return {
        each.id: each.fragment.inputs
        if each.fragment is not None and not each.fragment.opaque
        else used.get(each.id, ())
        for each in graph.datasets
    }


def _upstream_of_sinks(graph: LineageGraph, inputs: Mapping[str, tuple[str, ...]]) -> Mapping[str, Dataset]:
    datasets = {each.id: each for each in graph.datasets}
    open_ = [each.id for each in graph.datasets if each.kind is DatasetKind.SINK]
    found: dict[str, Dataset] = {}
    for each in open_:
        if each in found or each not in datasets:
            continue
        found[each] = datasets[each]
        open_ += inputs[each]
    return found


def _composed(
    fragment: Fragment | None, inputs: Iterable[str], done: Mapping[str, Composed], datasets: Mapping[str, Dataset]
) -> Composed:
    made = Composed()
    for each in inputs:
        if each in done:
            made.sources.update(done[each].sources)
            made.rows.update(done[each].rows)
        elif each in datasets and datasets[each].kind is DatasetKind.SOURCE:
            made.sources[each] = None
    made.rows.update(_ends(fragment.indirect if fragment else (), done, datasets))
    for definition in fragment.definitions if fragment else ():
        made.columns.setdefault(definition.column, {}).update(_ends(definition.inputs, done, datasets))
    return made


def _ends(inputs: Iterable[ColumnInput], done: Mapping[str, Composed], datasets: Mapping[str, Dataset]) -> Uses:
    found: Uses = {}
    for each in inputs:
        below = done.get(each.dataset)
        if below is not None:
            found.update(dict.fromkeys(each.through(inner) for inner in below.columns.get(each.column, ())))
        elif each.dataset in datasets and datasets[each.dataset].kind is DatasetKind.SOURCE:
            found[each] = None
    return found


# --------------------------------------------------------------------------- as the specification has it


def _entries(
    composed: Mapping[str, Composed], datasets: Mapping[str, Dataset], columns: bool
) -> list[ol.LineageDatasetEntry]:
    """Several writes of one place are one entry."""
    places: dict[tuple[str, str], Composed] = {}
    for name, each in composed.items():
        if datasets[name].kind is DatasetKind.SINK:
            place = places.setdefault((datasets[name].namespace, datasets[name].name), Composed())
            _merge(place, each if columns else Composed(each.sources))
    return [_entry(*place, each, datasets) for place, each in places.items()]


def _entry(namespace: str, name: str, made: Composed, datasets: Mapping[str, Dataset]) -> ol.LineageDatasetEntry:
    whole = [_input(datasets[each], None, ()) for each in made.sources]
    fields = {
        column: ol.LineageFieldEntry(inputs=_inputs(uses, datasets)) for column, uses in made.columns.items() if uses
    }
    return ol.LineageDatasetEntry(
        namespace=namespace,
        name=name,
        type="DATASET",
        inputs=[*whole, *_inputs(made.rows, datasets)],
        fields=fields or None,
    )


def _fields(entry: ol.LineageDatasetEntry) -> Iterable[ol.LineageFieldEntry]:
    return (entry.fields or {}).values()


def _inputs(uses: Iterable[ColumnInput], datasets: Mapping[str, Dataset]) -> list[ol.LineageInput]:
    by_column: dict[Key, list[ColumnInput]] = {}
    for each in uses:
        by_column.setdefault((each.dataset, each.column), []).append(each)
    return [_input(datasets[dataset], column, found) for (dataset, column), found in by_column.items()]


def _input(dataset: Dataset, column: str | None, uses: Iterable[ColumnInput]) -> ol.LineageDatasetInput:
    transformations = [
        ol.LineageTransformation(type=each.kind, subtype=each.subtype, masking=each.masking) for each in uses
    ]
    return ol.LineageDatasetInput(
        namespace=dataset.namespace,
        name=dataset.name,
        type="DATASET",
        field=column,
        transformations=transformations or None,
    )
