"""The graph as OpenLineage run events: per step one START (with inputs) and one terminal event with everything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from openlineage.client import event_v2, facet_v2

from spark_lineage.events import checks, columns, composed, plans, standard
from spark_lineage.events import facets as ours
from spark_lineage.events.identity import MAIN_THREAD, NAMESPACE, PREFIX, PRODUCER, iso, run_uuid, step_uuid
from spark_lineage.events.jobs import job_names
from spark_lineage.events.samples import document as sample_document
from spark_lineage.model import (
    Column,
    Dataset,
    Execution,
    Gap,
    LineageGraph,
    Outcome,
    Partial,
    RepositorySeen,
    Run,
    SparkStarted,
    Step,
    StepKind,
)

TERMINAL = {
    Outcome.COMPLETE: event_v2.RunState.COMPLETE,
    Outcome.FAIL: event_v2.RunState.FAIL,
    Outcome.ABORT: event_v2.RunState.ABORT,
}


def build(graph: LineageGraph, namespace: str = NAMESPACE, sample_rows: bool = False) -> list[event_v2.RunEvent]:
    """The events of a run in the order in which a receiver must get them. Steps that still run have no terminal event.

    ``namespace`` is that of the jobs. ``sample_rows`` puts the sampled rows themselves into the events.
    """
    return Builder(graph, namespace, sample_rows).events()


class Builder:
    """Builds the events of one graph; ``start`` and ``end`` give single ones."""

    def __init__(self, graph: LineageGraph, namespace: str = NAMESPACE, sample_rows: bool = False) -> None:
        self._graph = graph
        self._namespace = namespace
        self._sample_rows = sample_rows
        self._datasets: dict[str, Dataset] = {each.id: each for each in graph.datasets}
        self._order = {each.id: number for number, each in enumerate(graph.datasets)}
        self._jobs = job_names(graph.steps, self._datasets, graph.run.parent)
        self._described = _first_readers(graph)
        self._checks = checks.by_dataset(graph.checks)
        self._gaps = _gaps_by_step(graph)

    def events(self) -> list[event_v2.RunEvent]:
        depth = _depths(self._graph.steps)
        moments: list[tuple[float, int, int, int, event_v2.RunEvent]] = []
        end = self._graph.run.ended
        for number, step in enumerate(self._graph.steps):
            level = depth[(step.step, step.call)]
            moments.append((step.started, 0, level, number, self.start(number)))
            if step.outcome in TERMINAL:
                ended = step.ended if step.ended is not None else end if end is not None else step.started
                last = 2 if step.kind is StepKind.APPLICATION else 1
                moments.append((max(ended, step.started), last, -level, number, self.end(number)))
        # The application encloses everything, whatever the clocks say.
        first = [each for each in moments if each[3] == 0]
        rest = sorted((each for each in moments if each[3] != 0), key=lambda each: each[:4])
        return [each[4] for each in (*first[:1], *rest, *first[1:])]

    def start(self, number: int) -> event_v2.RunEvent:
        step = replace(self._graph.steps[number], outcome=Outcome.RUNNING, ended=None, outputs=())
        inputs = [
            event_v2.InputDataset(namespace=each.namespace, name=each.name, facets=None, inputFacets=None)
            for each in self._listed(step.inputs)
        ]
        return self._event(step, event_v2.RunState.START, step.started, self._start_facets(step, number), inputs, [])

    def end(self, number: int) -> event_v2.RunEvent:
        step = self._graph.steps[number]
        run = self._start_facets(step, number)
        run[f"{PREFIX}call"] = _call(step, number)
        run["executionParameters"] = standard.parameters(step, self._graph.run)
        run["errorMessage"] = standard.error(step)
        run[f"{PREFIX}plan"] = self._plans(step)
        run[f"{PREFIX}execution"] = _executions(step.executions)
        run["extractionError"] = standard.extraction_errors(self._gaps.get(number, ()), len(step.outputs))
        run[f"{PREFIX}gaps"] = _gaps(self._gaps.get(number, ()))
        inputs = [self._input(each, number) for each in self._listed(step.inputs)]
        if step.kind is StepKind.APPLICATION:
            inputs.extend(self._input(each, -1) for each in self._graph.datasets if self._described.get(each.id) == -1)
        outputs = [self._output(each) for each in self._listed(step.outputs)]
        at = step.ended if step.ended is not None else step.started
        return self._event(step, self._state(step), max(at, step.started), run, inputs, outputs)

    def _state(self, step: Step) -> event_v2.RunState:
        """Of a killed run, what a finished step made may not have been described yet. A receiver would blank the
        columns that it knows from other runs, but for runs that did not complete.
        """
        state = TERMINAL[step.outcome]
        if state is not event_v2.RunState.COMPLETE or self._graph.run.outcome is Outcome.COMPLETE:
            return state
        described = all(each.columns for each in self._listed(step.outputs))
        return state if described else event_v2.RunState.ABORT

    # -- parts

    def _event(
        self, step: Step, state: event_v2.RunState, at: float, run: Mapping[str, Any],
        inputs: list[event_v2.InputDataset], outputs: list[event_v2.OutputDataset],
    ) -> event_v2.RunEvent:  # fmt: skip
        return event_v2.RunEvent(
            eventTime=iso(at),
            producer=PRODUCER,
            eventType=state,
            run=event_v2.Run(runId=self._run_id(step), facets=_stamped(run)),
            job=event_v2.Job(
                namespace=self._namespace, name=self._job(step), facets=_stamped(self._job_facets(step, state))
            ),
            inputs=inputs,
            outputs=outputs,
        )

    def _job_facets(self, step: Step, state: event_v2.RunState) -> dict[str, facet_v2.JobFacet | None]:
        facets: dict[str, facet_v2.JobFacet | None] = {}
        # Receivers take a job for a batch until they are told.
        if state is not event_v2.RunState.START or step.streaming or step.kind is StepKind.APPLICATION:
            facets["jobType"] = standard.job_type(step)
        if state is not event_v2.RunState.START:
            facets["sourceCode"] = standard.source_code(step)
            facets["sourceCodeLocation"] = standard.source_location(step, self._graph.run)
            facets["documentation"] = standard.documentation(step)
            if step.kind is StepKind.APPLICATION:
                facets["lineage"] = composed.facet(self._graph)
        return facets

    def _job(self, step: Step) -> str:
        return self._jobs[(step.step, step.call)]

    def _run_id(self, step: Step) -> str:
        run = self._graph.run
        if step.kind is StepKind.APPLICATION:
            return run_uuid(run.id)
        return step_uuid(run.id, step.step, step.call)

    def _start_facets(self, step: Step, number: int) -> dict[str, facet_v2.RunFacet | None]:
        facets: dict[str, facet_v2.RunFacet | None] = {
            "parent": standard.parent(self._graph.run, step, self._namespace, self._jobs),
        }
        if step.kind is StepKind.APPLICATION:
            facets[f"{PREFIX}call"] = _call(step, number)
            facets["processing_engine"] = standard.engine(self._graph.run)
            facets["tags"] = standard.tags(self._graph.run)
            facets[f"{PREFIX}context"] = _context(self._graph.run, step.outcome, step.ended)
        return facets

    def _listed(self, ids: Sequence[str]) -> list[Dataset]:
        """Datasets by id; two versions of one dataset are listed once, as the event names it."""
        found: dict[tuple[str, str], Dataset] = {}
        for each in ids:
            dataset = self._datasets.get(each)
            if dataset is not None:
                found.setdefault((dataset.namespace, dataset.name), dataset)
        return list(found.values())

    def _input(self, dataset: Dataset, number: int) -> event_v2.InputDataset:
        """A source is described where it is read first; other inputs are described where they are outputs."""
        described = self._described.get(dataset.id) == number
        return event_v2.InputDataset(
            namespace=dataset.namespace,
            name=dataset.name,
            facets=_stamped(self._facets(dataset)) if described else None,
            inputFacets=_stamped(
                {
                    "inputStatistics": standard.input_statistics(dataset),
                    "dataQualityAssertions": checks.assertions(self._checks.get(dataset.id, ())),
                }
            ),
        )

    def _output(self, dataset: Dataset) -> event_v2.OutputDataset:
        return event_v2.OutputDataset(
            namespace=dataset.namespace,
            name=dataset.name,
            facets=_stamped(self._facets(dataset)),
            outputFacets=_stamped({"outputStatistics": standard.output_statistics(dataset)}),
        )

    def _facets(self, dataset: Dataset) -> dict[str, Any]:
        return {
            "schema": standard.schema(dataset) if dataset.columns else None,
            "datasetType": standard.dataset_type(dataset),
            "columnLineage": standard.column_lineage(dataset, self._datasets),
            "lineage": standard.lineage(dataset, self._datasets),
            "dataQualityMetrics": standard.metrics(dataset),
            "storage": standard.storage(dataset),
            "dataSource": standard.data_source(dataset),
            "symlinks": standard.symlinks(dataset),
            "version": standard.version(dataset),
            "lifecycleStateChange": standard.lifecycle(dataset),
            # The specification has it with inputs, where it stands too; a dataset that nobody reads has it here.
            "dataQualityAssertions": checks.assertions(self._checks.get(dataset.id, ())),
            f"{PREFIX}dataset": self._dataset(dataset),
            f"{PREFIX}fingerprint": _fingerprint(dataset),
            f"{PREFIX}sample": _sample(dataset, self._sample_rows),
        }

    def _dataset(self, dataset: Dataset) -> ours.SparkLineageDatasetDatasetFacet:
        storage = dataset.storage
        return ours.SparkLineageDatasetDatasetFacet(
            id=dataset.id,
            kind=dataset.kind.value,
            order=self._order[dataset.id],
            call=dataset.call,
            engine=dataset.engine,
            complete=dataset.complete,
            measurements=dataset.measurements,
            step=dataset.step,
            variable=dataset.variable,
            reason=dataset.reason,
            detail=dataset.detail,
            pushed=list(dataset.pushed) or None,
            notNull=[number for number, each in enumerate(dataset.columns) if not each.nullable] or None,
            format=storage.format if storage else None,
            version=storage.version if storage else None,
            table=storage.table if storage else None,
            mode=dataset.mode,
            storedColumns=True if storage is not None and storage.columns else None,
            files=storage.files if storage else None,
            partial=[_partial(each, dataset.columns) for each in dataset.partial] or None,
            answers=checks.answer_documents(dataset.answers),
            checks=checks.documents(self._checks.get(dataset.id, ())),
        )

    def _plans(self, step: Step) -> ours.SparkLineagePlanRunFacet | None:
        made = [(each, self._datasets[each].fragment) for each in step.outputs if each in self._datasets]
        documents = [
            plans.to_document(each, fragment, self._datasets[each].columns) for each, fragment in made if fragment
        ]
        return ours.SparkLineagePlanRunFacet(outputs=documents) if documents else None


def _call(step: Step, number: int) -> ours.SparkLineageCallRunFacet:
    parent = step.parent
    return ours.SparkLineageCallRunFacet(
        step=step.step,
        call=step.call,
        kind=step.kind.value,
        order=number,
        function=step.function,
        file=step.file,
        line=step.line,
        endLine=step.end_line,
        thread=step.thread if step.thread != MAIN_THREAD else None,
        outcome=step.outcome.value,
        started=iso(step.started),
        inputs=list(step.inputs),
        outputs=list(step.outputs),
        ended=iso(step.ended) if step.ended is not None else None,
        siteLine=step.site_line,
        parentStep=parent[0] if parent else None,
        parentCall=parent[1] if parent else None,
        variable=step.variable,
        sourceHash=step.source_hash,
    )


def _context(run: Run, outcome: Outcome, ended: float | None) -> ours.SparkLineageContextRunFacet:
    spark = run.spark
    return ours.SparkLineageContextRunFacet(
        app=run.app,
        program=run.program,
        argv=list(run.argv),
        python=run.python,
        mode=run.mode.value,
        labels=dict(run.labels),
        outcome=outcome.value,
        started=iso(run.started),
        ended=iso(ended) if ended is not None else None,
        spark=_spark(spark) if spark is not None else None,
        repository=_repository(run.repository) if run.repository is not None else None,
        openTelemetry=_link(run, "opentelemetry", "traceId"),
        mlflow=_link(run, "mlflow", "runId"),
    )


def _spark(spark: SparkStarted) -> dict[str, Any]:
    return {
        "appId": spark.app_id,
        "appName": spark.app_name,
        "sparkVersion": spark.spark_version,
        "scalaVersion": spark.scala_version,
        "javaVersion": spark.java_version,
        "master": spark.master,
        "at": iso(spark.at),
    }


def _repository(seen: RepositorySeen) -> dict[str, Any]:
    return {
        "root": seen.root,
        "commit": seen.commit,
        "branch": seen.branch,
        "remote": seen.remote,
        "dirty": seen.dirty,
    }


def _link(run: Run, system: str, name: str) -> dict[str, Any] | None:
    seen = next((each for each in run.links if each.system == system), None)
    return {name: seen.id, "spanId": seen.span} if seen is not None else None


def _executions(executions: Sequence[Execution]) -> ours.SparkLineageExecutionRunFacet | None:
    if not executions:
        return None
    return ours.SparkLineageExecutionRunFacet(executions=[_execution(each) for each in executions])


def _execution(each: Execution) -> dict[str, Any]:
    return {
        "execution": each.execution,
        "op": each.op,
        "description": each.description,
        "started": iso(each.started),
        "ended": iso(each.ended) if each.ended is not None else None,
        "outcome": each.outcome.value,
        "error": each.error,
        "sparkJobs": list(each.spark_jobs),
        "metrics": dict(each.metrics),
    }


def _gaps(gaps: Sequence[Gap]) -> ours.SparkLineageGapsRunFacet | None:
    if not gaps:
        return None
    listed = [{"step": gap.step, "dataset": gap.dataset, "what": gap.what, "why": gap.why} for gap in gaps]
    return ours.SparkLineageGapsRunFacet(gaps=listed)


def _fingerprint(dataset: Dataset) -> ours.SparkLineageFingerprintDatasetFacet | None:
    if dataset.rows is None and dataset.fingerprint is None and not any(map(_has_facts, dataset.columns)):
        return None
    return ours.SparkLineageFingerprintDatasetFacet(
        rowCount=dataset.rows, rows=dataset.fingerprint, **columns.to_document(dataset.columns)
    )


def _partial(each: Partial, declared: Sequence[Column]) -> dict[str, Any]:
    """``declared``: the columns of the dataset, which are not named again if they are those of the measurement."""
    document: dict[str, Any] = {"pushed": list(each.pushed), "rows": each.rows, "fingerprint": each.fingerprint}
    if [(one.name, one.type) for one in each.columns] != [(one.name, one.type) for one in declared]:
        document["declared"] = [{"name": one.name, "type": one.type} for one in each.columns]
    return {**document, **columns.to_document(each.columns)}


def _has_facts(column: Column) -> bool:
    return column.nulls is not None or column.fingerprint is not None or column.sum is not None


def _sample(dataset: Dataset, with_rows: bool) -> ours.SparkLineageSampleDatasetFacet | None:
    if dataset.sample is None:
        return None
    document = sample_document(dataset.id, dataset.sample)
    return ours.SparkLineageSampleDatasetFacet(
        key=list(dataset.sample.key),
        columns=list(dataset.sample.columns),
        size=len(dataset.sample.rows),
        hash=document["hash"],
        rows=document["rows"] if with_rows else None,
    )


def _stamped(facets: Mapping[str, Any]) -> dict[str, Any] | None:
    """The facets that there are, each with our address as its producer (the client's default is a global)."""
    present = {name: facet for name, facet in facets.items() if facet is not None}
    for facet in present.values():
        facet._producer = PRODUCER
    return present or None


def _first_readers(graph: LineageGraph) -> dict[str, int]:
    """Source id -> index of the first step that has it as input; -1 (the application) if none has."""
    sources = {each.id: -1 for each in graph.datasets if each.step is None}
    for number, step in reversed(list(enumerate(graph.steps))):
        sources.update({each: number for each in step.inputs if each in sources})
    return sources


def _gaps_by_step(graph: LineageGraph) -> dict[int, list[Gap]]:
    """Gaps go with the first call of their step, those of no step with the application."""
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
