"""The checks of a run that is in a store: which runs it is compared with, and which rules hold for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from spark_lineage.answers import find
from spark_lineage.answers.check.checking import check
from spark_lineage.answers.check.earlier import earlier
from spark_lineage.answers.check.results import Report, Result
from spark_lineage.answers.check.rules import load
from spark_lineage.answers.errors import AnswerError, still_running
from spark_lineage.answers.freshness import looked_at, of_code
from spark_lineage.config import resolve
from spark_lineage.model import LineageGraph, Mode, Outcome
from spark_lineage.store import Store, Summary


def check_stored(
    store: Store,
    name: str,
    rules_file: str | None,
    against: str | None,
    fresh: bool = False,
    with_functions: bool = True,
) -> Report:
    """Raises :class:`AnswerError` for a run or a rule that cannot be checked, StoreError for an unknown run."""
    run = find.run(store, name)
    graph = looked_at(store.open(run).graph, run.folder)
    report = check_opened(store, run, graph, rules_file, against, with_functions)
    return replace(report, results=(*report.results, of_code(graph))) if fresh else report


def check_opened(
    store: Store,
    run: Summary,
    graph: LineageGraph,
    rules_file: str | None = None,
    against: str | None = None,
    with_functions: bool = True,
) -> Report:
    """The same for a run that has been read already: whole, with samples and fragments."""
    folders = _folders(graph.run.program)
    metrics = _metrics(graph, folders, rules_file)
    if graph.run.mode is Mode.PLAN:
        if not metrics:
            raise AnswerError(f"Run {run.id} was recorded in plan mode: no rows were measured, nothing to check.")
        return Report(run.id, run.app, metrics, running=graph.run.outcome is Outcome.RUNNING)
    last = _run_of_same_app(store, against, run.app) if against is not None else None
    before = earlier(store, run.app, run.started, run.id)
    rules = load(folders, rules_file, resolve(folders=folders).checks_file)
    report = check(graph, before, last, rules, with_functions)
    if report.problems:
        raise AnswerError(still_running(report.problems[0], graph.run))
    names = [name for _, named in rules.functions for name, _ in named] if not with_functions else ()
    results = (*report.results, *metrics)
    return replace(report, results=results, freshness=graph.freshness, not_asked=tuple(names))


def _run_of_same_app(store: Store, name: str, app: str) -> LineageGraph:
    graph = store.open(find.run(store, name)).graph
    if graph.run.app != app:
        raise AnswerError(f"{name} is a run of {graph.run.app}, not of {app}: their columns cannot be compared.")
    return graph


def _metrics(graph: LineageGraph, folders: Sequence[Path], rules_file: str | None) -> tuple[Result, ...]:
    """What the contracts of metrics say: they need plans and no rows."""
    from spark_lineage.answers.contracts import checking, reading

    try:
        return checking.results(graph, reading.load(folders, rules_file))
    except reading.ContractError as error:
        raise AnswerError(still_running(str(error), graph.run)) from error


def _folders(program: str) -> list[Path]:
    """This folder and that of the program, which may stand elsewhere than where it was recorded."""
    return [Path.cwd(), *([Path(program).resolve().parent] if Path(program).is_file() else [])]
