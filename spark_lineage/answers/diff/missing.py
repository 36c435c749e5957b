"""Steps that failed, and datasets that only one run has: causes and consequences beside the compared pairs."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from spark_lineage.answers.diff.alignment import Alignment
from spark_lineage.answers.diff.pairs import Attribution, Doubts, Ref, together
from spark_lineage.answers.diff.regions import inputs_of
from spark_lineage.answers.diff.sides import Side, StepKey, Traits
from spark_lineage.model import DatasetKind, Outcome


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
        for run in ("b", "a"):
            self._failures(run)
        for run in ("a", "b"):
            self._orphans(run)

    # -- failures

    def _failures(self, run: str) -> None:
        for traits in self._sides[run].traits.values():
            if self._fails_here_only(run, traits) and not any(_failed(child) for child in traits.children):
                self._failure(run, traits)

    def _fails_here_only(self, run: str, traits: Traits) -> bool:
        if not _failed(traits):
            return False
        counterparts = self._alignment.steps if run == "a" else self._steps_of_b
        other = counterparts.get(traits.key)
        sides = self._sides["b" if run == "a" else "a"]
        return other is None or not _failed(sides.traits[other])

    def _failure(self, run: str, traits: Traits) -> None:
        causes, doubts = self._known_of(run, (*traits.step.inputs, *traits.step.outputs))
        if not causes and doubts.changed:
            causes = doubts.changed
            self._attribution.first.update(dict.fromkeys(causes))
        if causes:
            self.result.failed_after[(run, traits.key)] = causes
        else:
            self.result.failed_first.append((run, traits.key))

    def _known_of(self, run: str, names: Iterable[str]) -> tuple[tuple[Ref, ...], Doubts]:
        of_b = [self._alignment.datasets.get(name) if run == "a" else name for name in names]
        pairs = self._attribution.pairs
        states = [pairs[name].state for name in of_b if name is not None and name in pairs]
        causes = dict.fromkeys(cause for state in states for cause in state.causes)
        return tuple(causes), together(state.doubts for state in states)

    # -- what only one run has

    def _orphans(self, run: str) -> None:
        """Looks at datasets without a counterpart, unless a dataset that has one is made from them."""
        side, other = self._sides[run], "b" if run == "a" else "a"
        aligned = self._alignment.datasets if run == "a" else self._of_b
        accounted = self._under_pairs(side, aligned)
        stopped = any(_failed(traits) for traits in self._sides[other].roots)
        reported: dict[str, tuple[Ref, ...]] = {}
        for name, dataset in side.datasets.items():
            if name in aligned or name in accounted or dataset.kind is DatasetKind.SOURCE:
                continue
            above = inputs_of(side, dataset)
            causes, _ = self._known_of(run, above)
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
            for above in inputs_of(side, side.datasets[todo.pop()]):
                if above not in found and above in side.datasets:
                    found.add(above)
                    if above not in aligned:
                        todo.append(above)
        return found


def _failed(traits: Traits) -> bool:
    return traits.step.outcome in (Outcome.FAIL, Outcome.ABORT)


def _names(all_: Iterable[Traits]) -> list[str]:
    return list(dict.fromkeys(traits.step.step for traits in all_))
