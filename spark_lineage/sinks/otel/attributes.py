"""What the spans say: attributes of OpenTelemetry's own conventions where there is one, else ``spark_lineage.…``.

A list with holes is no attribute, so what is not known is left out. ``docs/opentelemetry.md`` has the table of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Union

from spark_lineage.events import tracing
from spark_lineage.events.identity import MAIN_THREAD, run_uuid
from spark_lineage.model import CheckStatus, Dataset, LineageGraph, Step, StepKind

PREFIX = "spark_lineage"
MOST_DATASETS = 8  # of a side of a step, that are described; backends keep 128 attributes of a span
MOST_COLUMNS = 64  # of a dataset, that are named
MOST_TEXTS = 8  # of gaps and failed checks

Value = Union[str, bool, int, float, Sequence[str], Sequence[int]]
Attributes = Mapping[str, Value]
Known = Mapping[str, Union[Value, None]]


def of_run(graph: LineageGraph) -> Attributes:
    """The program, and how much the run has. Beside what the application has as a step."""
    run, repository = graph.run, graph.run.repository
    checks = Counter(check.status for check in graph.checks)
    links = {link.system: link.id for link in run.links}
    return _known(
        {
            "app": run.app,
            "program": run.program,
            "python": run.python,
            "mode": run.mode.value,
            "steps": len(graph.steps) - 1,
            "datasets": len(graph.datasets),
            "gap_count": len(graph.gaps),
            "checks.passed": checks[CheckStatus.PASSED],
            "checks.failed": checks[CheckStatus.FAILED],
            "spark.version": run.spark.spark_version if run.spark is not None else None,
            "spark.app_id": run.spark.app_id if run.spark is not None else None,
            "mlflow.run_id": links.get("mlflow"),
            **{f"label.{name}": value for name, value in run.labels.items()},
        },
        {
            "vcs.ref.head.revision": repository.commit if repository is not None else None,
            "vcs.ref.head.name": repository.branch if repository is not None else None,
            "vcs.repository.url.full": repository.remote if repository is not None else None,
        },
    )


def of_step(graph: LineageGraph, step: Step, datasets: Mapping[str, Dataset]) -> Attributes:
    """The code, what went in and came out, what Spark did for it, and what checks and the gap ledger say."""
    is_run = step.kind is StepKind.APPLICATION
    inputs, outputs = ([datasets[name] for name in side if name in datasets] for side in (step.inputs, step.outputs))
    of_it = [check for check in graph.checks if (check.step, check.call) == (step.step, step.call)]
    failed = [check for check in of_it if check.status is CheckStatus.FAILED]
    gaps = [gap for gap in graph.gaps if gap.step == (None if is_run else step.step)]
    return _known(
        {
            "run.id": run_uuid(graph.run.id),
            "event.run_id": tracing.event_run_id(graph.run, step.step, step.call),
            "step": step.step,
            "call": step.call,
            "kind": step.kind.value,
            "outcome": step.outcome.value,
            "variable": step.variable,
            "inputs": len(inputs),
            "outputs": len(outputs),
            **_listed("input", inputs),
            **_listed("output", outputs),
            "executions": len(step.executions) or None,
            **_metrics(step),
            "failed_checks": [f"{check.check}: {check.actual}" for check in failed[:MOST_TEXTS]] or None,
            "gaps": [f"{gap.what}: {gap.why}" for gap in gaps[:MOST_TEXTS]] or None,
        },
        {
            "code.function.name": step.function if not is_run else None,
            "code.file.path": step.file or None,
            "code.line.number": step.line if not is_run else None,
            "thread.name": step.thread if step.thread != MAIN_THREAD else None,
        },
    )


def _listed(side: str, datasets: Iterable[Dataset]) -> Known:
    found: dict[str, Value | None] = {}
    for number, dataset in enumerate(islice(datasets, MOST_DATASETS)):
        named = dataset.columns if len(dataset.columns) <= MOST_COLUMNS else ()
        nulls = [column.nulls for column in named if column.nulls is not None]
        facts: Known = {
            "name": dataset.name,
            "namespace": dataset.namespace,
            "kind": dataset.kind.value,
            "rows": dataset.rows,
            "complete": dataset.complete,
            "reason": dataset.reason,
            "fingerprint": dataset.fingerprint,
            "column_count": len(dataset.columns) or None,
            "columns": [column.name for column in named] or None,
            "nulls": nulls if nulls and len(nulls) == len(named) else None,
        }
        found.update({f"{side}.{number}.{name}": value for name, value in facts.items()})
    return found


def _metrics(step: Step) -> Known:
    """Of what Spark ran for the step, summed; those that its executions have."""
    summed: Counter[str] = Counter()
    for execution in step.executions:
        summed.update(execution.metrics)
    return {f"spark.{name}": value for name, value in sorted(summed.items()) if value}


def _known(ours: Known, conventions: Known) -> Attributes:
    named = {**{f"{PREFIX}.{name}": value for name, value in ours.items()}, **conventions}
    return {name: value for name, value in named.items() if value is not None}
