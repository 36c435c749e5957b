"""A run, as Python code asks it; ``steps`` and ``datasets`` have what it is made of.

A run is found at once and read when something of it is asked: first without sampled rows and plans, which take most of
the time, then whole. What was read stays as it is; a run that goes on is looked at again by ``store.run``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from spark_lineage.answers import ask, find
from spark_lineage.answers.errors import AnswerError
from spark_lineage.api.datasets import Dataset
from spark_lineage.api.moments import moment
from spark_lineage.api.steps import Step
from spark_lineage.model import CheckResult, Freshness, Gap, LineageGraph, Mode, Outcome
from spark_lineage.model import Dataset as RecordedDataset
from spark_lineage.store.summaries import Ending, Summary

if TYPE_CHECKING:
    from spark_lineage.answers.check.results import Report
    from spark_lineage.answers.diff import Comparison
    from spark_lineage.answers.explain import Explanation
    from spark_lineage.answers.verify import Verified


@dataclass(frozen=True, repr=False)
class Run:
    """One run of a program. Whatever cannot be answered raises :class:`AnswerError` with one sentence."""

    summary: Summary

    def __repr__(self) -> str:
        return f"Run({self.id!r}, app={self.app!r})"

    def __hash__(self) -> int:
        return hash(self.id)

    def _repr_html_(self) -> str | None:
        """What a notebook shows: its steps, with what went in and came out."""
        from spark_lineage.faces import notebook

        try:
            return notebook.run(self._graph)._repr_html_()
        except AnswerError:  # a run that cannot be read is its name
            return None

    # -- what is known without reading it

    @property
    def id(self) -> str:
        """A UUID."""
        return self.summary.id

    @property
    def app(self) -> str:
        """The name that the names of all its steps begin with."""
        return self.summary.app

    @property
    def program(self) -> str:
        """Path or module as it was given."""
        return self.summary.program

    @property
    def folder(self) -> Path:
        return self.summary.folder

    @property
    def started(self) -> datetime:
        """In UTC."""
        return moment(self.summary.started)

    @property
    def labels(self) -> Mapping[str, str]:
        return self.summary.labels

    @property
    def mode(self) -> Mode | None:
        """None where the run cannot be read."""
        return self.summary.mode

    @property
    def unreadable(self) -> str | None:
        """Why it cannot be read; None if nothing is known to be wrong with it."""
        return self.summary.why

    @property
    def outcome(self) -> Outcome:
        return self._ending.outcome

    @property
    def ended(self) -> datetime | None:
        """In UTC; None while it runs, and where a kill left nobody to say it."""
        return moment(self._ending.at) if self._ending.at is not None else None

    # -- what it did

    @property
    def error(self) -> str | None:
        """The error that ended it, without secrets."""
        return self._graph.run.error

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Every run of every step, in the order of their start; the application first."""
        return tuple(Step(self, step) for step in self._graph.steps)

    @cached_property
    def datasets(self) -> tuple[Dataset, ...]:
        """In the order in which they first appeared."""
        return tuple(Dataset(self, dataset) for dataset in self._graph.datasets)

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What was not observed, and why."""
        return tuple(self._graph.gaps)

    @property
    def stale(self) -> bool | None:
        """Whether the code on disk is no longer the code that ran; None where that could not be told."""
        return self.freshness.stale

    @property
    def freshness(self) -> Freshness:
        """Which files and functions are other ones now, and what could not be told; as of the run's first reading."""
        return self._graph.freshness or Freshness()

    @property
    def checks(self) -> tuple[CheckResult, ...]:
        """What checks said when the run ended; :meth:`check` asks them now."""
        return tuple(self._graph.checks)

    def calls(self, name: str) -> tuple[Step, ...]:
        """All runs of one step, by its name or the end of it, or by a dataset that it made; ``clean#2`` is one."""
        match = find.step_or_dataset(self._graph, name)
        if match is None:
            raise AnswerError(f"run {self.id} has no step {name}{find.nearest(self._graph, words=name)}")
        made = {dataset.id for dataset in match.datasets}
        steps = match.steps or tuple(step for step in self._graph.steps if made & set(step.outputs))
        chosen = tuple(Step(self, step) for step in steps if match.call in (None, step.call))
        if not chosen:
            what = f"there is no call {name}" if match.steps else f"{name} is read by the run, and made by no step"
            raise AnswerError(what)
        return chosen

    def step(self, name: str) -> Step:
        """The only run of a step, or the one that is named (``clean#2``); names as in :meth:`calls`."""
        found = self.calls(name)
        if len(found) > 1:
            raise AnswerError(
                f"{name} ran {len(found)} times: write {name}#{found[0].call}, or ask for calls({name!r})"
            )
        return found[0]

    def dataset(self, name: str) -> Dataset:
        """A dataset by its id, its name, the step that made it, its table, its variable or the end of its path.

        Of several versions of one place the last.
        """
        return Dataset(self, find.dataset(self._graph, name))

    def __getitem__(self, name: str) -> Dataset:
        return self.dataset(name)

    def __iter__(self) -> Iterator[Dataset]:
        return iter(self.datasets)

    # -- what can be asked of it

    def explain(self, column: str) -> Explanation:
        """Where a column comes from. ``column`` is DATASET.COLUMN."""
        return ask.explain(column, self.graph)

    def check(self, *, rules: str | None = None, against: str | None = None, fresh: bool = False) -> Report:
        """Whether its datasets pass their checks, as ``spark-lineage check`` asks them.

        ``rules`` is a file in place of the rules that are configured. ``against`` is the run to compare columns with,
        if it is not the one before. ``fresh``: also whether the code on disk is still the code that ran.
        """
        return ask.check(str(self.folder), self._store, rules=rules, against=against, fresh=fresh)

    def diff(self, before: str | Run | None = None, *, force: bool = False) -> Comparison:
        """What differs from an earlier run: a run, or the name of one; the one before in the store if not given."""
        if before is None:
            before = self._one_before()
        name = before if isinstance(before, str) else str(before.folder)
        return ask.diff((name, str(self.folder)), self._store, force=force)

    def verify(self, *, tables: bool = True, key: str | Path | None = None) -> Verified:
        """Whether its record is as it was written. ``tables=False`` leaves the audit tables out.

        ``key`` is a file with the public key that it must be signed with; the one that is configured if not given.
        """
        return ask.verify(str(self.folder), self._store, tables=tables, key=key)

    @cached_property
    def graph(self) -> LineageGraph:
        """All that is known of it, as the seam type of the package; it may change between versions."""
        return ask.show(str(self.folder), self._store)

    # -- how it is read

    @property
    def _store(self) -> Path:
        return self.folder.parent.parent

    @cached_property
    def _graph(self) -> LineageGraph:
        whole: LineageGraph | None = self.__dict__.get("graph")
        return whole or ask.show(str(self.folder), self._store, whole=False)

    @cached_property
    def _ending(self) -> Ending:
        return ask.ending(self.summary)

    @cached_property
    def _whole(self) -> Mapping[str, RecordedDataset]:
        return {dataset.id: dataset for dataset in self.graph.datasets}

    @cached_property
    def _steps_by_key(self) -> Mapping[tuple[str, int], Step]:
        return {(step.name, step.call): step for step in self.steps}

    @cached_property
    def _by_id(self) -> Mapping[str, Dataset]:
        return {dataset.id: dataset for dataset in self.datasets}

    def _one_before(self) -> Run:
        runs = [listed.run for listed in ask.runs(self._store, app=self.app).runs]
        older = [run for run in runs if (run.started, run.id) < (self.summary.started, self.id) and run.why is None]
        if not older:
            raise AnswerError(
                f"run {self.id} is the first of {self.app} in {self._store}: there is none to compare with"
            )
        return Run(older[0])
