"""The facts of one dataset, as rules and functions of ``checks.py`` ask for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from spark_lineage.answers.check.evidence import Evidence
from spark_lineage.answers.check.results import Result, Status
from spark_lineage.config import did_you_mean
from spark_lineage.model import Column, Dataset


class NotKnown(Exception):
    """A fact that the record does not have; the text says why."""


class NoSuchColumn(LookupError):
    """A rule names a column that the dataset does not have."""


class DatasetFacts:
    """Facts of a dataset in its run. ``before``: the run before, if there is one. None: not known."""

    def __init__(self, run: Evidence, dataset: Dataset, before: Evidence | None) -> None:
        self._run = run
        self.dataset = dataset
        self._before = before

    def name(self, name: str) -> Any:
        if name in ("rows", "rows_out"):
            return self._run.rows(self.dataset.id)
        if name == "rows_in":
            return self._rows_in(self._inputs())
        return len(self.dataset.columns) if self.dataset.columns else None

    def call(self, function: str, arguments: Sequence[str]) -> Any:
        if function == "rows_in":
            return self._rows_in([name for name in self._inputs() if arguments[0] in self._names(name)])
        if function == "nulls":
            self.column(arguments[0])
            return self._run.nulls(self.dataset.id, arguments[0])
        if function == "type":
            return self.column(arguments[0]).type
        if function == "unique":
            return self._unique(arguments)
        return self._violations(arguments[0])

    def last(self) -> DatasetFacts | None:
        found = self._before.datasets.get(self.dataset.id) if self._before is not None else None
        return DatasetFacts(self._before, found, None) if found is not None and self._before is not None else None

    def column(self, name: str) -> Column:
        """Raises :class:`NoSuchColumn`."""
        known = [column.name for column in self.dataset.columns]
        if name not in known:
            raise NoSuchColumn(f"{self.dataset.id} has no column {name}{did_you_mean(name, known)}.")
        return next(column for column in self.dataset.columns if column.name == name)

    def result(self, check: str, where: str, status: Status, expected: str, actual: str) -> Result:
        """What became of a rule about this dataset."""
        dataset = self.dataset
        step = dataset.step or ""
        return Result(check, step, dataset.id, status, expected, actual, None, dataset.call, True, where)

    def why(self) -> str:
        """Why a fact is missing, as far as the dataset tells."""
        if not self.dataset.complete:
            return f"{self.dataset.id} was not wholly measured ({(self.dataset.reason or 'unknown').replace('_', ' ')})"
        return "not all of its columns and inputs were measured"

    def why_not_answered(self, asked: Sequence[tuple[str, tuple[str, ...]]]) -> str | None:
        """Why the probe has no answer to one of these questions; None if it has all."""
        answers = {(answer.kind, answer.arguments): answer for answer in self.dataset.answers}
        for question in asked:
            answer = answers.get(question)
            if answer is None and self.dataset.complete:
                return "the probe was not asked: rules must be known when the run starts"
            if answer is not None and answer.value is None:
                return answer.reason
        return None

    def _inputs(self) -> list[str]:
        fragment = self.dataset.fragment
        if fragment is not None and fragment.inputs:
            return list(fragment.inputs)
        maker = self._run.makers.get(self.dataset.id)
        return [name for name in maker.inputs if name != self.dataset.id] if maker is not None else []

    def _names(self, dataset: str) -> set[str]:
        """What a rule may call an input: its id, its step, its variable, the end of its path."""
        found = self._run.datasets.get(dataset)
        if found is None:
            return {dataset}
        steps = {found.step, found.step.rpartition(".")[2]} if found.step else set()
        return {dataset, found.name.rpartition("/")[2], *steps, *([found.variable] if found.variable else [])} - {None}

    def _rows_in(self, inputs: Sequence[str]) -> int | None:
        rows = [self._run.rows(name) for name in inputs]
        known = [count for count in rows if count is not None]
        return sum(known) if known and len(known) == len(rows) else None

    def _unique(self, columns: Sequence[str]) -> bool | None:
        for column in columns:
            self.column(column)
        found = self._answer("unique", tuple(columns))
        return bool(found) if found is not None else None

    def _violations(self, condition: str) -> int | None:
        return self._answer("violations", (condition,))

    def _answer(self, kind: str, arguments: tuple[str, ...]) -> int | None:
        if not self.dataset.complete:
            return None
        return next(
            (answer.value for answer in self.dataset.answers if (answer.kind, answer.arguments) == (kind, arguments)),
            None,
        )
