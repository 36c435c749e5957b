"""A step of a run, as Python code asks it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from spark_lineage.api.moments import moment
from spark_lineage.model import Outcome, StepKind
from spark_lineage.model import Step as RecordedStep

if TYPE_CHECKING:
    from spark_lineage.api.datasets import Dataset
    from spark_lineage.api.runs import Run


@dataclass(frozen=True, repr=False)
class Step:
    """One run of one step: a call of a function, or one execution of a statement."""

    run: Run
    recorded: RecordedStep

    def __repr__(self) -> str:
        return f"Step({self.name!r}, call={self.call})"

    def _repr_html_(self) -> str:
        """What a notebook shows: its code, and the columns of what it made."""
        from spark_lineage.answers import ask
        from spark_lineage.faces import notebook

        graph = ask.show(str(self.run.folder), self.run.folder.parent.parent, step=f"{self.name}#{self.call}")
        return notebook.step(graph)._repr_html_()

    def __hash__(self) -> int:
        return hash((self.run.id, self.name, self.call))

    @property
    def name(self) -> str:
        """The path of calls that leads to it: ``app.main.clean_orders``."""
        return self.recorded.step

    @property
    def call(self) -> int:
        """1 for the first run of this step."""
        return self.recorded.call

    @property
    def kind(self) -> StepKind:
        return self.recorded.kind

    @property
    def function(self) -> str:
        """The qualname of the function; of a statement that of the function that it stands in."""
        return self.recorded.function

    @property
    def file(self) -> str:
        return self.recorded.file

    @property
    def line(self) -> int:
        """Of the definition of a function, or of the statement, from 1."""
        return self.recorded.line

    @property
    def source(self) -> str | None:
        """Its code, without secrets; None where it was not read."""
        return self.recorded.source

    @property
    def started(self) -> datetime:
        """In UTC."""
        return moment(self.recorded.started)

    @property
    def ended(self) -> datetime | None:
        """In UTC; None while it runs."""
        return moment(self.recorded.ended) if self.recorded.ended is not None else None

    @property
    def outcome(self) -> Outcome:
        return self.recorded.outcome

    @property
    def error(self) -> str | None:
        """Without secrets."""
        return self.recorded.error

    @property
    def parent(self) -> Step | None:
        """The step around it; None for the application."""
        return self.run._steps_by_key.get(self.recorded.parent) if self.recorded.parent is not None else None

    @property
    def inputs(self) -> tuple[Dataset, ...]:
        """In the order of their use."""
        return self._known(self.recorded.inputs)

    @property
    def outputs(self) -> tuple[Dataset, ...]:
        return self._known(self.recorded.outputs)

    def _known(self, ids: Sequence[str]) -> tuple[Dataset, ...]:
        return tuple(self.run._by_id[dataset] for dataset in ids if dataset in self.run._by_id)
