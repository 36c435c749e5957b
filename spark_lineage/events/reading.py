"""Reads events back into the graph that they were built from. It needs no OpenLineage client."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain, count, repeat
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from msgspec import convert

from spark_lineage.events import columns, parsing, plans
from spark_lineage.events.amending import amended_documents
from spark_lineage.events.identity import MAIN_THREAD
from spark_lineage.events.same_names import to_graph
from spark_lineage.events.samples import of_document
from spark_lineage.model import (
    Cell,
    ChangedRows,
    CheckResult,
    Column,
    Dataset,
    DatasetKind,
    Execution,
    Gap,
    LineageGraph,
    LinkSeen,
    Outcome,
    ParentSeen,
    Partial,
    ProbedColumn,
    ProgramFile,
    RepositorySeen,
    RuleAnswer,
    Run,
    Sample,
    SparkStarted,
    Step,
    StepKind,
    StepValue,
    Storage,
    UsedFunction,
)

if TYPE_CHECKING:
    from spark_lineage.events.content import Call, Context
    from spark_lineage.events.content import Dataset as OurDataset
    from spark_lineage.events.content.dataset import ColumnFacts
    from spark_lineage.events.content.dataset import Partial as PartialFacts
    from spark_lineage.events.content.run import Executed
    from spark_lineage.events.parsing import Event, Field, ListedDataset, Parent, PlanOutput, RunFacets

Document = Mapping[str, Any]


def read(events: Iterable[Document], samples: Iterable[Document] = ()) -> LineageGraph:
    """The graph of one run from its events (and sampled rows, as far as they are kept).

    Later events of a run win, so a START alone gives a step that still runs. Raises ValueError if no event of an
    application is among them, or something is missing or of another type than it must be.
    """
    return graph([parsing.of_document(event) for event in amended_documents(events)], samples)


def graph(events: Iterable[Event], samples: Iterable[Document] = (), fragments: bool = True) -> LineageGraph:
    """:func:`read` for events that are parsed already. ``fragments``: whether datasets get theirs."""
    latest: dict[str, Event] = {}
    for event in events:
        if event.run.run_id not in latest or not event.is_start:
            latest[event.run.run_id] = event
    own = sorted(((event.run.facets.call, event) for event in latest.values() if event.run.facets.call), key=_order)
    application = next((event for _, event in own if event.run.facets.context is not None), None)
    if application is None:
        raise ValueError("it has no event of an application run")
    steps = tuple(_step(event, call) for call, event in own)
    ours = [event for _, event in own]
    datasets = _datasets(ours, {sample["dataset"]: sample for sample in samples}, fragments)
    return LineageGraph(_run(application, steps[0]), steps, datasets, tuple(_gaps(ours)), tuple(_checks(ours)))


def _order(step: tuple[Call, Event]) -> int:
    return step[0].order


def _run(event: Event, application: Step) -> Run:
    context = event.run.facets.context
    assert context is not None, "the caller has looked"
    parent, root = _parents(event.run.facets.parent)
    return to_graph(
        Run,
        context,
        id=event.run.run_id,
        error=application.error,
        spark=to_graph(SparkStarted, context.spark) if context.spark else None,
        repository=to_graph(RepositorySeen, context.repository) if context.repository else None,
        links=tuple(_links(context)),
        parent=parent,
        root=root,
        functions=tuple(to_graph(UsedFunction, function) for function in context.functions),
        files=tuple(to_graph(ProgramFile, file) for file in context.files),
        cells=tuple(to_graph(Cell, cell) for cell in context.cells),
    )


def _parents(facet: Parent | None) -> tuple[ParentSeen | None, ParentSeen | None]:
    """The run that started the application, and the run at the top if that is another one.

    None for what is not there.
    """
    if facet is None:
        return None, None
    parent = ParentSeen(facet.job.namespace, facet.job.name, facet.run.run_id)
    top = facet.root
    root = ParentSeen(top.job.namespace, top.job.name, top.run.run_id, root=True) if top is not None else None
    return parent, root if root is not None and replace(root, root=False) != parent else None


def _links(context: Context) -> Iterable[LinkSeen]:
    if context.open_telemetry is not None:
        trace = context.open_telemetry
        yield LinkSeen("opentelemetry", trace.trace_id, trace.span_id, trace.state, trace.sampled)
    for run in (*context.mlflow_runs, *([context.mlflow] if context.mlflow is not None else ())):
        yield LinkSeen("mlflow", run.run_id, experiment=run.experiment_id, address=run.tracking_uri)


def _arguments(run: RunFacets) -> tuple[tuple[str, str], ...]:
    listed = run.parameters.parameters if run.parameters is not None else ()
    return tuple((parameter.key, parameter.value) for parameter in listed)


def _step(event: Event, call: Call) -> Step:
    run, job = event.run.facets, event.job.facets
    return to_graph(
        Step,
        call,
        parent=(call.parent_step, call.parent_call or 1) if call.parent_step is not None else None,
        outcome=call.outcome if not event.is_start else Outcome.RUNNING,
        error=run.error.message if run.error else None,
        executions=tuple(map(_execution, run.execution.executions)) if run.execution else (),
        source=job.source_code.source_code if job.source_code else None,
        doc=job.documentation.description if job.documentation else None,
        thread=call.thread or MAIN_THREAD,
        values=tuple(to_graph(StepValue, value) for value in call.values),
        arguments=_arguments(run) if call.kind is not StepKind.APPLICATION else (),
        streaming=job.job_type is not None and job.job_type.processing_type == "STREAMING",
    )


def _execution(executed: Executed) -> Execution:
    """What was read and written stands among the datasets, and not in the event of the execution."""
    return to_graph(Execution, executed, sources=(), sinks=())


def _gaps(events: Iterable[Event]) -> Iterable[Gap]:
    for event in events:
        facet = event.run.facets.gaps
        yield from (to_graph(Gap, gap) for gap in (facet.gaps if facet else ()))


def _datasets(events: Iterable[Event], samples: Mapping[str, Document], with_fragments: bool) -> tuple[Dataset, ...]:
    found: list[tuple[int, Dataset]] = []
    for event in events:
        plan = event.run.facets.plan if with_fragments else None
        fragments = {output.output: output for output in plan.outputs} if plan else {}
        for listed in (*event.inputs, *event.outputs):
            ours = listed.facets.dataset if listed.facets else None
            if ours is not None:
                found.append((ours.order, _dataset(listed, ours, fragments.get(ours.id), samples.get(ours.id))))
    return tuple(dataset for _, dataset in sorted(found, key=itemgetter(0)))


def _checks(events: Iterable[Event]) -> Iterable[CheckResult]:
    for event in events:
        for listed in (*event.inputs, *event.outputs):
            ours = listed.facets.dataset if listed.facets else None
            for check in ours.checks if ours is not None else ():
                yield to_graph(CheckResult, check, dataset=ours.id if ours else None, details={})


def _dataset(listed: ListedDataset, ours: OurDataset, plan: PlanOutput | None, sample: Document | None) -> Dataset:
    facts = listed.facets.fingerprint if listed.facets else None
    declared = _columns(listed, ours, columns.of_lists(facts) if facts else ())
    is_stored = ours.kind in (DatasetKind.SOURCE, DatasetKind.SINK)
    return to_graph(
        Dataset,
        ours,
        name=listed.name,
        namespace=listed.namespace,
        columns=declared,
        rows=facts.row_count if facts else None,
        fingerprint=facts.rows if facts else None,
        sample=_sample(listed, sample),
        storage=_storage(listed, ours, declared) if is_stored else None,
        fragment=plans.of_document(plan, declared) if plan is not None else None,
        partial=tuple(_partial(measured, declared) for measured in ours.partial),
        answers=tuple(to_graph(RuleAnswer, answer) for answer in ours.answers),
        changed=to_graph(ChangedRows, ours.changed) if ours.changed is not None else None,
    )


def _partial(seen: PartialFacts, declared: Sequence[Column]) -> Partial:
    """``declared``: the columns of the dataset, for a measurement that does not name its own."""
    named: Sequence[Any] = declared if seen.declared is None else seen.declared
    if seen.columns is not None:
        named = seen.columns
    made = tuple(
        ProbedColumn(
            column.name, column.type, facts.nulls, facts.fingerprint, _number(facts.sum), _number(facts.sum_squares),
            _number(facts.signed_sum), facts.nans,
        )
        for column, facts in zip(named, chain(columns.of_lists(seen), repeat(_NOTHING)), strict=False)
    )  # fmt: skip
    return to_graph(Partial, seen, columns=made)


def _sample(listed: ListedDataset, kept: Document | None) -> Sample | None:
    """The sample.

    None if its rows have been erased. Raises ValueError for rows with another hash than the event has.
    """
    recorded = listed.facets.sample if listed.facets else None
    if recorded is None or kept is None:
        return None
    if kept.get("hash") != recorded.hash:
        raise ValueError(f"the sampled rows of {kept['dataset']} are not those that were recorded")
    return of_document(kept)


def _storage(listed: ListedDataset, ours: OurDataset, declared: Iterable[Column]) -> Storage:
    stored = tuple((column.name, column.type) for column in declared) if ours.stored_columns else ()
    return to_graph(Storage, ours, namespace=listed.namespace, name=listed.name, columns=stored)


def _columns(listed: ListedDataset, ours: OurDataset, facts: Sequence[ColumnFacts]) -> tuple[Column, ...]:
    schema = listed.facets.schema if listed.facets else None
    fields = schema.fields if schema else ()
    not_null = set(ours.not_null)
    known = facts or repeat(_NOTHING, len(fields))
    # A large run has tens of thousands of columns, and frozen dataclasses are slow to make by hand.
    documents = [_column(*column, not_null) for column in zip(count(), fields, known, strict=False)]
    return convert(documents, tuple[Column, ...])


_NOTHING = parsing.ColumnFacts()


def _column(at: int, field: Field, known: ColumnFacts, not_null: Collection[int]) -> Document:
    document: dict[str, Any] = {
        "name": field.name,
        "type": field.type,
        "nullable": at not in not_null,
        "nulls": known.nulls,
        "fingerprint": known.fingerprint,
    }
    if known.sum is not None or known.sum_squares is not None or known.signed_sum is not None:
        document["sum"] = _number(known.sum)
        document["sum_squares"] = _number(known.sum_squares)
        document["signed_sum"] = _number(known.signed_sum)
    if known.nans is not None:
        document["nans"] = known.nans
    return document


def _number(text: str | None) -> float | None:
    return float(text) if text is not None else None
