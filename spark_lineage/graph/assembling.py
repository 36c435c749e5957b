"""Puts the graph of a run together: see ``graph.assemble``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from spark_lineage.graph import batches, followed, functions, models, naming
from spark_lineage.graph.cells import cells
from spark_lineage.graph.datasets import Datasets
from spark_lineage.graph.gaps import ledger
from spark_lineage.graph.globs import name_by_folder
from spark_lineage.graph.naming import app_name
from spark_lineage.graph.observed import Observed, sort_out
from spark_lineage.graph.steps import Steps
from spark_lineage.graph.versions import told_apart
from spark_lineage.model import LineageGraph, Mode, Observation, Outcome, ParentSeen, Run
from spark_lineage.privacy import redaction


def assemble(observations: Iterable[Observation]) -> LineageGraph:
    """See ``graph.assemble``."""
    return so_far(observations)[0]


def so_far(observations: Iterable[Observation]) -> tuple[LineageGraph, frozenset[tuple[str, int]]]:
    """See ``graph.so_far``."""
    seen = sort_out(observations)
    name_by_folder(seen)
    batches.join(seen.operations, seen.fragments)
    followed.settle(seen)
    models.join(seen)
    steps = Steps(seen, app_name(seen.started.app if seen.started else ""))
    return _put_together(seen, steps), frozenset(_with_loose_ends(seen, steps))


def _with_loose_ends(seen: Observed, steps: Steps) -> Iterator[tuple[str, int]]:
    for df, maker in seen.makers.items():
        if not seen.users.get(df):
            activation = steps.of(maker)
            yield activation.node.name, activation.call


def _put_together(seen: Observed, steps: Steps) -> LineageGraph:
    datasets = Datasets(seen, steps)
    finished = tuple(steps.finished())
    named = told_apart(datasets.all, finished)
    run = replace(_run(seen, steps), functions=functions.used(seen, finished, named))
    return LineageGraph(run, finished, named, ledger(seen, steps, datasets))


def _run(seen: Observed, steps: Steps) -> Run:
    started, ended, application = seen.started, seen.ended, steps.application
    parent, root = _parents(seen)
    return Run(
        id=started.run if started else "",
        app=steps.root.name,
        program=started.program if started else "",
        argv=redaction.arguments(started.argv) if started else (),
        started=application.started,
        ended=application.ended,
        outcome=ended.outcome if ended else Outcome.RUNNING,
        error=redaction.optional(ended.error) if ended else None,
        mode=started.mode if started else Mode.FLOW,
        labels=dict(started.labels) if started else {},
        spark=seen.spark,
        python=started.python if started else "",
        repository=seen.repository,
        links=tuple(seen.links.values()),
        parent=parent,
        root=root,
        place=naming.place(seen),
        files=tuple(seen.files[name] for name in sorted(seen.files)),
        cells=tuple(cells(seen, {call: found.node.name for call in seen.cells if (found := steps.of_call(call))})),
    )


def _parents(seen: Observed) -> tuple[ParentSeen | None, ParentSeen | None]:
    """A root of which no parent is known is the parent; a root that is the parent says nothing more."""
    top = seen.parents.get(True)
    parent = seen.parents.get(False) or (replace(top, root=False) if top else None)
    return parent, top if top is not None and replace(top, root=False) != parent else None
