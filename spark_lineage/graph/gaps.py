"""The gap ledger: everything that is known not to have been observed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from spark_lineage.graph.batches import HANDED_OVER, MOST_STORAGES
from spark_lineage.graph.datasets import Datasets
from spark_lineage.graph.observed import Observed
from spark_lineage.graph.steps import Steps
from spark_lineage.model import Gap, OperationKind
from spark_lineage.model.libraries import TABLE_ENGINES
from spark_lineage.privacy import redaction


def ledger(seen: Observed, steps: Steps, datasets: Datasets) -> tuple[Gap, ...]:
    """Gaps without a step first, then step by step; each once."""
    gaps = [*_of_the_run(seen), *_of_python(seen, steps, datasets), *_of_jvm(seen, steps, datasets)]
    gaps.extend(_unseen_writes(seen, steps))
    gaps.extend(datasets.gaps)
    gaps = [replace(gap, why=redaction.prose(gap.why)) for gap in gaps]
    rank: dict[str | None, int] = {None: -1}
    for activation in steps.all:
        rank.setdefault(activation.node.name, len(rank))
    return tuple(sorted(dict.fromkeys(gaps), key=lambda gap: rank.get(gap.step, len(rank))))


def _of_the_run(seen: Observed) -> Iterable[Gap]:
    if seen.started is None:
        yield Gap(None, None, "program", "its start was not seen")
    if seen.ended is None:
        yield Gap(None, None, "end", "the program's end was not seen: it still runs, or it was killed")
    explained = any(gap.what == "jvm" for gap in seen.python_gaps)  # another jar, or none
    if (
        seen.spark is None
        and not explained
        and any(operation.detail.get("engine") not in TABLE_ENGINES for operation in seen.operations)
    ):
        yield Gap(None, None, "jvm", "the JVM half was not heard of: no plans, no measurements")


def _of_python(seen: Observed, steps: Steps, datasets: Datasets) -> Iterable[Gap]:
    for gap in seen.python_gaps:
        activation = steps.of_call(gap.call) or datasets.activation_of(gap.df)
        yield Gap(activation.node.name if activation else None, datasets.id_of(gap.df), gap.what, gap.why)


def _of_jvm(seen: Observed, steps: Steps, datasets: Datasets) -> Iterable[Gap]:
    told = {execution.op for execution in seen.executions if execution.sinks}
    for gap in seen.jvm_gaps:
        operation = seen.by_op.get(gap.dataset or "")
        if operation is not None and gap.what == "command" and operation.op in told:
            continue  # what it has others do was seen
        activation = steps.of(operation) if operation is not None else datasets.activation_of(gap.dataset)
        yield Gap(activation.node.name if activation else None, datasets.id_of(gap.dataset), gap.what, gap.why)


def _unseen_writes(seen: Observed, steps: Steps) -> Iterable[Gap]:
    """A gap for each write that went well, but whose sink the JVM half did not report."""
    for execution in seen.executions:
        if execution.batches > 1 and max(len(execution.sinks), len(execution.sources)) >= MOST_STORAGES:
            operation = seen.by_op.get(execution.op or "")
            step = steps.of(operation).node.name if operation is not None else None
            what = "sink" if len(execution.sinks) >= MOST_STORAGES else "source"
            yield Gap(step, None, what, f"of {execution.batches} batches of a stream only {MOST_STORAGES} are named")
    told = {execution.op for execution in seen.executions if execution.sinks}
    handed_over = {df for operation in seen.operations if operation.name == HANDED_OVER for df in operation.inputs}
    for operation in seen.operations:
        if operation.name.startswith("DataStreamWriter.") and not handed_over.isdisjoint(operation.inputs):
            continue  # its batches are written by a function of the program, whose writes were seen
        if operation.kind is OperationKind.WRITE and operation.error is None and operation.op not in told:
            if "place" in operation.detail:
                continue  # capture has noted where
            where = operation.detail.get("path") or operation.detail.get("table")
            target = f" to {where}" if where else ""
            yield Gap(steps.of(operation).node.name, None, "sink", f"where {operation.name} wrote{target} was not seen")


__all__ = ["ledger"]
