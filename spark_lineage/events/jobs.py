"""Names of jobs: the call path of the step, told apart where its calls make different datasets.

A receiver shows the inputs and outputs of a job's last run only. Calls of one step whose outputs have the same names
are runs of one job, and their outputs versions of one dataset; a call whose outputs have other names (a ``save`` called
for two tables) is a job of its own, ``save~2`` for the second call, so that no edge is hidden behind a later run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from spark_lineage.model import Dataset, ParentSeen, Step

Call = tuple[str, int]  # step, call
Name = tuple[str, str]  # namespace, name


def job_names(
    steps: Sequence[Step], datasets: Mapping[str, Dataset], parent: ParentSeen | None = None
) -> dict[Call, str]:
    """The job of each call. A job's name begins with that of its parent, as receivers expect; so does the
    application's, if an orchestrator's run is its ``parent``: Marquez would call it so, and not find it as the parent
    of its steps.
    """
    names: dict[Call, str] = {}
    made: dict[str, dict[str, set[Name]]] = {}  # name of the step below its parent's job -> job -> what it makes
    for step in steps:
        base = _below(step, names)
        if step.parent is None and parent is not None and not base.startswith(f"{parent.name}."):
            base = f"{parent.name}.{base}"
        outputs = {_name(datasets[output]) for output in step.outputs if output in datasets}
        jobs = made.setdefault(base, {base: set()})
        job = _job(base, step.call, outputs, jobs)
        jobs.setdefault(job, set()).update(outputs)
        names[(step.step, step.call)] = job
    return names


def _name(dataset: Dataset) -> Name:
    return (dataset.namespace, dataset.name)


def _below(step: Step, names: Mapping[Call, str]) -> str:
    if step.parent is None or not step.step.startswith(f"{step.parent[0]}."):
        return step.step
    return names.get(step.parent, step.parent[0]) + step.step[len(step.parent[0]) :]


def _job(base: str, call: int, outputs: set[Name], jobs: Mapping[str, set[Name]]) -> str:
    if not outputs or not jobs[base]:
        return base
    known = next((job for job, made in jobs.items() if made & outputs), None)
    if known is not None:
        return known
    number = max(call, 2)
    while f"{base}~{number}" in jobs:
        number += 1
    return f"{base}~{number}"
