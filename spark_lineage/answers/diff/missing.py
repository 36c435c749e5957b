"""Steps that failed, and datasets that only one run has: causes and consequences beside the compared pairs."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from spark_lineage.answers.diff.alignment import Alignment
from spark_lineage.answers.diff.failures import failed, failures
from spark_lineage.answers.diff.pairs import Attribution, Ref
from spark_lineage.answers.diff.sides import Side, StepKey, Traits
from spark_lineage.model import DatasetKind


@dataclass
class Missing:
    """What differs beside the pairs: failed steps, and datasets and steps that only one run has.

    A step is named by its run ("a" or "b") and its key.
    """

    failed_first: list[tuple[str, StepKey]] = field(default_factory=list)
    failed_after: dict[tuple[str, StepKey], tuple[Ref, ...]] = field(default_factory=dict)
    orphans_after: dict[Ref, tuple[Ref, ...]] = field(default_factory=dict)  # empty where a failed step is the cause
    only_in_a: list[str] = field(default_factory=list)
    only_in_b: list[str] = field(default_factory=list)


def missing(a: Side, b: Side, alignment: Alignment, attribution: Attribution) -> Missing:
    """What differs beside the pairs. A changed definition that made a step fail is added to the causes."""
    return _Search(a, b, alignment, attribution).result


class _Search:
    def __init__(self, a: Side, b: Side, alignment: Alignment, attribution: Attribution) -> None:
        self._sides = {"a": a, "b": b}
        self._alignment = alignment
        self._attribution = attribution
        self._steps_of_b = {other: key for key, other in alignment.steps.items()}
        self._of_b = {other: name for name, other in alignment.datasets.items()}
        self.result = Missing()
        self.result.only_in_a = _names(traits for key, traits in a.traits.items() if key not in alignment.steps)
        self.result.only_in_b = _names(traits for key, traits in b.traits.items() if key not in self._steps_of_b)
        for run in ("a", "b"):
            self._orphans(run)
        found = failures(self._sides, alignment, attribution, self.result.orphans_after)
        self.result.failed_first, self.result.failed_after = found.first, found.after

    def _known_of(self, run: str, names: Iterable[str]) -> tuple[Ref, ...]:
        of_b = [self._alignment.datasets.get(name) if run == "a" else name for name in names]
        pairs = self._attribution.pairs
        states = [pairs[name].state for name in of_b if name is not None and name in pairs]
        return tuple(dict.fromkeys(cause for state in states for cause in state.causes))

    # -- what only one run has

    def _orphans(self, run: str) -> None:
        """Looks at datasets without a counterpart, unless a dataset that has one is made from them."""
        side, other = self._sides[run], "b" if run == "a" else "a"
        aligned = self._alignment.datasets if run == "a" else self._of_b
        accounted = self._under_pairs(side, aligned)
        stopped = any(failed(traits) for traits in self._sides[other].roots)
        reported: dict[str, tuple[Ref, ...]] = {}
        for name, dataset in side.datasets.items():
            if name in aligned or name in accounted or dataset.kind is DatasetKind.SOURCE:
                continue
            above = side.inputs_of(dataset)
            causes = self._known_of(run, above)
            causes = causes or next((reported[name] for name in above if name in reported), ())
            ref = Ref(run, name)
            if causes or stopped:
                self.result.orphans_after[ref] = causes
                reported[name] = causes
            else:
                self._attribution.first[ref] = None
                reported[name] = (ref,)

    @staticmethod
    def _under_pairs(side: Side, aligned: Collection[str]) -> set[str]:
        """All that datasets with a counterpart are made from: it was looked at with their pairs already."""
        found: set[str] = set()
        todo = [name for name in side.datasets if name in aligned]
        while todo:
            for above in side.inputs_of(side.datasets[todo.pop()]):
                if above not in found and above in side.datasets:
                    found.add(above)
                    if above not in aligned:
                        todo.append(above)
        return found


def _names(all_: Iterable[Traits]) -> list[str]:
    return list(dict.fromkeys(traits.step.step for traits in all_))
