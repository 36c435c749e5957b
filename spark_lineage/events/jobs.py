"""Names of jobs: the call path of the step, told apart where its calls make different datasets.

A receiver shows the inputs and outputs of a job's last run only. Calls of one step whose outputs have the same names
are runs of one job, and their outputs versions of one dataset; a call whose outputs have other names (a ``save`` called
for two tables) is a job of its own, ``save~2`` for the second call, so that no edge is hidden behind a later run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from spark_lineage.model import Dataset, ParentSeen, Step, StepKind

MAIN = "main"  # the function
Call = tuple[str, int]  # step, call
Name = tuple[str, str]  # namespace, name


def job_names(
    steps: Sequence[Step], datasets: Mapping[str, Dataset], parent: ParentSeen | None = None
) -> dict[Call, str]:
    """The job of each call. A job's name begins with that of its parent, as receivers expect; so does the
    application's, if an orchestrator's run is its ``parent``: Marquez would call it so, and not find it as the parent
    of its steps.
    """
    above = parents(steps)
    names: dict[Call, str] = {}
    made: dict[str, dict[str, set[Name]]] = {}  # name of the step below its parent's job -> job -> what it makes
    for step in steps:
        base = _below(step, above[(step.step, step.call)], names)
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


def _below(step: Step, above: Call | None, names: Mapping[Call, str]) -> str:
    if step.parent is None or above is None or not step.step.startswith(f"{step.parent[0]}."):
        return step.step
    return names.get(above, above[0]) + step.step[len(step.parent[0]) :]


def parents(steps: Sequence[Step]) -> dict[Call, Call | None]:
    """The call that a receiver is told is the parent of each call: the caller, but for what ``main`` calls.

    That is said to be the application's own, ``nightly.clean`` and not ``nightly.main.clean``: a receiver shows fifteen
    characters of a name, and ``main`` says nothing. Only where the application has no step of that name itself.
    """
    known = {(step.step, step.call): step for step in steps}
    taken = {step.step for step in steps if step.parent is None or known.get(step.parent, step).parent is None}
    above: dict[Call, Call | None] = {}
    for step in steps:
        caller = known.get(step.parent) if step.parent is not None else None
        above[(step.step, step.call)] = step.parent
        if caller is not None and caller.function == MAIN and caller.kind is StepKind.FUNCTION:
            top = known.get(caller.parent) if caller.parent is not None else None
            short = top.step + step.step[len(caller.step) :] if top is not None else ""
            if top is not None and top.kind is StepKind.APPLICATION and short not in taken:
                above[(step.step, step.call)] = caller.parent
    return above


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
