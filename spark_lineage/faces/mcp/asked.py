"""What each tool asks, and how its answer is laid out as a head and items."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from spark_lineage.answers import ask, find, freshness
from spark_lineage.answers.check.results import Status
from spark_lineage.answers.diff import Comparison, Divergence
from spark_lineage.answers.diff.document import document as diff_document
from spark_lineage.answers.documents import duration_ms, moment
from spark_lineage.answers.explain import document as explain_document
from spark_lineage.answers.runs import document as runs_document
from spark_lineage.answers.show import definitions, nulls, rows_at_least
from spark_lineage.model import Dataset, LineageGraph, Step

Document = dict[str, Any]
Arguments = Mapping[str, Any]
Answered = tuple[Document, Sequence[Document]]
MOST_ROWS = 5  # sampled ones


def list_runs(store: ask.Folder, given: Arguments) -> Answered:
    found = runs_document(ask.runs(store, app=given.get("app"), label=given.get("label")))
    kept = ("program", "outcome", "mode", "started_at", "duration_ms", "commit", "dirty", "unreadable")
    return {"store": found["store"]}, [
        {
            "run": run["id"],
            "app": run["app"] or "",
            **{name: run[name] for name in kept},
            "labels": _labels(run["labels"]),
        }
        for run in found["runs"]
    ]


def get_run(store: ask.Folder, given: Arguments) -> Answered:
    graph = ask.show(given.get("run", "last"), store, whole=False)
    run = graph.run
    head = {
        **_of(graph), "program": run.program, "arguments": list(run.argv), "outcome": run.outcome.value,
        "error": run.error, "mode": run.mode.value, "started_at": moment(run.started),
        "duration_ms": duration_ms(run.started, run.ended), "labels": _labels(run.labels),
        "commit": run.repository.commit if run.repository else None, **freshness.document(graph.freshness),
        "datasets": len(graph.datasets), "gaps": len(graph.gaps),
        "failed_checks": [f"{check.check} of {check.step}" for check in graph.checks if check.status is Status.FAILED],
    }  # fmt: skip
    rows = {dataset.id: dataset.rows for dataset in graph.datasets}
    return head, [
        {
            "step": step.step, "call": step.call, "kind": step.kind.value, "file": step.file, "line": step.line,
            "outcome": step.outcome.value, "error": step.error, "inputs": list(step.inputs),
            "outputs": list(step.outputs), "rows": [rows.get(output) for output in step.outputs],
        }
        for step in graph.steps
    ]  # fmt: skip


def get_step(store: ask.Folder, given: Arguments) -> Answered:
    graph = ask.show(given.get("run", "last"), store, step=given["step"])
    first = graph.steps[0]
    calls = [step for step in graph.steps if step.step == first.step]
    datasets = {dataset.id: dataset for dataset in graph.datasets}
    head = {
        **_of(graph), "step": first.step, "calls": len(calls), "kind": first.kind.value, "function": first.function,
        "file": first.file, "line": first.line, "end_line": first.end_line, "source": first.source, "doc": first.doc,
        "arguments": [f"{name}={expression}" for name, expression in first.arguments],
        "error": next((step.error for step in calls if step.error), None),
        "encloses": list(dict.fromkeys(step.step for step in graph.steps if step.step != first.step)),
        "stale": _stale(graph, first),
    }  # fmt: skip
    return head, [
        {
            "call": step.call, "role": role, "dataset": dataset.id, **_measured(dataset), "nulls": nulls(dataset),
            "operators": _operators(dataset) if role == "output" else [],
        }
        for step in calls
        for role, names in (("input", step.inputs), ("output", step.outputs))
        for dataset in (datasets[name] for name in names if name in datasets)
    ]  # fmt: skip


def _stale(graph: LineageGraph, step: Step) -> bool | None:
    """Of a function that is as it was in a file that is not: false, though what it calls may be another one."""
    found = graph.freshness
    if found is None or not found.stale:
        return found.stale if found is not None else None
    return step.function in found.functions or step.function == "<module>"


def get_dataset(store: ask.Folder, given: Arguments) -> Answered:
    graph = ask.show(given.get("run", "last"), store)
    dataset = find.dataset(graph, given["dataset"])
    stored, fragment = dataset.storage, dataset.fragment
    made_by = definitions(dataset)
    head = {
        **_of(graph), "dataset": dataset.id, "name": dataset.name, "namespace": dataset.namespace,
        "kind": dataset.kind.value, "step": dataset.step, "call": dataset.call, "variable": dataset.variable,
        **_measured(dataset), "fingerprint": dataset.fingerprint, "format": stored.format if stored else None,
        "table": stored.table if stored else None, "version": stored.version if stored else None, "mode": dataset.mode,
        "inputs": list(fragment.inputs) if fragment else [],
        "read_by": list(dict.fromkeys(step.step for step in graph.steps if dataset.id in step.inputs)),
        "operators": _operators(dataset), "pushed": list(dataset.pushed), "sample": _sample(dataset),
    }  # fmt: skip
    return head, [
        {
            "column": column.name, "type": column.type, "nullable": column.nullable, "nulls": column.nulls,
            "nans": column.nans, "fingerprint": column.fingerprint, "expression": made_by.get(column.name),
        }
        for column in dataset.columns
    ]  # fmt: skip


def trace_column(store: ask.Folder, given: Arguments) -> Answered:
    found = explain_document(ask.explain(given["column"], given.get("run", "last"), store))
    head = {
        "dataset": found["dataset"], "column": found["column"], "definition": found["definition"],
        "running": found["running"],
        "sources": [f"{each['dataset']}.{each['column']} ({each['kind']})" for each in found["sources"]],
        "decided_by": [f"{each['dataset']}.{each['column']} ({each['subtype']})" for each in found["decided_by"]],
    }  # fmt: skip
    return head, [
        {
            "step": hop["step"], "call": hop["call"], "dataset": hop["dataset"], "column": hop["column"],
            "expression": hop["expression"],
            "inputs": [f"{use['dataset']}.{use['column']} ({use['kind']}, {use['subtype']})" for use in hop["inputs"]],
        }
        for hop in found["path"]
    ]  # fmt: skip


def diff_runs(store: ask.Folder, given: Arguments) -> Answered:
    baseline = given.get("baseline")
    names = [given["b"]] if baseline and "b" in given else []
    if not baseline:
        names = [given.get("a", "last~1"), given.get("b", "last")]
    found = ask.diff(names, store, baseline=baseline, force=given.get("force", False))
    head = {
        "a": found.a.run.id, "b": found.b.run.id, "same": found.same, "different": found.different,
        "measured": found.measured, "derived": found.derived, **freshness.document(found.b.freshness),
    }  # fmt: skip
    return head, _differences(found)


def _differences(found: Comparison) -> list[Document]:
    told = diff_document(found)["first_divergences"]
    return [
        *(_divergence(cause, said) for cause, said in zip(found.first_divergences, told, strict=True)),
        *(
            _item("source_changed", dataset=change.b.id, why=change.why, rows_a=change.a.rows, rows_b=change.b.rows)
            for change in found.sources_changed
        ),
        *(
            _item("consequence", step=each.step, dataset=each.dataset, caused_by=list(each.caused_by))
            for each in found.diverged
        ),
        *(_item("uncertain", dataset=each.dataset, why=each.why) for each in found.uncertain),
        *(_item("only_in_a", step=name) for name in found.only_in_a),
        *(_item("only_in_b", step=name) for name in found.only_in_b),
    ]


def _item(what: str, **known: Any) -> Document:
    texts = dict.fromkeys(("step", "call", "file", "line", "dataset", "why", "rows_a", "rows_b"))
    lists: Document = {name: [] for name in ("columns", "source_diff", "plan_diff", "sample", "caused_by")}
    return {"what": what, **texts, **lists, **known}


def _divergence(cause: Divergence, told: Document) -> Document:
    sample = told["sample"] or {"changed": [], "only_in_a": [], "only_in_b": []}
    rows = [{"in": name, **row} for name, listed in sample.items() if name != "key" for row in listed]
    return _item(
        "first_divergence", step=told["step"], call=told["call"], file=told["file"], line=told["line"],
        dataset=told["dataset"], why=told["why"], rows_a=told["rows"][0], rows_b=told["rows"][1],
        columns=[f"{change.name}: {change.change}, {change.a} → {change.b}" for change in cause.columns],
        source_diff=told["source_diff"], plan_diff=told["plan_diff"],
        sample=[json.dumps(row) for row in rows[:MOST_ROWS]],
    )  # fmt: skip


def get_checks(store: ask.Folder, given: Arguments) -> Answered:
    report = ask.check(given.get("run", "last"), store, fresh=given.get("fresh", False), functions=False)
    head = {
        "run": report.run, "app": report.app, "passed": report.passed, "status": report.status.value,
        "running": report.running, **freshness.document(report.freshness), "not_asked": list(report.not_asked),
    }  # fmt: skip
    order = [Status.FAILED, Status.UNKNOWN, Status.PASSED]
    results = sorted(report.results, key=lambda result: (order.index(result.status), not result.rule))
    return head, [
        {
            "check": result.check, "status": result.status.value, "step": result.step, "call": result.call,
            "dataset": result.dataset, "column": result.column, "expected": result.expected, "actual": result.actual,
            "rule": result.rule, "where": result.where,
        }
        for result in results
    ]  # fmt: skip


def list_gaps(store: ask.Folder, given: Arguments) -> Answered:
    graph = ask.show(given.get("run", "last"), store, whole=False)
    return _of(graph), [
        {"step": gap.step, "dataset": gap.dataset, "what": gap.what, "why": gap.why} for gap in graph.gaps
    ]


# --------------------------------------------------------------------------- parts


def _of(graph: LineageGraph) -> Document:
    return {"run": graph.run.id, "app": graph.run.app}


def _labels(labels: Mapping[str, str]) -> list[str]:
    return [f"{name}={value}" for name, value in labels.items()]


def _measured(dataset: Dataset) -> Document:
    return {
        "rows": dataset.rows, "rows_at_least": rows_at_least(dataset), "complete": dataset.complete,
        "reason": dataset.reason, "detail": dataset.detail,
    }  # fmt: skip


def _operators(dataset: Dataset) -> list[str]:
    return list(dataset.fragment.operators) if dataset.fragment is not None else []


def _sample(dataset: Dataset) -> list[str]:
    sample = dataset.sample
    if sample is None:
        return []
    return [json.dumps(dict(zip(sample.columns, row, strict=True))) for row in list(sample.rows)[:MOST_ROWS]]
