"""What the fixture ``lineage`` says of a test's data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from spark_lineage import api
from spark_lineage.answers.errors import AnswerError
from spark_lineage.privacy.rules import rules

if TYPE_CHECKING:
    from pathlib import Path

    from spark_lineage.answers.check.results import Report
    from spark_lineage.answers.explain import Explanation


class Observed(Protocol):
    """An observation of a test, as ``observing`` has it."""

    run: str
    store: Path

    @property
    def folder(self) -> Path: ...

    def take(self) -> None: ...

    def end(self, error: BaseException | None) -> bool: ...


class Kept(Protocol):
    """Golden facts, as ``golden`` has them."""

    def after(self, run: Path) -> str | None: ...


@dataclass(frozen=True)
class Facts:
    """Of one dataset. A fact that is not known raises :class:`AnswerError`, which says why: no test may pass on it."""

    dataset: api.Dataset

    @property
    def rows(self) -> int:
        """How many rows it has."""
        if self.dataset.rows is None:
            raise AnswerError(f"the rows of {self.dataset.id} are not known{self._why()}")
        return self.dataset.rows

    def nulls(self, column: str) -> int:
        """In how many rows a column is NULL."""
        nulls = self.dataset.nulls(column)
        if nulls is None:
            raise AnswerError(f"the NULLs of {self.dataset.id}.{column} are not known{self._why()}")
        return nulls

    def unique(self, *columns: str) -> bool:
        """Whether no two rows have the same values there; rows with a NULL among them are left out, as in SQL."""
        for name in columns:
            self.dataset.column(name)
        for answer in self.dataset.recorded.answers:
            if answer.kind == "unique" and answer.arguments == columns and answer.value is not None:
                return answer.value == 1
        sample = self.dataset.sample
        at = [sample.columns.index(name) for name in columns if name in sample.columns] if sample is not None else []
        if sample is None or len(at) < len(columns) or sum(sample.recorded.counts) != self.rows:
            rule = f"{(self.dataset.step.name if self.dataset.step else self.dataset.id)}: unique({', '.join(columns)})"
            raise AnswerError(
                f"whether {', '.join(columns)} of {self.dataset.id} is unique is not known: not every row was kept; "
                f'put the rule "{rule}" into spark-lineage.toml, which is counted while the rows flow'
            )
        keys = [tuple(row[place] for place in at) for row in sample.rows]
        if any(rules().mark in value for key in keys for value in key if value is not None):
            raise AnswerError(f"whether {', '.join(columns)} of {self.dataset.id} is unique is not known: it is hidden")
        counted = [count for key, count in zip(keys, sample.recorded.counts, strict=True) if None not in key]
        return sum(counted) == len({key for key in keys if None not in key})

    def sample(self) -> api.Sample:
        """Some of its rows; of a small dataset all."""
        sample = self.dataset.sample
        if sample is None:
            raise AnswerError(f"no rows of {self.dataset.id} were kept{self._why()}")
        return sample

    def _why(self) -> str:
        if self.dataset.reason == "never_executed":
            return ": no action has run it yet"
        why = self.dataset.detail or self.dataset.reason
        return f": {why}" if why else ""


class Lineage:
    """What the code of the running test has done to its data so far."""

    def __init__(self, observed: Observed, golden: Kept) -> None:
        self._observed = observed
        self._golden = golden

    @property
    def run(self) -> api.Run:
        """All that was seen, as it is now (docs/api.md)."""
        self._observed.take()
        return api.store(self._observed.store).run(self._observed.run)

    def __getitem__(self, name: str) -> Facts:
        """The facts of a dataset: by the function that made it, its variable, its table or the end of its path."""
        try:
            return Facts(self.run[name])
        except AnswerError as error:
            sentence = str(error).partition("; run ")[0]  # that the run goes on is no news to the test
            known_later = "; a dataset is there once an action has run it" if " has no dataset " in sentence else ""
            raise AnswerError(sentence + known_later) from None

    def explain(self, column: str) -> Explanation:
        """Where a column comes from. ``column`` is DATASET.COLUMN."""
        return self.run.explain(column)

    def check(self, *, rules: str | None = None) -> Report:
        """What ``spark-lineage check`` says of what was seen so far; ``rules`` is a file of rules of your own."""
        return replace(self.run.check(rules=rules), running=False)  # the test goes on, but what it asks about has ended

    # -- for the plugin

    def end(self, error: BaseException | None) -> bool:
        return self._observed.end(error)

    def after(self, error: BaseException | None) -> str | None:
        """The test's function has ended. Gives how the run differs from the golden facts; None if it does not."""
        return self._golden.after(self._observed.folder) if self._observed.end(error) else None
