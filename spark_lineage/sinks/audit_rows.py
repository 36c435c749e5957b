"""The audit tables: their columns, and the rows that one run gives. ``docs/audit-tables.md`` documents them.

A row is a function of the run's events (and of its sampled rows, as far as they are kept), so the tables can be
rebuilt from the journals at any time. Each table begins with ``run_id``, ``app`` and ``run_started_at``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pyarrow as pa

from spark_lineage.events.identity import seconds
from spark_lineage.model import (
    CheckResult,
    CheckStatus,
    LinkSeen,
    Run,
    Step,
)
from spark_lineage.sinks import arrow_rows
from spark_lineage.sinks.audit_columns import Column, decimal, duration_ms, flag, mapping, number, text, texts, time
from spark_lineage.sinks.audit_entries import RunRow, column_uses, columns, edges, events, runs, sampled_rows
from spark_lineage.store.runs import RunRecord

AT_ONCE = 500  # rows: as Python's objects they take several times what the table does

# --------------------------------------------------------------------------- values


def _link(run: Run, system: str) -> LinkSeen | None:
    return next((link for link in reversed(run.links) if link.system == system), None)


def _linked(system: str, property_: str) -> Callable[[RunRow], Any]:
    return lambda row: getattr(_link(row.graph.run, system), property_, None)


def _of_run(property_: str) -> Callable[[RunRow], Any]:
    return lambda row: getattr(row.graph.run, property_)


def _of(part: str, property_: str) -> Callable[[Any], Any]:
    """Gives a property of a part; None where the part is not there."""
    return lambda thing: getattr(getattr(thing, part), property_, None)


def _parent(position: int) -> Callable[[Step], Any]:
    return lambda step: step.parent[position] if step.parent else None


def _metrics(step: Step) -> dict[str, int]:
    """The metrics of all executions of the step: sums, and of peaks the highest."""
    found: dict[str, int] = {}
    for execution in step.executions:
        for name, value in execution.metrics.items():
            found[name] = max(found.get(name, 0), value) if name.startswith("peak") else found.get(name, 0) + value
    return found


def _passed(result: CheckResult) -> bool | None:
    """None for a check that could not tell: it has neither passed nor failed."""
    return result.passed if result.status is not CheckStatus.UNKNOWN else None


# --------------------------------------------------------------------------- tables


@dataclass(frozen=True)
class Table:
    """``rows`` gives what the rows of a run stand for."""

    rows: Callable[[RunRecord], Iterable[Any]]
    columns: tuple[Column, ...]


_DECLARED: Mapping[str, Table] = {
    "runs": Table(runs, (
        text("program", _of_run("program")),
        texts("argv", _of_run("argv")),
        time("ended_at", _of_run("ended")),
        duration_ms(lambda row: (row.graph.run.started, row.graph.run.ended)),
        text("outcome", lambda row: row.graph.run.outcome.value),
        text("error", _of_run("error")),
        text("mode", lambda row: row.graph.run.mode.value),
        text("spark_version", lambda row: row.graph.run.spark.spark_version if row.graph.run.spark else None),
        text("python_version", _of_run("python")),
        mapping("labels", pa.string(), lambda row: dict(row.graph.run.labels)),
        text("commit", lambda row: _of("repository", "commit")(row.graph.run)),
        text("branch", lambda row: _of("repository", "branch")(row.graph.run)),
        flag("dirty", lambda row: _of("repository", "dirty")(row.graph.run)),
        text("trace_id", _linked("opentelemetry", "id")),
        text("span_id", _linked("opentelemetry", "span")),
        text("mlflow_run_id", _linked("mlflow", "id")),
        number("steps", lambda row: len(row.graph.steps)),
        number("datasets", lambda row: len(row.graph.datasets)),
        number("gaps", lambda row: len(row.graph.gaps)),
        text("root_hash"),
        texts("previous"),
        text("signature"),
        text("signed_by"),
    )),
    "steps": Table(lambda record: record.graph.steps, (
        text("step"),
        number("call"),
        text("kind", lambda step: step.kind.value),
        text("function"),
        text("file"),
        number("line"),
        number("end_line"),
        number("site_line"),
        text("parent", _parent(0)),
        number("parent_call", _parent(1)),
        text("variable"),
        mapping("arguments", pa.string(), lambda step: dict(step.arguments)),
        texts("inputs"),
        texts("outputs"),
        time("started_at", lambda step: step.started),
        time("ended_at", lambda step: step.ended),
        duration_ms(lambda step: (step.started, step.ended)),
        text("outcome", lambda step: step.outcome.value),
        text("error"),
        text("source_hash"),
        text("thread"),
        number("spark_jobs", lambda step: len({job for execution in step.executions for job in execution.spark_jobs})),
        mapping("metrics", pa.int64(), _metrics),
    )),
    "datasets": Table(lambda record: record.graph.datasets, (
        text("dataset", lambda dataset: dataset.id),
        text("name"),
        text("namespace"),
        text("kind", lambda dataset: dataset.kind.value),
        text("step"),
        number("call"),
        text("variable"),
        text("engine"),
        number("rows"),
        flag("complete"),
        text("reason"),
        text("detail"),
        texts("pushed"),
        text("fingerprint"),
        number("measurements"),
        text("plan_hash", _of("fragment", "plan_hash")),
        flag("deterministic", _of("fragment", "deterministic")),
        texts("operators", _of("fragment", "operators")),
        text("format", _of("storage", "format")),
        text("table", _of("storage", "table")),
        text("version", _of("storage", "version")),
        text("mode"),
        number("rows_inserted", _of("changed", "inserted")),
        number("rows_updated", _of("changed", "updated")),
        number("rows_deleted", _of("changed", "deleted")),
        number("rows_copied", _of("changed", "copied")),
        text("part", _of("storage", "part")),
    )),
    "columns": Table(columns, (
        text("dataset"),
        text("column", _of("column", "name")),
        number("position"),
        text("type", _of("column", "type")),
        flag("nullable", _of("column", "nullable")),
        number("nulls", _of("column", "nulls")),
        number("nans", _of("column", "nans")),
        text("fingerprint", _of("column", "fingerprint")),
        decimal("sum", _of("column", "sum")),
        decimal("sum_squares", _of("column", "sum_squares")),
        decimal("signed_sum", _of("column", "signed_sum")),
        text("expression"),
        flag("followed"),
    )),
    "edges": Table(edges, (
        text("step", _of("step", "step")),
        number("call", _of("step", "call")),
        text("direction"),
        text("dataset"),
        number("rows", _of("known", "rows")),
        flag("complete", _of("known", "complete")),
    )),
    "column_lineage": Table(column_uses, (
        text("step", _of("dataset", "step")),
        number("call", _of("dataset", "call")),
        text("dataset", _of("dataset", "id")),
        text("column"),
        text("expression"),
        text("input_dataset", _of("use", "dataset")),
        text("input_column", _of("use", "column")),
        text("kind", _of("use", "kind")),
        text("subtype", _of("use", "subtype")),
        flag("masking", _of("use", "masking")),
    )),
    "samples": Table(sampled_rows, (
        text("dataset"),
        number("position"),
        texts("key", _of("sample", "key")),
        texts("columns", _of("sample", "columns")),
        texts("values"),
        number("count"),
    )),
    "checks": Table(lambda record: record.graph.checks, (
        text("check"),
        text("step"),
        number("call"),
        text("dataset"),
        text("column"),
        flag("passed", _passed),
        text("status", lambda result: result.status.value),
        text("expected"),
        text("actual"),
        flag("rule"),
        text("location", lambda result: result.where),
    )),
    "gaps": Table(lambda record: record.graph.gaps, (text("step"), text("dataset"), text("what"), text("why"))),
    "events": Table(events, (
        number("seq"),
        time("event_time", lambda row: seconds(row.head.event_time)),
        text("event_type", _of("head", "event_type")),
        text("job", lambda row: row.head.job.name),
        text("step_run_id", lambda row: row.head.run.run_id),
        text("event"),
    )),
}  # fmt: skip

_RUN = (text("run_id", lambda run: run.id), text("app"), time("run_started_at", lambda run: run.started))
COLUMNS = {name: [(column.name, column.type) for column in table.columns] for name, table in _DECLARED.items()}
TABLES = tuple(name for name in _DECLARED if name != "runs") + ("runs",)  # runs last: a run in it is in all others


def schema(table: str) -> pa.Schema:
    return pa.schema([*((column.name, column.type) for column in _RUN), *COLUMNS[table]])


def tables(record: RunRecord) -> Iterator[tuple[str, pa.Table]]:
    """The name and the rows of each table for one run, in the order of ``TABLES``; made when they are asked for."""
    of_run = [(column, column.of(record.graph.run)) for column in _RUN]
    for name in TABLES:
        things = iter(_DECLARED[name].rows(record))
        batches: list[pa.RecordBatch] = []
        while part := list(islice(things, AT_ONCE)):
            batches += _batches(name, of_run, part)
        yield name, pa.Table.from_batches(batches, schema(name))


def _batches(name: str, of_run: Sequence[tuple[Column, Any]], things: Sequence[Any]) -> list[pa.RecordBatch]:
    try:
        same = [arrow_rows.column([value] * len(things), column.type) for column, value in of_run]
        own = [arrow_rows.column(list(map(each.of, things)), each.type) for each in _DECLARED[name].columns]
    except OverflowError:  # events of more than 2 GiB together
        half = len(things) // 2
        if not half:
            raise
        return [*_batches(name, of_run, things[:half]), *_batches(name, of_run, things[half:])]
    return [pa.RecordBatch.from_arrays([*same, *own], schema=schema(name))]
