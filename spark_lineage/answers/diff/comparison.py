"""What ``diff`` answers: two runs compared."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from spark_lineage.answers.diff.contents import ColumnChange, Measured
from spark_lineage.answers.diff.rows import SideBySide
from spark_lineage.answers.diff.sides import StepKey
from spark_lineage.model import Dataset, LineageGraph, Step


@dataclass(frozen=True)
class Divergence:
    """One cause. Of ``a`` and ``b`` one is None where only one run has the step or its dataset."""

    step: Step
    step_a: Step | None
    step_b: Step | None
    a: Dataset | None
    b: Dataset | None
    why: str
    inputs_equal: bool
    inputs_evidence: str
    source_changed: bool
    plan_changed: bool
    deterministic: bool | None
    measured: Measured
    columns: tuple[ColumnChange, ...]
    source_diff: tuple[str, ...]
    plan_diff: tuple[str, ...]
    rows: SideBySide | None

    @property
    def dataset(self) -> Dataset | None:
        return self.b or self.a


@dataclass(frozen=True)
class Consequence:
    step: str
    dataset: str
    caused_by: tuple[str, ...]


@dataclass(frozen=True)
class Uncertain:
    dataset: str
    why: str
    changed: bool = False  # how it is made changed, or the code of its step


@dataclass(frozen=True)
class SourceChange:
    """A source that holds something else, or of which too little is known to say that it does not."""

    a: Dataset
    b: Dataset
    why: str


@dataclass(frozen=True)
class ValueDiffers:
    """A plain value that a step gives, as text for people. ``first``: the step is a cause by it."""

    step: str
    call: int
    name: str
    a: str
    b: str
    first: bool


class State(str, enum.Enum):
    """What is known of one dataset or step."""

    SAME = "same"
    HERE = "differs_here"  # a first divergence, or a source that holds something else
    UPSTREAM = "differs_upstream"
    ONLY_A = "only_in_a"
    ONLY_B = "only_in_b"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True)
class DatasetState:
    """Of one dataset of A (id), its counterpart in B, or both.

    ``evidence`` is "measured" or "derived" where both are the same; None where that only follows from what is made of
    them. ``caused_by``: ids of the first divergences that it comes from. ``first``: the number of the divergence that
    it is, from 0.
    """

    a: str | None
    b: str | None
    state: State
    evidence: str | None = None
    why: str | None = None
    caused_by: tuple[str, ...] = ()
    first: int | None = None


@dataclass(frozen=True)
class StepState:
    """Of one step of A (name, call), its counterpart in B, or both; ``first`` as of a dataset."""

    a: StepKey | None
    b: StepKey | None
    state: State
    first: int | None = None


@dataclass(frozen=True)
class Comparison:
    """What came out. ``measured`` and ``derived``: how many datasets are the same, by which evidence.

    ``datasets`` and ``steps`` have an entry for each dataset and step of both runs.
    """

    a: LineageGraph
    b: LineageGraph
    first_divergences: tuple[Divergence, ...]
    diverged: tuple[Consequence, ...]
    sources_changed: tuple[SourceChange, ...]
    only_in_a: tuple[str, ...]
    only_in_b: tuple[str, ...]
    uncertain: tuple[Uncertain, ...]
    measured: int
    derived: int
    within_tolerance: tuple[tuple[str, tuple[str, ...]], ...]
    datasets: tuple[DatasetState, ...]
    steps: tuple[StepState, ...]
    values: tuple[ValueDiffers, ...] = ()

    @property
    def same(self) -> bool:
        """Nothing differs, and for each dataset there is evidence of it."""
        return not (self.first_divergences or self.sources_changed or self.diverged or self.uncertain)

    @property
    def different(self) -> bool:
        return bool(self.first_divergences or self.sources_changed or self.diverged)

    @property
    def gone(self) -> tuple[tuple[str, str, str], ...]:
        """Sinks whose files were not where they had been written when their run ended: run ("A", "B"), dataset, why."""
        runs = (("A", self.a), ("B", self.b))
        return tuple(
            (run, gap.dataset, gap.why)
            for run, graph in runs
            for gap in graph.gaps
            if gap.what == "sink" and gap.dataset is not None
        )

    def divergences_by_step(self) -> list[list[Divergence]]:
        """The calls of one step together: what is to be seen of the first is to be seen of all."""
        steps: dict[str, list[Divergence]] = {}
        for divergence in self.first_divergences:
            steps.setdefault(divergence.step.step, []).append(divergence)
        return list(steps.values())
