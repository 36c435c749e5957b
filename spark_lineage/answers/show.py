"""``show``: one run, as what a table of its steps needs, and as a document (the contract ``show.schema.json``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from spark_lineage.answers import freshness
from spark_lineage.answers.documents import Document, duration_ms
from spark_lineage.events.identity import iso
from spark_lineage.model import (
    Cell,
    Column,
    Dataset,
    DatasetKind,
    Execution,
    Gap,
    LineageGraph,
    Mode,
    ParentSeen,
    Run,
    Step,
    StepKind,
    StepValue,
)

StepKey = tuple[str, int]  # name of a step, number of its call


# --------------------------------------------------------------------------- as a table of steps


@dataclass(frozen=True)
class ShownStep:
    """One step of the call tree, ``depth`` levels below the application.

    ``label`` is the part of its name that its parent's name does not say. ``error`` is its error where that came from
    this step; it is None in the steps that the error only passed through on its way up.
    """

    step: Step
    depth: int
    label: str
    error: str | None
    inputs: tuple[Dataset, ...]
    outputs: tuple[Dataset, ...]
    again: str | None = None  # of a cell of a notebook that ran before: which, and whether it was edited


def shown_steps(graph: LineageGraph) -> Iterator[ShownStep]:
    """Every step below its parent, calls in order of start."""
    datasets = {dataset.id: dataset for dataset in graph.datasets}
    repeated = {cell.step: again(cell) for cell in graph.run.cells if cell.again is not None and cell.step is not None}
    passed_on = {(step.parent, step.error) for step in graph.steps if step.error}
    for step, depth in _tree(graph.steps):
        error = None if (_key(step), step.error) in passed_on else step.error
        yield ShownStep(
            step, depth, _label(step, depth), error, _known(step.inputs, datasets), _known(step.outputs, datasets),
            repeated.get(step.step),
        )  # fmt: skip


def _tree(steps: Sequence[Step]) -> Iterator[tuple[Step, int]]:
    known = {_key(step) for step in steps}
    children: dict[StepKey | None, list[Step]] = {}
    for step in steps:
        parent = step.parent if step.parent in known and step.parent != _key(step) else None
        children.setdefault(parent, []).append(step)
    todo = [(step, 0) for step in reversed(children.get(None, ()))]
    while todo:
        step, depth = todo.pop()
        yield step, depth
        todo.extend((child, depth + 1) for child in reversed(children.get(_key(step), ())))


def _key(step: Step) -> StepKey:
    return (step.step, step.call)


def _label(step: Step, depth: int) -> str:
    if depth == 0:
        return step.step
    if step.kind is not StepKind.FUNCTION:
        return step.step.rsplit(".", 1)[-1]
    # Below the parent's name: ``Pipeline.clean`` has a dot of its own.
    parent = step.parent[0] if step.parent else ""
    return step.step[len(parent) + 1 :] if step.step.startswith(f"{parent}.") else step.step


def _known(ids: Sequence[str], datasets: Mapping[str, Dataset]) -> tuple[Dataset, ...]:
    return tuple(datasets[dataset] for dataset in ids if dataset in datasets)


def nulls(dataset: Dataset) -> int | None:
    """NULLs over all columns that were measured; None where none was."""
    known = [column.nulls for column in dataset.columns if column.nulls is not None]
    return sum(known) if known else None


def rows_at_least(dataset: Dataset) -> int | None:
    """How many rows were seen of a dataset whose rows are not known; None where none were, or the rows are known."""
    if dataset.rows is not None:
        return None
    return max((partial.rows for partial in dataset.partial), default=0) or None


def rows_gained(output: Dataset, inputs: Sequence[Dataset]) -> int | None:
    """Against the input, if there is but one: of joins and unions no difference says anything."""
    if len(inputs) != 1 or inputs[0].rows is None or output.rows is None:
        return None
    return output.rows - inputs[0].rows


def definitions(dataset: Dataset) -> dict[str, str]:
    """The expression of each column that is not only passed on."""
    made = dataset.fragment.definitions if dataset.fragment is not None else ()
    return {
        definition.column: definition.expression for definition in made if definition.expression != definition.column
    }


STREAM = "a streaming query"  # the detail of a dataset of a stream: no mode has a probe there


def rows_not_known(graph: LineageGraph) -> dict[str, list[str]]:
    """Ids of interim datasets and sinks whose rows are not known, by the reason; ``streaming`` is one of its own."""
    found: dict[str, list[str]] = {}
    for dataset in graph.datasets:
        if dataset.rows is None and dataset.kind not in (DatasetKind.SOURCE, DatasetKind.MODEL):
            why = "streaming" if dataset.detail == STREAM else dataset.reason or "unknown"
            found.setdefault(why, []).append(dataset.id)
    return found


def modes_that_know(reason: str) -> tuple[Mode, ...]:
    """The modes in which the rows of a dataset would have been counted that are not known for this reason."""
    if reason == "plan_mode":
        return (Mode.FLOW, Mode.USED, Mode.EXACT)
    return (Mode.USED, Mode.EXACT) if reason in ("filter_pushed", "stepped_aside") else ()


def stored(graph: LineageGraph) -> list[Dataset]:
    """What was read from and written to storage."""
    return [dataset for dataset in graph.datasets if dataset.kind in (DatasetKind.SOURCE, DatasetKind.SINK)]


def gaps_beside_the_table(graph: LineageGraph) -> list[Gap]:
    """Those that the table does not say: that a dataset is not complete stands in its line."""
    return [gap for gap in graph.gaps if gap.what != "rows"]


# --------------------------------------------------------------------------- --json


def document(graph: LineageGraph) -> Document:
    return {
        "run": _run(graph.run),
        "steps": [_step(step) for step in graph.steps],
        "datasets": [_dataset(dataset) for dataset in graph.datasets],
        **freshness.document(graph.freshness),
        "gaps": [{"step": gap.step, "dataset": gap.dataset, "what": gap.what, "why": gap.why} for gap in graph.gaps],
    }


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
        "cells": [_cell(cell) for cell in run.cells],
    }


def _cell(cell: Cell) -> Document:
    return {
        "number": cell.number,
        "id": cell.key,
        "step": cell.step,
        "started_at": iso(cell.started),
        "duration_ms": duration_ms(cell.started, cell.ended),
        "error": cell.error,
        "again": cell.again,
        "edited": cell.edited,
        "sure": cell.sure,
    }


def again(cell: Cell) -> str:
    """``In[2] again, edited``: what a cell is that ran before."""
    sure = "" if cell.sure else "perhaps "
    return f"{sure}In[{cell.again}] again{', edited' if cell.edited else ''}"


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
        "values": [_value(value) for value in step.values],
        "executions": [_execution(execution) for execution in step.executions],
    }


def _value(value: StepValue) -> Document:
    return {
        "use": value.use.value,
        "name": value.name,
        "type": value.kind,
        "digest": value.digest,
        "text": value.text,
        "file": value.file,
        "line": value.line,
        "source": value.source,
    }


def _execution(execution: Execution) -> Document:
    return {
        "execution": execution.execution,
        "description": execution.description,
        "started_at": iso(execution.started),
        "duration_ms": duration_ms(execution.started, execution.ended),
        "outcome": execution.outcome.value,
        "error": execution.error,
        "spark_jobs": list(execution.spark_jobs),
        "metrics": dict(execution.metrics),
        "batches": execution.batches,
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
        "rows_at_least": rows_at_least(dataset),
        "complete": dataset.complete,
        "reason": dataset.reason,
        "detail": dataset.detail,
        "pushed": list(dataset.pushed),
        "fingerprint": dataset.fingerprint,
        "columns": _columns(dataset),
        "measurements": dataset.measurements,
        "format": dataset.storage.format if dataset.storage else None,
        "table": dataset.storage.table if dataset.storage else None,
        "version": dataset.storage.version if dataset.storage else None,
        "mode": dataset.mode,
        "changed": asdict(dataset.changed) if dataset.changed is not None else None,
        "inputs": list(fragment.inputs) if fragment else [],
        "plan_hash": fragment.plan_hash if fragment else None,
        "operators": list(fragment.operators) if fragment else [],
        "deterministic": fragment.deterministic if fragment else None,
        "sample": None
        if sample is None
        else {"key": list(sample.key), "columns": list(sample.columns), "rows": [list(row) for row in sample.rows]},
    }


def _columns(dataset: Dataset) -> list[Document]:
    definitions = dataset.fragment.definitions if dataset.fragment is not None else ()
    followed = {definition.column: definition.followed for definition in definitions}
    return [_column(column, followed.get(column.name)) for column in dataset.columns]


def _column(column: Column, followed: bool | None) -> Document:
    return {
        "name": column.name,
        "type": column.type,
        "nullable": column.nullable,
        "nulls": column.nulls,
        "nans": column.nans,
        "followed": followed,
        "fingerprint": column.fingerprint,
    }
