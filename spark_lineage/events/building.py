"""The graph as OpenLineage run events: per step one START (with inputs) and one terminal event with everything."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import cached_property

from spark_lineage.events import checks, composed, ours, specified, standard
from spark_lineage.events.facets import facet
from spark_lineage.events.identity import NAMESPACE, PREFIX, PRODUCER, iso, run_uuid, step_uuid
from spark_lineage.events.jobs import job_names, parents
from spark_lineage.events.specified import Document, present
from spark_lineage.graph.composition import Composition, Written
from spark_lineage.model import Dataset, Gap, LineageGraph, Outcome, Step, StepKind

Moment = tuple[float, int, int, int]  # time; START, end or end of the application; level; number of the step
START, COMPLETE, ABORT = "START", "COMPLETE", "ABORT"
TERMINAL = {Outcome.COMPLETE: COMPLETE, Outcome.FAIL: "FAIL", Outcome.ABORT: ABORT}


def build(graph: LineageGraph, namespace: str = NAMESPACE, sample_rows: bool = False) -> Iterator[Document]:
    """The events of a run in the order in which a receiver must get them. Steps that still run have no terminal event.

    Each is built when it is asked for: the events of a long session together are many times its graph.
    ``namespace`` is that of the jobs. ``sample_rows`` puts the sampled rows themselves into the events.
    """
    return Builder(graph, namespace, sample_rows).events()


class Builder:
    """Builds the events of one graph; ``start`` and ``end`` give single ones."""

    def __init__(self, graph: LineageGraph, namespace: str = NAMESPACE, sample_rows: bool = False) -> None:
        self._graph = graph
        self._namespace = namespace
        self._sample_rows = sample_rows
        self._datasets: dict[str, Dataset] = {dataset.id: dataset for dataset in graph.datasets}
        self._depth = _depths(graph.steps)
        self._order = {dataset.id: number for number, dataset in enumerate(graph.datasets)}
        self._jobs = job_names(graph.steps, self._datasets, graph.run.parent)
        self._above = parents(graph.steps)
        self._parents: dict[tuple[str, int] | None, Document | None] = {}
        self._described = _first_readers(graph)
        self._made_by = {made: number for number, step in reversed([*enumerate(graph.steps)]) for made in step.outputs}
        self._checks = checks.by_dataset(graph.checks)
        self._gaps = _gaps_by_step(graph)

    def events(self) -> Iterator[Document]:
        moments: list[Moment] = []
        for number, step in enumerate(self._graph.steps):
            moments.append((step.started, 0, self._depth[(step.step, step.call)], number))
            if step.outcome in TERMINAL:
                moments.append(self._end_of(number))
        # The application encloses everything, whatever the clocks say.
        first = [moment for moment in moments if moment[3] == 0]
        rest = sorted(moment for moment in moments if moment[3] != 0)
        for _, ends, _, number in (*first[:1], *rest, *first[1:]):
            yield self.end(number) if ends else self.start(number)

    def _end_of(self, number: int) -> Moment:
        step = self._graph.steps[number]
        end = self._graph.run.ended
        ended = step.ended if step.ended is not None else end if end is not None else step.started
        last = 2 if step.kind is StepKind.APPLICATION else 1
        return max(ended, step.started), last, -self._depth[(step.step, step.call)], number

    def start(self, number: int) -> Document:
        step = self._graph.steps[number]
        if step.kind is StepKind.APPLICATION:  # of others a START says nothing that their end might change
            step = replace(step, outcome=Outcome.RUNNING, ended=None, outputs=())
        inputs = [_named(dataset) for dataset in self._listed(step.inputs)]
        return self._event(step, START, step.started, self._start_facets(step, number), inputs, [])

    def end(self, number: int) -> Document:
        step = self._graph.steps[number]
        outputs = [self._datasets[name] for name in step.outputs if name in self._datasets]
        run = self._start_facets(step, number)
        run[f"{PREFIX}call"] = facet(ours.call(step, number))
        run[f"{PREFIX}span"] = facet(ours.span(self._graph.run, step))
        run["executionParameters"] = standard.parameters(step, self._graph.run)
        run["errorMessage"] = standard.error(step)
        run[f"{PREFIX}plan"] = facet(ours.plan(outputs))
        run[f"{PREFIX}execution"] = facet(ours.execution(step.executions))
        run["extractionError"] = standard.extraction_errors(self._gaps.get(number, ()), len(step.outputs))
        run[f"{PREFIX}gaps"] = facet(ours.gaps(self._gaps.get(number, ())))
        inputs = [self._input(dataset, number) for dataset in self._listed(step.inputs)]
        own = {(dataset.namespace, dataset.name) for dataset in outputs}
        own -= {(each["namespace"], each["name"]) for each in inputs}
        described = [self._output(dataset, own) for dataset in self._listed(step.outputs)]
        if step.kind is StepKind.APPLICATION:
            unread = (dataset for dataset in self._graph.datasets if self._described.get(dataset.id) == -1)
            inputs.extend(self._input(dataset, -1) for dataset in unread)
            self._add_outer(inputs, described)
        at = step.ended if step.ended is not None else step.started
        return self._event(step, self._state(step), max(at, step.started), run, inputs, described)

    @cached_property
    def _written(self) -> tuple[Written, ...]:
        return tuple(Composition(self._graph).written())

    def _add_outer(self, inputs: list[Document], outputs: list[Document]) -> None:
        """What the run as a whole reads and writes, so that a receiver has a coarse view of it.

        Only their columns, and where those come from: all else stands at the steps that read and write them.
        """
        sources, sinks = composed.outer(self._graph, self._written)
        listed = {(each["namespace"], each["name"]) for each in (*inputs, *outputs)}
        for dataset in sources:
            if (dataset.namespace, dataset.name) not in listed:
                schema = {"schema": standard.schema(dataset) if dataset.columns else None}
                inputs.append(_named(dataset, facets=schema))
        for place, (dataset, lineage) in sinks.items():
            if place not in listed:
                facets = {"schema": standard.schema(dataset), "columnLineage": lineage}
                outputs.append(_named(dataset, facets=facets))

    def _state(self, step: Step) -> str:
        """The state of the step's terminal event.

        It is ABORT for a finished step of a killed run whose outputs have no columns, since they were not described in
        time: at a COMPLETE a receiver would blank the columns that it knows from other runs.
        """
        state = TERMINAL[step.outcome]
        if state != COMPLETE or self._graph.run.outcome is Outcome.COMPLETE:
            return state
        described = all(dataset.columns for dataset in self._listed(step.outputs))
        return state if described else ABORT

    # -- parts

    def _event(
        self, step: Step, state: str, at: float, run: Document, inputs: list[Document], outputs: list[Document]
    ) -> Document:
        return {
            "eventTime": iso(at),
            "producer": PRODUCER,
            "schemaURL": specified.RUN_EVENT,
            "run": {"runId": self._run_id(step), **_some(facets=run)},
            "job": {
                "namespace": self._namespace,
                "name": self._job(step),
                **_some(facets=self._job_facets(step, state)),
            },
            "eventType": state,
            "inputs": inputs,
            "outputs": outputs,
        }

    def _job_facets(self, step: Step, state: str) -> Document:
        facets: Document = {}
        # Receivers take a job for a batch until they are told.
        if state != START or step.streaming or step.kind is StepKind.APPLICATION:
            facets["jobType"] = standard.job_type(step)
        if state != START:
            facets["sourceCode"] = standard.source_code(step)
            facets["sourceCodeLocation"] = standard.source_location(step, self._graph.run)
            facets["documentation"] = standard.documentation(step)
            if step.kind is StepKind.APPLICATION:
                facets["lineage"] = composed.facet(self._graph, self._written)
        return facets

    def _job(self, step: Step) -> str:
        return self._jobs[(step.step, step.call)]

    def _run_id(self, step: Step) -> str:
        run = self._graph.run
        if step.kind is StepKind.APPLICATION:
            return run_uuid(run.id)
        return step_uuid(run.id, step.step, step.call)

    def _start_facets(self, step: Step, number: int) -> Document:
        facets: Document = {"parent": self._parent(self._above[(step.step, step.call)])}
        if step.kind is StepKind.APPLICATION:
            facets[f"{PREFIX}call"] = facet(ours.call(step, number))
            facets["processing_engine"] = standard.engine(self._graph.run)
            facets["tags"] = standard.tags(self._graph.run)
            facets[f"{PREFIX}context"] = facet(ours.context(self._graph.run, step.outcome, step.ended))
        return facets

    def _parent(self, above: tuple[str, int] | None) -> Document | None:
        """Calls have their caller in common, and so they have this facet."""
        if above not in self._parents:
            self._parents[above] = standard.parent(self._graph.run, above, self._namespace, self._jobs)
        return self._parents[above]

    def _listed(self, ids: Sequence[str]) -> list[Dataset]:
        """The datasets with these ids.

        Two versions of one dataset have one name in an event, so they are listed once.
        """
        found: dict[tuple[str, str], Dataset] = {}
        for name in ids:
            dataset = self._datasets.get(name)
            if dataset is not None:
                found.setdefault((dataset.namespace, dataset.name), dataset)
        return list(found.values())

    def _input(self, dataset: Dataset, number: int) -> Document:
        """Only a source has facets as an input, at the first step that reads it; others have them as outputs.

        What a step gives that has not ended yet (a generator) has its columns here: a receiver must know them.
        """
        facets: Document = {}
        if self._described.get(dataset.id) == number:
            facets = self._facets(dataset)
        elif dataset.columns and self._is_told_later(dataset, number):
            facets = {"schema": standard.schema(dataset)}
        of_reader = {
            "inputStatistics": standard.input_statistics(dataset),
            "dataQualityAssertions": checks.assertions(self._checks.get(dataset.id, ())),
        }
        return _named(dataset, facets=facets, inputFacets=of_reader)

    def _is_told_later(self, dataset: Dataset, number: int) -> bool:
        """Whether the step that made the dataset ends after this one, which reads it."""
        maker = self._made_by.get(dataset.id)
        if maker is None or maker == number or number < 0:
            return False
        running = self._graph.steps[maker].outcome not in TERMINAL
        return running or self._end_of(maker) > self._end_of(number)

    def _output(self, dataset: Dataset, own: Collection[standard.Place]) -> Document:
        statistics = {"outputStatistics": standard.output_statistics(dataset)}
        return _named(dataset, facets=self._facets(dataset, own), outputFacets=statistics)

    def _facets(self, dataset: Dataset, own: Collection[standard.Place] = ()) -> Document:
        checked = self._checks.get(dataset.id, ())
        return {
            "schema": standard.schema(dataset) if dataset.columns else None,
            "datasetType": standard.dataset_type(dataset),
            "columnLineage": standard.column_lineage(dataset, self._datasets, own),
            "lineage": standard.lineage(dataset, self._datasets),
            "dataQualityMetrics": standard.metrics(dataset),
            "storage": standard.storage(dataset),
            "dataSource": standard.data_source(dataset),
            "symlinks": standard.symlinks(dataset),
            "version": standard.version(dataset),
            "lifecycleStateChange": standard.lifecycle(dataset),
            # The specification has it with inputs, where it stands too; a dataset that nobody reads has it here.
            "dataQualityAssertions": checks.assertions(checked),
            f"{PREFIX}dataset": facet(ours.dataset(dataset, self._order[dataset.id], checked)),
            f"{PREFIX}fingerprint": facet(ours.fingerprint(dataset)),
            f"{PREFIX}sample": facet(ours.sample(dataset, self._sample_rows)),
        }


def _named(dataset: Dataset, **facets: Document) -> Document:
    return {"namespace": dataset.namespace, "name": dataset.name, **_some(**facets)}


def _some(**groups: Document) -> Document:
    """Groups of facets that have any; of each the facets that are there."""
    return {name: there for name, facets in groups.items() if (there := present(facets))}


def _first_readers(graph: LineageGraph) -> dict[str, int]:
    """Source id -> index of the first step that has it as input; -1 (the application) if none has."""
    sources = {dataset.id: -1 for dataset in graph.datasets if dataset.step is None}
    for number, step in reversed(list(enumerate(graph.steps))):
        sources.update({dataset: number for dataset in step.inputs if dataset in sources})
    return sources


def _gaps_by_step(graph: LineageGraph) -> dict[int, list[Gap]]:
    """Index of a step -> gaps. A gap stands at the first call of its step, and one of no step at the application."""
    first: dict[str | None, int] = {}
    for number, step in enumerate(graph.steps):
        first.setdefault(step.step, number)
    found: dict[int, list[Gap]] = {}
    for gap in graph.gaps:
        found.setdefault(first.get(gap.step, 0), []).append(gap)
    return found


def _depths(steps: Sequence[Step]) -> dict[tuple[str, int], int]:
    depths: dict[tuple[str, int], int] = {}
    for step in steps:
        depths[(step.step, step.call)] = 0 if step.parent is None else depths.get(step.parent, 0) + 1
    return depths
