"""The audit tables: their columns, and the rows that one run gives. ``docs/audit-tables.md`` documents them.

A row is a function of the run's events (and of its sampled rows, as far as they are kept), so the tables can be
rebuilt from the journals at any time. Each table begins with ``run_id``, ``app`` and ``run_started_at``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import pyarrow as pa

from spark_lineage.model import CheckStatus, ColumnInput, Dataset, LineageGraph, Run, Step
from spark_lineage.sinks import arrow_rows
from spark_lineage.store.runs import RunRecord

Row = dict[str, Any]

_TIME = pa.timestamp("us", tz="UTC")
_TEXTS = pa.list_(pa.string())

_RUN = [("run_id", pa.string()), ("app", pa.string()), ("run_started_at", _TIME)]

COLUMNS: Mapping[str, list[tuple[str, Any]]] = {
    "runs": [
        ("program", pa.string()), ("argv", _TEXTS), ("ended_at", _TIME), ("duration_ms", pa.float64()),
        ("outcome", pa.string()), ("error", pa.string()), ("mode", pa.string()), ("spark_version", pa.string()),
        ("python_version", pa.string()), ("labels", pa.map_(pa.string(), pa.string())), ("commit", pa.string()),
        ("branch", pa.string()), ("dirty", pa.bool_()), ("trace_id", pa.string()), ("span_id", pa.string()),
        ("mlflow_run_id", pa.string()), ("steps", pa.int64()), ("datasets", pa.int64()), ("gaps", pa.int64()),
    ],
    "steps": [
        ("step", pa.string()), ("call", pa.int64()), ("kind", pa.string()), ("function", pa.string()),
        ("file", pa.string()), ("line", pa.int64()), ("end_line", pa.int64()), ("site_line", pa.int64()),
        ("parent", pa.string()), ("parent_call", pa.int64()), ("variable", pa.string()),
        ("arguments", pa.map_(pa.string(), pa.string())), ("inputs", _TEXTS), ("outputs", _TEXTS),
        ("started_at", _TIME), ("ended_at", _TIME), ("duration_ms", pa.float64()), ("outcome", pa.string()),
        ("error", pa.string()), ("source_hash", pa.string()), ("thread", pa.string()), ("spark_jobs", pa.int64()),
        ("metrics", pa.map_(pa.string(), pa.int64())),
    ],
    "datasets": [
        ("dataset", pa.string()), ("name", pa.string()), ("namespace", pa.string()), ("kind", pa.string()),
        ("step", pa.string()), ("call", pa.int64()), ("variable", pa.string()), ("engine", pa.string()),
        ("rows", pa.int64()), ("complete", pa.bool_()), ("reason", pa.string()), ("detail", pa.string()),
        ("pushed", _TEXTS), ("fingerprint", pa.string()), ("measurements", pa.int64()), ("plan_hash", pa.string()),
        ("deterministic", pa.bool_()), ("operators", _TEXTS), ("format", pa.string()), ("table", pa.string()),
        ("version", pa.string()), ("mode", pa.string()),
    ],
    "columns": [
        ("dataset", pa.string()), ("column", pa.string()), ("position", pa.int64()), ("type", pa.string()),
        ("nullable", pa.bool_()), ("nulls", pa.int64()), ("fingerprint", pa.string()), ("sum", pa.float64()),
        ("sum_squares", pa.float64()), ("signed_sum", pa.float64()), ("expression", pa.string()),
    ],
    "edges": [
        ("step", pa.string()), ("call", pa.int64()), ("direction", pa.string()), ("dataset", pa.string()),
        ("rows", pa.int64()), ("complete", pa.bool_()),
    ],
    "column_lineage": [
        ("step", pa.string()), ("call", pa.int64()), ("dataset", pa.string()), ("column", pa.string()),
        ("expression", pa.string()), ("input_dataset", pa.string()), ("input_column", pa.string()),
        ("kind", pa.string()), ("subtype", pa.string()), ("masking", pa.bool_()),
    ],
    "samples": [
        ("dataset", pa.string()), ("position", pa.int64()), ("key", _TEXTS), ("columns", _TEXTS), ("values", _TEXTS),
        ("count", pa.int64()),
    ],
    "checks": [
        ("check", pa.string()), ("step", pa.string()), ("call", pa.int64()), ("dataset", pa.string()),
        ("column", pa.string()), ("passed", pa.bool_()), ("status", pa.string()), ("expected", pa.string()),
        ("actual", pa.string()), ("rule", pa.bool_()), ("location", pa.string()),
    ],
    "gaps": [("step", pa.string()), ("dataset", pa.string()), ("what", pa.string()), ("why", pa.string())],
    "events": [
        ("seq", pa.int64()), ("event_time", _TIME), ("event_type", pa.string()), ("job", pa.string()),
        ("step_run_id", pa.string()), ("event", pa.string()),
    ],
}  # fmt: skip

TABLES = tuple(name for name in COLUMNS if name != "runs") + ("runs",)  # runs last: a run in it is in all others


def schema(table: str) -> pa.Schema:
    return pa.schema([*_RUN, *COLUMNS[table]])


def tables(record: RunRecord) -> dict[str, pa.Table]:
    """The rows of one run, table by table."""
    run = record.graph.run
    common: Row = {"run_id": run.id, "app": run.app, "run_started_at": _time(run.started)}
    return {name: arrow_rows.table([{**common, **row} for row in _ROWS[name](record)], schema(name)) for name in TABLES}


def _runs(record: RunRecord) -> Iterable[Row]:
    graph = record.graph
    run = graph.run
    yield {
        "program": run.program,
        "argv": list(run.argv),
        "ended_at": _time(run.ended),
        "duration_ms": _duration(run.started, run.ended),
        "outcome": run.outcome.value,
        "error": run.error,
        "mode": run.mode.value,
        "spark_version": run.spark.spark_version if run.spark else None,
        "python_version": run.python,
        "labels": dict(run.labels),
        **_repository(run),
        **_links(run),
        "steps": len(graph.steps),
        "datasets": len(graph.datasets),
        "gaps": len(graph.gaps),
    }


def _repository(run: Run) -> Row:
    seen = run.repository
    return {"commit": seen.commit, "branch": seen.branch, "dirty": seen.dirty} if seen is not None else {}


def _links(run: Run) -> Row:
    found = {each.system: each for each in run.links}
    trace, mlflow = found.get("opentelemetry"), found.get("mlflow")
    return {
        "trace_id": trace.id if trace else None,
        "span_id": trace.span if trace else None,
        "mlflow_run_id": mlflow.id if mlflow else None,
    }


def _steps(record: RunRecord) -> Iterable[Row]:
    for step in record.graph.steps:
        yield {
            "step": step.step,
            "call": step.call,
            "kind": step.kind.value,
            "function": step.function,
            "file": step.file,
            "line": step.line,
            "end_line": step.end_line,
            "site_line": step.site_line,
            "parent": step.parent[0] if step.parent else None,
            "parent_call": step.parent[1] if step.parent else None,
            "variable": step.variable,
            "arguments": list(step.arguments),
            "inputs": list(step.inputs),
            "outputs": list(step.outputs),
            "started_at": _time(step.started),
            "ended_at": _time(step.ended),
            "duration_ms": _duration(step.started, step.ended),
            "outcome": step.outcome.value,
            "error": step.error,
            "source_hash": step.source_hash,
            "thread": step.thread,
            "spark_jobs": len({job for each in step.executions for job in each.spark_jobs}),
            "metrics": _metrics(step),
        }


def _metrics(step: Step) -> dict[str, int]:
    """Sums over the step's executions; of peaks the highest."""
    found: dict[str, int] = {}
    for execution in step.executions:
        for name, value in execution.metrics.items():
            found[name] = max(found.get(name, 0), value) if name.startswith("peak") else found.get(name, 0) + value
    return found


def _datasets(record: RunRecord) -> Iterable[Row]:
    for each in record.graph.datasets:
        fragment, storage = each.fragment, each.storage
        yield {
            "dataset": each.id,
            "name": each.name,
            "namespace": each.namespace,
            "kind": each.kind.value,
            "step": each.step,
            "call": each.call,
            "variable": each.variable,
            "engine": each.engine,
            "rows": each.rows,
            "complete": each.complete,
            "reason": each.reason,
            "detail": each.detail,
            "pushed": list(each.pushed),
            "fingerprint": each.fingerprint,
            "measurements": each.measurements,
            "plan_hash": fragment.plan_hash if fragment else None,
            "deterministic": fragment.deterministic if fragment else None,
            "operators": list(fragment.operators) if fragment else None,
            "format": storage.format if storage else None,
            "table": storage.table if storage else None,
            "version": storage.version if storage else None,
            "mode": each.mode,
        }


def _columns(record: RunRecord) -> Iterable[Row]:
    for dataset in record.graph.datasets:
        expressions = [each.expression for each in dataset.fragment.definitions] if dataset.fragment else []
        for number, column in enumerate(dataset.columns):
            yield {
                "dataset": dataset.id,
                "column": column.name,
                "position": number,
                "type": column.type,
                "nullable": column.nullable,
                "nulls": column.nulls,
                "fingerprint": column.fingerprint,
                "sum": column.sum,
                "sum_squares": column.sum_squares,
                "signed_sum": column.signed_sum,
                "expression": expressions[number] if len(expressions) == len(dataset.columns) else None,
            }


def _edges(record: RunRecord) -> Iterable[Row]:
    datasets = _by_id(record.graph)
    for step in record.graph.steps:
        for direction, ids in (("input", step.inputs), ("output", step.outputs)):
            for each in ids:
                dataset = datasets.get(each)
                yield {
                    "step": step.step,
                    "call": step.call,
                    "direction": direction,
                    "dataset": each,
                    "rows": dataset.rows if dataset else None,
                    "complete": dataset.complete if dataset else None,
                }


def _column_lineage(record: RunRecord) -> Iterable[Row]:
    for dataset in record.graph.datasets:
        if dataset.fragment is None:
            continue
        for definition in dataset.fragment.definitions:
            for each in definition.inputs or (None,):  # a column made of no column is a line of its own
                yield _lineage(dataset, definition.column, definition.expression, each)
        for each in dataset.fragment.indirect:
            yield _lineage(dataset, None, None, each)


def _lineage(dataset: Dataset, column: str | None, expression: str | None, each: ColumnInput | None) -> Row:
    return {
        "step": dataset.step,
        "call": dataset.call,
        "dataset": dataset.id,
        "column": column,
        "expression": expression,
        "input_dataset": each.dataset if each else None,
        "input_column": each.column if each else None,
        "kind": each.kind if each else None,
        "subtype": each.subtype if each else None,
        "masking": each.masking if each else None,
    }


def _samples(record: RunRecord) -> Iterable[Row]:
    for dataset in record.graph.datasets:
        if dataset.sample is None:
            continue
        counts = dataset.sample.counts or (1,) * len(dataset.sample.rows)
        for number, (values, count) in enumerate(zip(dataset.sample.rows, counts, strict=False)):
            yield {
                "dataset": dataset.id,
                "position": number,
                "key": list(dataset.sample.key),
                "columns": list(dataset.sample.columns),
                "values": list(values),
                "count": count,
            }


def _checks(record: RunRecord) -> Iterable[Row]:
    for each in record.graph.checks:
        yield {
            "check": each.check,
            "step": each.step,
            "call": each.call,
            "dataset": each.dataset,
            "column": each.column,
            # What could not be told has not passed, and has not failed: status says which.
            "passed": each.passed if each.status is not CheckStatus.UNKNOWN else None,
            "status": each.status.value,
            "expected": each.expected,
            "actual": each.actual,
            "rule": each.rule,
            "location": each.where,
        }


def _gaps(record: RunRecord) -> Iterable[Row]:
    for each in record.graph.gaps:
        yield {"step": each.step, "dataset": each.dataset, "what": each.what, "why": each.why}


def _events(record: RunRecord) -> Iterable[Row]:
    for number, event in enumerate(record.events, 1):
        yield {
            "seq": number,
            "event_time": datetime.fromisoformat(event["eventTime"].replace("Z", "+00:00")),
            "event_type": event.get("eventType"),
            "job": event["job"]["name"],
            "step_run_id": event["run"]["runId"],
            "event": json.dumps(event, ensure_ascii=False, separators=(",", ":")),
        }


_ROWS: Mapping[str, Callable[[RunRecord], Iterable[Row]]] = {
    "runs": _runs,
    "steps": _steps,
    "datasets": _datasets,
    "columns": _columns,
    "edges": _edges,
    "column_lineage": _column_lineage,
    "samples": _samples,
    "checks": _checks,
    "gaps": _gaps,
    "events": _events,
}


def _by_id(graph: LineageGraph) -> dict[str, Dataset]:
    return {each.id: each for each in graph.datasets}


def _time(seconds: float | None) -> datetime | None:
    if seconds is None:
        return None
    return datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=round(seconds * 1_000_000))


def _duration(started: float, ended: float | None) -> float | None:
    return round((ended - started) * 1000, 3) if ended is not None else None
