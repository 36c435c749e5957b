"""All checks of one run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from spark_lineage.answers.check import cells, columns, joins, names, over_time, plans
from spark_lineage.answers.check.asking import ask
from spark_lineage.answers.check.evidence import Evidence
from spark_lineage.answers.check.results import Report, Result
from spark_lineage.answers.check.rules import Rules
from spark_lineage.model import LineageGraph, Outcome

OF_RUN: Mapping[str, Callable[[Evidence], Iterator[Result]]] = {
    names.FAN_OUT: joins.fan_out,
    names.ROW_LOSS: joins.row_loss,
    names.UNDONE: joins.undone,
    names.EMPTY: plans.empty,
    names.UNION: plans.union,
    names.DUPLICATES: plans.duplicates,
    names.ALL_NULL: columns.all_null,
    names.CAST: columns.cast,
    names.CONSTANT: columns.constant,
    names.ZEROS: columns.zeros,
    names.STALE: cells.stale,
}


def check(
    graph: LineageGraph,
    earlier: Sequence[LineageGraph] = (),
    last: LineageGraph | None = None,
    rules: Rules | None = None,
    with_functions: bool = True,
) -> Report:
    """Runs the built-in checks that are not switched off, and asks the rules.

    ``earlier``: runs of the same program, oldest first. ``last``: the one to compare columns with, and that ``last``
    in rules means; the last of ``earlier`` if not given. ``with_functions``: those of ``checks.py`` are called.
    """
    rules = rules if rules is not None else Rules()
    run = Evidence(graph)
    past = [Evidence(graph_before) for graph_before in earlier]
    before = Evidence(last) if last is not None else past[-1] if past else None
    found = [result for built_in_check in OF_RUN.values() for result in built_in_check(run)]
    if before is not None:
        found.extend(over_time.against_last(run, before))
    found.extend(over_time.far(run, past))
    order = {dataset.id: number for number, dataset in enumerate(graph.datasets)}
    built_in = sorted(found, key=lambda result: order.get(result.dataset or "", -1))
    kept = [result for result in built_in if not rules.is_off(result)]
    answers = list(ask(rules, run, before, with_functions))
    problems = tuple(answer for answer in answers if isinstance(answer, str))
    asked = tuple(answer for answer in answers if not isinstance(answer, str))
    return Report(graph.run.id, graph.run.app, (*kept, *asked), problems, graph.run.outcome is Outcome.RUNNING)
