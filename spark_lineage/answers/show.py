"""``show --json``: one run as a document with a stable shape (the contract ``show.schema.json``)."""

from __future__ import annotations

from typing import Any

from spark_lineage.events.identity import iso
from spark_lineage.model import Column, Dataset, Execution, LineageGraph, ParentSeen, Run, Step

Document = dict[str, Any]


def document(graph: LineageGraph) -> Document:
    return {
        "run": _run(graph.run),
        "steps": [_step(each) for each in graph.steps],
        "datasets": [_dataset(each) for each in graph.datasets],
        "gaps": [
            {"step": each.step, "dataset": each.dataset, "what": each.what, "why": each.why} for each in graph.gaps
        ],
    }


def duration_ms(started: float, ended: float | None) -> float | None:
    return round((ended - started) * 1000, 3) if ended is not None else None


def _run(run: Run) -> Document:
    return {
        "id": run.id,
        "app": run.app,
        "program": run.program,
        "argv": list(run.argv),
        "started_at": iso(run.started),
        "ended_at": iso(run.ended) if run.ended is not None else None,
        "duration_ms": duration_ms(run.started, run.ended),
        "outcome": run.outcome.value,
        "error": run.error,
        "mode": run.mode.value,
        "spark_version": run.spark.spark_version if run.spark else None,
        "python_version": run.python,
        "labels": dict(run.labels),
        "commit": run.repository.commit if run.repository else None,
        "started_by": _started_by(run.parent),
    }


def _started_by(parent: ParentSeen | None) -> Document | None:
    return {"namespace": parent.namespace, "job": parent.name, "run": parent.run} if parent is not None else None


def _step(step: Step) -> Document:
    return {
        "step": step.step,
        "kind": step.kind.value,
        "function": step.function,
        "file": step.file,
        "line": step.line,
        "end_line": step.end_line,
        "site_line": step.site_line,
        "parent": step.parent[0] if step.parent else None,
        "parent_call": step.parent[1] if step.parent else None,
        "call": step.call,
        "variable": step.variable,
        "inputs": list(step.inputs),
        "outputs": list(step.outputs),
        "started_at": iso(step.started),
        "duration_ms": duration_ms(step.started, step.ended),
        "outcome": step.outcome.value,
        "error": step.error,
        "source_hash": step.source_hash,
        "executions": [_execution(each) for each in step.executions],
    }


def _execution(each: Execution) -> Document:
    return {
        "execution": each.execution,
        "description": each.description,
        "duration_ms": duration_ms(each.started, each.ended),
        "outcome": each.outcome.value,
        "error": each.error,
        "spark_jobs": list(each.spark_jobs),
        "metrics": dict(each.metrics),
    }


def _dataset(dataset: Dataset) -> Document:
    fragment = dataset.fragment
    sample = dataset.sample
    return {
        "id": dataset.id,
        "name": dataset.name,
        "namespace": dataset.namespace,
        "kind": dataset.kind.value,
        "step": dataset.step,
        "call": dataset.call,
        "variable": dataset.variable,
        "engine": dataset.engine,
        "rows": dataset.rows,
        "complete": dataset.complete,
        "reason": dataset.reason,
        "detail": dataset.detail,
        "pushed": list(dataset.pushed),
        "fingerprint": dataset.fingerprint,
        "columns": [_column(each) for each in dataset.columns],
        "measurements": dataset.measurements,
        "format": dataset.storage.format if dataset.storage else None,
        "table": dataset.storage.table if dataset.storage else None,
        "version": dataset.storage.version if dataset.storage else None,
        "mode": dataset.mode,
        "inputs": list(fragment.inputs) if fragment else [],
        "plan_hash": fragment.plan_hash if fragment else None,
        "operators": list(fragment.operators) if fragment else [],
        "deterministic": fragment.deterministic if fragment else None,
        "sample": None
        if sample is None
        else {"key": list(sample.key), "columns": list(sample.columns), "rows": [list(row) for row in sample.rows]},
    }


def _column(column: Column) -> Document:
    return {
        "name": column.name,
        "type": column.type,
        "nullable": column.nullable,
        "nulls": column.nulls,
        "fingerprint": column.fingerprint,
    }


__all__ = ["document", "duration_ms"]
