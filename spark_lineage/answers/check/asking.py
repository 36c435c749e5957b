"""The rules of the user, asked of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from spark_lineage.answers.check import functions
from spark_lineage.answers.check.evidence import Evidence
from spark_lineage.answers.check.facts import DatasetFacts, NoSuchColumn
from spark_lineage.answers.check.results import Result, Status
from spark_lineage.answers.check.rules import Rule, RuleError, Rules, means
from spark_lineage.config import did_you_mean
from spark_lineage.model import Dataset, DatasetKind


def ask(rules: Rules, run: Evidence, before: Evidence | None, with_functions: bool = True) -> Iterator[Result | str]:
    """A result per rule and dataset of its step; a sentence for each rule that cannot be asked of this run."""
    for rule in rules.rules:
        yield from _of_each_output(run, before, rule.step, rule.where, partial(_asked, rule))
    for path, named in rules.functions if with_functions else ():
        try:
            code = functions.loaded(path)
        except RuleError as error:
            yield str(error)
            continue
        for name, line in named:
            where = f"{path}:{line}"
            yield from _of_each_output(run, before, name, where, partial(functions.called, code, name, where))


def _of_each_output(
    run: Evidence, before: Evidence | None, step: str, where: str, asked: Callable[[DatasetFacts], Result]
) -> Iterator[Result | str]:
    try:
        for dataset in _outputs(run, step, where):
            yield asked(DatasetFacts(run, dataset, before))
    except RuleError as error:
        yield str(error)


def _outputs(run: Evidence, name: str, where: str) -> list[Dataset]:
    """What the steps of that name made. A name may also be that of a dataset, a variable or a function."""
    datasets = run.graph.datasets
    made = [dataset for dataset in datasets if dataset.kind is not DatasetKind.SOURCE and dataset.step is not None]
    found = [dataset for dataset in made if means(name, dataset.step or "")]
    found = found or [dataset for dataset in datasets if name in (dataset.id, dataset.variable)]
    steps = {step.step for step in run.graph.steps if step.function == name}
    found = found or [dataset for dataset in made if dataset.step in steps]
    if found:
        return found
    ends = {dataset.step.rpartition(".")[2] for dataset in made if dataset.step}
    known = sorted(ends | {dataset.id for dataset in made})
    raise RuleError(f"{where}: no step {name} made a dataset in run {run.graph.run.id}{did_you_mean(name, known)}.")


def _asked(rule: Rule, facts: DatasetFacts) -> Result:
    try:
        for column in rule.condition.columns:
            facts.column(column)
        held = rule.condition.value(facts)
        actual = rule.condition.shown(facts)
    except NoSuchColumn as error:
        raise RuleError(f"{rule.where}: {error}") from None
    if held is None:
        why = facts.why_not_answered(rule.condition.asked) or _no_last(rule, facts) or facts.why()
        return facts.result(rule.text, rule.where, Status.UNKNOWN, rule.text, f"{actual}: {why}")
    return facts.result(rule.text, rule.where, Status.PASSED if held else Status.FAILED, rule.text, actual)


def _no_last(rule: Rule, facts: DatasetFacts) -> str | None:
    return "there is no run before to compare with" if "last" in rule.text and facts.last() is None else None
