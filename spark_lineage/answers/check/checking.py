"""All checks of one run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from spark_lineage.answers.check import columns, joins, names, over_time, plans
from spark_lineage.answers.check.asking import ask
from spark_lineage.answers.check.evidence import Evidence
from spark_lineage.answers.check.results import Report, Result
from spark_lineage.answers.check.rules import Rules
from spark_lineage.model import LineageGraph

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
    past = [Evidence(each) for each in earlier]
    before = Evidence(last) if last is not None else past[-1] if past else None
    found = [result for each in OF_RUN.values() for result in each(run)]
    if before is not None:
        found.extend(over_time.against_last(run, before))
    found.extend(over_time.far(run, past))
    order = {each.id: number for number, each in enumerate(graph.datasets)}
    built_in = sorted(found, key=lambda each: order.get(each.dataset or "", -1))
    kept = [each for each in built_in if not rules.is_off(each)]
    answers = list(ask(rules, run, before, with_functions))
    problems = tuple(each for each in answers if isinstance(each, str))
    asked = tuple(each for each in answers if not isinstance(each, str))
    return Report(graph.run.id, graph.run.app, (*kept, *asked), problems)
