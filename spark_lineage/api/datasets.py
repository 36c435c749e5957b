"""A dataset of a run, as Python code asks it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spark_lineage.answers.errors import AnswerError
from spark_lineage.answers.show import definitions, rows_at_least
from spark_lineage.api.samples import Sample
from spark_lineage.config import did_you_mean
from spark_lineage.model import Column, DatasetKind
from spark_lineage.model import Dataset as RecordedDataset

if TYPE_CHECKING:
    from spark_lineage.api.runs import Run
    from spark_lineage.api.steps import Step


@dataclass(frozen=True, repr=False)
class Dataset:
    """One dataset of a run. A fact that is None is not known; ``reason`` and ``detail`` say why."""

    run: Run
    recorded: RecordedDataset

    def __repr__(self) -> str:
        return f"Dataset({self.id!r}, rows={self.rows})"

    def __hash__(self) -> int:
        return hash((self.run.id, self.id))

    @property
    def id(self) -> str:
        """Unique in the run, and the same in every run of the program."""
        return self.recorded.id

    @property
    def name(self) -> str:
        """With ``namespace`` its name in OpenLineage."""
        return self.recorded.name

    @property
    def namespace(self) -> str:
        return self.recorded.namespace

    @property
    def kind(self) -> DatasetKind:
        return self.recorded.kind

    @property
    def variable(self) -> str | None:
        """The name of the variable that held it."""
        return self.recorded.variable

    @property
    def step(self) -> Step | None:
        """The step that made it; None for a source."""
        step = self.recorded.step
        return self.run._steps_by_key.get((step, self.recorded.call)) if step is not None else None

    @property
    def rows(self) -> int | None:
        """None unless every row was seen."""
        return self.recorded.rows

    @property
    def rows_at_least(self) -> int | None:
        """How many rows were seen where not every one was; None where all were, or none."""
        return rows_at_least(self.recorded)

    @property
    def complete(self) -> bool:
        """Whether every row was seen."""
        return self.recorded.complete

    @property
    def reason(self) -> str | None:
        """Why not every row was seen, in one word of docs/audit-tables.md; ``detail`` is the same for people."""
        return self.recorded.reason

    @property
    def detail(self) -> str | None:
        return self.recorded.detail

    @property
    def fingerprint(self) -> str | None:
        """Of the rows, whatever their order: ``row1:...`` is over all columns, equal for equal contents.

        ``row1[1-3,7]:...`` is over those columns that flowed, by their positions from 1, and is to be compared with one
        over the same columns.
        """
        return self.recorded.fingerprint

    @property
    def columns(self) -> tuple[Column, ...]:
        """Empty where they are not known."""
        return tuple(self.recorded.columns)

    def column(self, name: str) -> Column:
        """The first column of that name. Raises :class:`AnswerError` if there is none."""
        found = next((column for column in self.recorded.columns if column.name == name), None)
        if found is None:
            known = [column.name for column in self.recorded.columns]
            raise AnswerError(f"{self.id} has no column {name}{did_you_mean(name, known)}")
        return found

    def nulls(self, column: str) -> int | None:
        """How many NULLs a column has; None where they were not counted."""
        return self.column(column).nulls

    @property
    def definitions(self) -> Mapping[str, str]:
        """The SQL expression of each column that its step does not only pass on."""
        return definitions(self._whole)

    @property
    def inputs(self) -> tuple[Dataset, ...]:
        """The datasets that its plan stands on; empty where no plan was seen."""
        fragment = self._whole.fragment
        known = self.run._by_id
        return tuple(known[name] for name in fragment.inputs if name in known) if fragment is not None else ()

    @property
    def sample(self) -> Sample | None:
        """Some of its rows; None where none were kept, or they have been erased."""
        sample = self._whole.sample
        return Sample(sample) if sample is not None else None

    @property
    def _whole(self) -> RecordedDataset:
        return self.run._whole.get(self.id, self.recorded)
