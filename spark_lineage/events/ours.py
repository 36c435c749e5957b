"""Makes the content of our own facets from the graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from spark_lineage.events import columns, content, plans, tracing
from spark_lineage.events.content import run as of_run
from spark_lineage.events.content.dataset import ChangedRows, Check, Field, RuleAnswer
from spark_lineage.events.content.dataset import Partial as PartialContent
from spark_lineage.events.identity import MAIN_THREAD
from spark_lineage.events.same_names import to_content
from spark_lineage.events.samples import document as sample_document
from spark_lineage.model import CheckResult, Column, Dataset, Execution, Gap, LinkSeen, Outcome, Partial, Run, Step


def context(run: Run, outcome: Outcome, ended: float | None) -> content.Context:
    """The program, with the outcome that is known so far; ``ended`` in seconds since the epoch."""
    links = {link.system: link for link in run.links}
    experiments = tuple(_mlflow(link) for link in run.links if link.system == "mlflow")
    return to_content(
        content.Context,
        replace(run, outcome=outcome, ended=ended),
        spark=to_content(of_run.Spark, run.spark) if run.spark is not None else None,
        repository=to_content(of_run.Repository, run.repository) if run.repository is not None else None,
        open_telemetry=_trace(links.get("opentelemetry")),
        mlflow=experiments[-1] if experiments else None,
        mlflow_runs=experiments[:-1],
        functions=tuple(to_content(of_run.UsedFunction, function) for function in run.functions)
        if ended is not None
        else (),
        files=tuple(to_content(of_run.ProgramFile, file) for file in run.files) if ended is not None else (),
        cells=tuple(to_content(of_run.Cell, cell) for cell in run.cells) if ended is not None else (),
    )


def _trace(link: LinkSeen | None) -> of_run.Trace | None:
    if link is None:
        return None
    return of_run.Trace(trace_id=link.id, span_id=link.span, state=link.state, sampled=link.sampled)


def _mlflow(link: LinkSeen) -> of_run.Mlflow:
    return of_run.Mlflow(run_id=link.id, experiment_id=link.experiment, tracking_uri=link.address)


def call(step: Step, order: int) -> content.Call:
    """The call of the step; ``order`` is its position among the steps of the run."""
    return to_content(
        content.Call,
        step,
        order=order,
        parent_step=step.parent[0] if step.parent else None,
        parent_call=step.parent[1] if step.parent else None,
        thread=step.thread if step.thread != MAIN_THREAD else None,
        values=tuple(to_content(of_run.Value, value) for value in step.values),
    )


def span(run: Run, step: Step) -> content.Span | None:
    """The ids of the step's span; None for a run that belongs to no trace."""
    if tracing.trace(run) is None:
        return None
    own = tracing.span_of(run, step.step, step.call)
    return content.Span(trace_id=tracing.trace_id(run), span_id=own, parent_span_id=tracing.parent_of(run, step))


def plan(outputs: Sequence[Dataset]) -> content.Plan | None:
    """The plans of the outputs of a step; None if none of them has one."""
    documents = tuple(
        plans.to_document(dataset.id, dataset.fragment, dataset.columns) for dataset in outputs if dataset.fragment
    )
    return content.Plan(outputs=documents) if documents else None


def execution(executions: Sequence[Execution]) -> content.Execution | None:
    executed = tuple(to_content(of_run.Executed, execution) for execution in executions)
    return content.Execution(executions=executed) if executed else None


def gaps(listed: Sequence[Gap]) -> content.Gaps | None:
    return content.Gaps(gaps=tuple(to_content(of_run.Gap, gap) for gap in listed)) if listed else None


def dataset(described: Dataset, order: int, checks: Sequence[CheckResult]) -> content.Dataset:
    """The dataset in its run; ``order`` is its position among the datasets, ``checks`` is what checks said of it."""
    storage = described.storage
    return to_content(
        content.Dataset,
        described,
        order=order,
        not_null=tuple(number for number, column in enumerate(described.columns) if not column.nullable),
        format=storage.format if storage else None,
        version=storage.version if storage else None,
        table=storage.table if storage else None,
        stored_columns=storage is not None and bool(storage.columns),
        files=storage.files if storage else None,
        part=storage.part if storage else None,
        partial=tuple(_partial(measured, described.columns) for measured in described.partial),
        answers=tuple(to_content(RuleAnswer, answer) for answer in described.answers),
        changed=to_content(ChangedRows, described.changed) if described.changed is not None else None,
        checks=tuple(to_content(Check, check, details=None) for check in checks),
    )


def fingerprint(measured: Dataset) -> content.Fingerprint | None:
    """None for a dataset of which nothing was measured."""
    if measured.rows is None and measured.fingerprint is None and not any(map(_has_facts, measured.columns)):
        return None
    return content.Fingerprint(row_count=measured.rows, rows=measured.fingerprint, **columns.to_lists(measured.columns))


def _has_facts(column: Column) -> bool:
    return column.nulls is not None or column.fingerprint is not None or column.sum is not None


def _partial(measured: Partial, of_dataset: Sequence[Column]) -> PartialContent:
    """A measurement; it names its columns only if they are not those of the dataset (``of_dataset``)."""
    own = [(column.name, column.type) for column in measured.columns]
    again = own == [(column.name, column.type) for column in of_dataset]
    declared = None if again else tuple(Field(name=name, type=type_) for name, type_ in own)
    lists = columns.to_lists(measured.columns)
    return to_content(PartialContent, measured, declared=declared, columns=None, **lists)


def sample(sampled: Dataset, with_rows: bool) -> content.Sample | None:
    """Key, size and hash of the sample, and the sampled rows themselves if ``with_rows``; None without a sample."""
    if sampled.sample is None:
        return None
    document = sample_document(sampled.id, sampled.sample)
    return to_content(
        content.Sample,
        sampled.sample,
        size=len(sampled.sample.rows),
        hash=document["hash"],
        rows=tuple(document["rows"]) if with_rows else None,
    )
