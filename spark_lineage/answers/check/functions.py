"""Functions of ``checks.py``: what each is given, and what its answer means."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from spark_lineage.answers.check.facts import DatasetFacts, NotKnown
from spark_lineage.answers.check.results import Result, Status
from spark_lineage.answers.check.rules import RuleError
from spark_lineage.config import did_you_mean
from spark_lineage.model import Dataset
from spark_lineage.own_imports import AsTheProgram


class KnownFacts:
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
            return KnownFacts(self._known(before, "last"))
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


def loaded(path: Path) -> Any:
    """Runs the file of the user. Raises :class:`RuleError` if that fails."""
    spec = importlib.util.spec_from_file_location(f"spark_lineage_checks_of_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise RuleError(f"{path}:1: this is no Python file.")
    module = importlib.util.module_from_spec(spec)
    try:
        with AsTheProgram():
            spec.loader.exec_module(module)
    except Exception as error:
        raise RuleError(f"{path}:1: it cannot be run: {type(error).__name__}: {error}.") from None
    return module


def called(code: Any, name: str, where: str, facts: DatasetFacts) -> Result:
    """Calls the function. True or nothing has passed; False or AssertionError has failed; a text is what was found
    instead of what was expected. Raises :class:`RuleError` for any other exception.
    """
    expected = f"{name}(facts)"
    try:
        with AsTheProgram():
            found = getattr(code, name)(KnownFacts(facts))
    except NotKnown as error:
        return facts.result(name, where, Status.UNKNOWN, expected, str(error))
    except AssertionError as error:
        return facts.result(name, where, Status.FAILED, expected, str(error) or "the assertion does not hold")
    except Exception as error:
        raise RuleError(f"{where}: {name} failed with {type(error).__name__}: {error}.") from None
    if isinstance(found, str) or found is False:
        return facts.result(name, where, Status.FAILED, expected, found or "False")
    return facts.result(name, where, Status.PASSED, expected, "it holds")
