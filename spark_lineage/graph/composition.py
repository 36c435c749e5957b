"""What the columns of a run are made from, composed over all its steps down to the sources.

A fragment says what one step did to a column. This module puts fragments on top of each other, and is the one place
that does: ``explain`` words what it gives for one column, the events turn what it gives for each place that the run
wrote into OpenLineage's ``lineage`` facet.

* A place that was written and is read again is followed through the storage, whether the graph has both as one dataset
  or as two.
* What was appended is made from the write before it, too.
* Where rows came from Python no plan says which columns they are made from. All datasets that the step used count as
  what the rows are made from, and the columns end there.
* A write that failed has made nothing that is read later.
* Which rows a dataset has is composed the same way in ``graph.row_conditions``.
* A column that would be made from itself (only a damaged record says that) is made from nothing more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from spark_lineage.model import ColumnDefinition, ColumnInput, Dataset, DatasetKind, LineageGraph

Key = tuple[str, str]  # dataset id, column
Address = tuple[str, str]  # namespace, name
Uses = dict[ColumnInput, None]  # in order, each once


@dataclass(frozen=True)
class Derivation:
    """How one column of one dataset is made from columns of the datasets before it.

    ``definitions`` are those of the step: one, none where the dataset is only read again, several where the dataset has
    several different columns of this name. ``passed_on`` is the column that comes through storage unchanged: of the
    write that is read here, or of the write that this one was appended to. ``inputs`` are the columns of both, ``rows``
    those that decide which rows the dataset has.
    """

    dataset: Dataset
    column: str
    definitions: tuple[ColumnDefinition, ...]
    passed_on: ColumnInput | None
    inputs: tuple[ColumnInput, ...]
    rows: tuple[ColumnInput, ...]


@dataclass(frozen=True)
class Written:
    """What all writes of one place are made from.

    ``sources`` are ids of source datasets. ``columns`` gives for each column how it uses columns of sources, ``rows``
    which columns of sources decided what rows there are.
    """

    namespace: str
    name: str
    sources: tuple[str, ...]
    columns: Mapping[str, tuple[ColumnInput, ...]]
    rows: tuple[ColumnInput, ...]


class Composition:
    """Answers for one graph what its columns are made from; what has been worked out is kept."""

    def __init__(self, graph: LineageGraph) -> None:
        self._graph = graph
        self._datasets: Mapping[str, Dataset] = {dataset.id: dataset for dataset in graph.datasets}
        self._definitions: dict[str, Mapping[str, list[ColumnDefinition]]] = {}
        self._earlier = _earlier_writes(graph.datasets)
        self._used = {output: step.inputs for step in graph.steps for output in step.outputs}
        self._derivations: dict[Key, Derivation | None] = {}
        self._ends: dict[Key, tuple[ColumnInput, ...]] = {}
        self._deciding: dict[str, Uses] = {}

    # -- columns

    def path(self, dataset: str, column: str) -> tuple[Derivation, ...]:
        """The column and all columns on its way, each once; a column comes before those that it is made from."""
        return tuple(self.upwards(dataset, column, {}))[::-1]

    def upwards(self, dataset: str, column: str, done: Mapping[Key, object]) -> Iterator[Derivation]:
        """The same from the ends up to the column, without the columns in ``done`` and what only these are made from.

        A column is added to ``done``, if that is wanted, when it is given. A long chain needs no deep stack.
        """
        return self._sources_first((dataset, column), done)

    def derivation(self, dataset: str, column: str) -> Derivation | None:
        """How the column is made in the step that made the dataset; None where the way of a column ends."""
        return self._derivation((dataset, column))

    def columns(self, dataset: Dataset) -> tuple[str, ...]:
        """The names of all columns that may be made from something: also those that only an earlier write had."""
        return tuple(dict.fromkeys((*column_names(dataset), *self._columns_of(dataset))))

    def ends(self, dataset: str, column: str) -> tuple[ColumnInput, ...]:
        """The columns where the way of the column ends, with how the column uses each of them.

        Most ends are columns of sources; others end where nothing more was observed. Nothing for a column that is an
        end itself, and for one that is made from no column.
        """
        for derivation in self._sources_first((dataset, column), self._ends):
            self._ends[derivation.dataset.id, derivation.column] = tuple(self._followed(derivation.inputs))
        return self._ends.get((dataset, column), ())

    def _derivation(self, key: Key) -> Derivation | None:
        """How the column is made in the step that made the dataset; None where the way of a column ends."""
        if key not in self._derivations:
            dataset = self._datasets.get(key[0])
            self._derivations[key] = self._made(dataset, key[1]) if dataset is not None else None
        return self._derivations[key]

    def _made(self, dataset: Dataset, column: str) -> Derivation | None:
        definitions = tuple(dict.fromkeys(self._defined(dataset).get(column, ())))
        passed_on = self._through_storage(dataset, column)
        if not definitions and passed_on is None:
            return None
        uses = [use for definition in definitions for use in definition.inputs if use.dataset != dataset.id]
        inputs = tuple(dict.fromkeys([*uses, *([passed_on] if passed_on is not None else [])]))
        return Derivation(
            dataset, column, definitions, passed_on, inputs, self.deciding(dataset.id) if definitions else ()
        )

    def _sources_first(self, start: Key, done: Mapping[Key, object]) -> Iterator[Derivation]:
        """Derivations from the ends up to ``start``, without those in ``done``. A long chain needs no deep stack."""
        begun: dict[Key, Derivation] = {}
        waiting: list[tuple[Key, bool]] = [(start, False)]
        while waiting:
            key, inputs_done = waiting.pop()
            if inputs_done:
                yield begun[key]
            elif key not in begun and key not in done and (derivation := self._derivation(key)) is not None:
                begun[key] = derivation
                waiting.append((key, True))
                waiting.extend(((use.dataset, use.column), False) for use in derivation.inputs)

    def _followed(self, uses: Iterable[ColumnInput]) -> Uses:
        """The uses with each column replaced by the ends of its way."""
        found: Uses = {}
        for use in uses:
            key = (use.dataset, use.column)
            if self._derivation(key) is not None:
                found.update(dict.fromkeys(map(use.through, self._ends.get(key, ()))))
            elif use.dataset in self._datasets:
                found[use] = None
        return found

    def _defined(self, dataset: Dataset) -> Mapping[str, list[ColumnDefinition]]:
        if dataset.id not in self._definitions:
            by_column: dict[str, list[ColumnDefinition]] = {}
            for definition in dataset.fragment.definitions if dataset.fragment is not None else ():
                by_column.setdefault(definition.column, []).append(definition)
            self._definitions[dataset.id] = by_column
        return self._definitions[dataset.id]

    def _through_storage(self, dataset: Dataset, column: str) -> ColumnInput | None:
        before = self._earlier.get(dataset.id)
        if before is None or column not in column_names(before):
            return None
        return ColumnInput(before.id, column, "DIRECT", "IDENTITY")

    # -- datasets

    def made_from(self, dataset: str) -> tuple[str, ...]:
        """Ids of the datasets that this one is made from, directly."""
        before = self._earlier.get(dataset)
        return (*self._inputs(dataset), *([before.id] if before is not None else []))

    def earlier(self, dataset: str) -> Dataset | None:
        """The write of the same place whose content the dataset holds, too."""
        return self._earlier.get(dataset)

    def used(self, dataset: str) -> tuple[str, ...]:
        """Ids of the datasets that the step used which made this one."""
        return tuple(self._used.get(dataset, ()))

    def deciding(self, dataset: str) -> tuple[ColumnInput, ...]:
        """The columns that decide, in the step that made the dataset, which rows it has."""
        fragment = self._datasets[dataset].fragment
        return fragment.indirect if fragment is not None else ()

    # -- places

    def written(self) -> tuple[Written, ...]:
        """What each place that the run wrote is made from, in the order of the first writes."""
        places: dict[Address, list[Dataset]] = {}
        for dataset in self._graph.datasets:
            if dataset.kind is DatasetKind.SINK:
                places.setdefault((dataset.namespace, dataset.name), []).append(dataset)
        return tuple(self._written(*address, writes) for address, writes in places.items())

    def _written(self, namespace: str, name: str, writes: Iterable[Dataset]) -> Written:
        sources: dict[str, None] = {}
        rows: Uses = {}
        columns: dict[str, Uses] = {}
        for write in writes:
            for dataset in self.upstream(write.id):
                if self._is_source(dataset):
                    sources[dataset] = None
                rows.update(self._deciding_ends(dataset))
            for column in self._columns_of(write):
                columns.setdefault(column, {}).update(self._of_sources(self.ends(write.id, column)))
        made = {column: tuple(uses) for column, uses in columns.items()}
        return Written(namespace, name, tuple(sources), made, tuple(rows))

    def upstream(self, dataset: str) -> Iterator[str]:
        """Ids of this dataset and of all that it is made from; each comes after the inputs of its step."""
        begun: set[str] = set()
        waiting = [(dataset, False)]
        while waiting:
            name, inputs_done = waiting.pop()
            if inputs_done:
                yield name
            elif name not in begun:
                begun.add(name)
                before = self._earlier.get(name)
                waiting += [(before.id, False)] if before is not None else []
                waiting.append((name, True))
                waiting += [(below, False) for below in reversed(self._inputs(name))]

    def _inputs(self, dataset: str) -> tuple[str, ...]:
        """What the plan stands on; where rows came from Python, all that the step used."""
        fragment = self._datasets[dataset].fragment
        said_by_plan = fragment is not None and not fragment.opaque
        names = fragment.inputs if fragment is not None and said_by_plan else self._used.get(dataset, ())
        return tuple(name for name in names if name in self._datasets)

    def _columns_of(self, write: Dataset) -> Iterable[str]:
        before = self._earlier.get(write.id)
        return dict.fromkeys((*self._defined(write), *(column_names(before) if before is not None else ())))

    def _deciding_ends(self, dataset: str) -> Uses:
        if dataset not in self._deciding:
            uses = self.deciding(dataset)
            for use in uses:
                self.ends(use.dataset, use.column)
            self._deciding[dataset] = self._of_sources(self._followed(uses))
        return self._deciding[dataset]

    def _of_sources(self, uses: Iterable[ColumnInput]) -> Uses:
        return {use: None for use in uses if self._datasets[use.dataset].kind is DatasetKind.SOURCE}

    def _is_source(self, dataset: str) -> bool:
        return self._datasets[dataset].kind is DatasetKind.SOURCE and dataset not in self._earlier


def column_names(dataset: Dataset) -> list[str]:
    """The names of a dataset's columns as far as they are known: as declared, else as its step defines them."""
    if dataset.columns:
        return [column.name for column in dataset.columns]
    return [definition.column for definition in dataset.fragment.definitions] if dataset.fragment is not None else []


def _earlier_writes(datasets: Iterable[Dataset]) -> dict[str, Dataset]:
    """Dataset id -> the write of the same place whose content it holds, too: what it reads, or was appended to."""
    last: dict[Address, Dataset] = {}
    found: dict[str, Dataset] = {}
    for dataset in datasets:
        address = (dataset.namespace, dataset.name)
        appended = dataset.kind is DatasetKind.SINK and (dataset.mode or "").startswith("append")
        if address in last and (dataset.kind is DatasetKind.SOURCE or appended):
            found[dataset.id] = last[address]
        if dataset.kind is DatasetKind.SINK and dataset.reason != "failed":
            last[address] = dataset
    return found
