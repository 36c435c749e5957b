"""What ``diff`` answers: two runs compared."""

from __future__ import annotations

from dataclasses import dataclass

from spark_lineage.answers.diff.contents import ColumnChange, Measured
from spark_lineage.answers.diff.rows import SideBySide
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
class Comparison:
    """What came out. ``measured`` and ``derived``: how many datasets are the same, by which evidence."""

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

    @property
    def same(self) -> bool:
        """Nothing differs, and for each dataset there is evidence of it."""
        return not (self.first_divergences or self.sources_changed or self.diverged or self.uncertain)

    @property
    def different(self) -> bool:
        return bool(self.first_divergences or self.sources_changed or self.diverged)

    def divergences_by_step(self) -> list[list[Divergence]]:
        """The calls of one step together: what is to be seen of the first is to be seen of all."""
        steps: dict[str, list[Divergence]] = {}
        for divergence in self.first_divergences:
            steps.setdefault(divergence.step.step, []).append(divergence)
        return list(steps.values())
