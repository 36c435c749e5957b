"""The rules of the user, asked of a run."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from spark_lineage.answers.check.evidence import Evidence
from spark_lineage.answers.check.facts import DatasetFacts, NoSuchColumn, NotKnown
from spark_lineage.answers.check.results import Result, Status
from spark_lineage.answers.check.rules import Rule, RuleError, Rules, means
from spark_lineage.config import did_you_mean
from spark_lineage.model import Dataset, DatasetKind


def ask(rules: Rules, run: Evidence, before: Evidence | None, with_functions: bool = True) -> Iterator[Result | str]:
    """A result per rule and dataset of its step; a sentence for each rule that cannot be asked of this run."""
    for rule in rules.rules:
        yield from _each(run, before, rule.step, rule.where, partial(_asked, rule))
    for path, functions in rules.functions if with_functions else ():
        try:
            code = _loaded(path)
        except RuleError as error:
            yield str(error)
            continue
        for name, line in functions:
            where = f"{path}:{line}"
            yield from _each(run, before, name, where, partial(_called, code, name, where))


def _each(
    run: Evidence, before: Evidence | None, step: str, where: str, asked: Callable[[DatasetFacts], Result]
) -> Iterator[Result | str]:
    try:
        for dataset in _outputs(run, step, where):
            yield asked(DatasetFacts(run, dataset, before))
    except RuleError as error:
        yield str(error)


def _outputs(run: Evidence, step: str, where: str) -> list[Dataset]:
    """What the steps of that name made. A name may also be that of a dataset or a variable."""
    made = [each for each in run.graph.datasets if each.kind is not DatasetKind.SOURCE and each.step is not None]
    found = [each for each in made if means(step, each.step or "")]
    found = found or [each for each in run.graph.datasets if step in (each.id, each.variable)]
    functions = {each.step for each in run.graph.steps if each.function == step}
    found = found or [each for each in made if each.step in functions]
    if found:
        return found
    known = sorted({each.step.rpartition(".")[2] for each in made if each.step} | {each.id for each in made})
    raise RuleError(f"{where}: no step {step} made a dataset in run {run.graph.run.id}{did_you_mean(step, known)}.")


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
        return _result(rule.text, rule.where, facts, Status.UNKNOWN, rule.text, f"{actual}: {why}")
    return _result(rule.text, rule.where, facts, Status.PASSED if held else Status.FAILED, rule.text, actual)


def _no_last(rule: Rule, facts: DatasetFacts) -> str | None:
    return "there is no run before to compare with" if "last" in rule.text and facts.last() is None else None


def _result(check: str, where: str, facts: DatasetFacts, status: Status, expected: str, actual: str) -> Result:
    dataset = facts.dataset
    return Result(
        check, dataset.step or "", dataset.id, status, expected, actual, None, dataset.call, True, where
    )  # fmt: skip


# --------------------------------------------------------------------------- functions of checks.py


class Facts:
    """What a function of ``checks.py`` gets: ``facts.rows_out <= facts.rows_in``.

    ``rows``, ``rows_out``, ``rows_in``, ``columns`` are numbers, ``nulls(column)`` and ``violations(sql)`` too,
    ``unique(*columns)`` is True or False, ``type(column)`` a text; ``last`` is the same of the run before.
    What is not known raises an exception that makes the check one that could not tell.
    """

    def __init__(self, facts: DatasetFacts) -> None:
        self._facts = facts

    def __getattr__(self, name: str) -> Any:
        if name in ("rows", "rows_out", "rows_in", "columns"):
            return self._known(self._facts.name(name), name)
        if name in ("nulls", "unique", "violations", "type"):
            return lambda *arguments: self._known(self._facts.call(name, arguments), name)
        if name == "last":
            before = self._facts.last()
            return Facts(self._known(before, "last"))
        known = ("rows", "rows_out", "rows_in", "columns", "nulls", "unique", "violations", "type", "last", "dataset")
        raise AttributeError(f"facts have no {name}{did_you_mean(name, known)}")

    @property
    def dataset(self) -> Dataset:
        """Everything that was recorded of the dataset."""
        return self._facts.dataset

    def _known(self, value: Any, what: str) -> Any:
        if value is None:
            raise NotKnown(f"{what} is not known: {self._facts.why()}")
        return value


def _loaded(path: Path) -> Any:
    """Runs the file of the user. Raises :class:`RuleError` if that fails."""
    spec = importlib.util.spec_from_file_location(f"spark_lineage_checks_of_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise RuleError(f"{path}:1: this is no Python file.")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise RuleError(f"{path}:1: it cannot be run: {type(error).__name__}: {error}.") from None
    return module


def _called(code: Any, name: str, where: str, facts: DatasetFacts) -> Result:
    """True or nothing: passed; False or AssertionError: failed; a text: what was found instead."""
    expected = f"{name}(facts)"
    try:
        found = getattr(code, name)(Facts(facts))
    except NotKnown as error:
        return _result(name, where, facts, Status.UNKNOWN, expected, str(error))
    except AssertionError as error:
        return _result(name, where, facts, Status.FAILED, expected, str(error) or "the assertion does not hold")
    except Exception as error:
        raise RuleError(f"{where}: {name} failed with {type(error).__name__}: {error}.") from None
    if isinstance(found, str) or found is False:
        return _result(name, where, facts, Status.FAILED, expected, found or "False")
    return _result(name, where, facts, Status.PASSED, expected, "it holds")
