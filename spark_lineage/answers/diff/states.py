"""What the comparison says of each dataset and each step of both runs: what a graph of the two is coloured by.

Nothing is found out here: pairs, causes and doubts are those that the comparison was made from.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

from spark_lineage.answers.diff.alignment import Alignment
from spark_lineage.answers.diff.comparison import DatasetState, Divergence, SourceChange, State, StepState
from spark_lineage.answers.diff.contents import Content
from spark_lineage.answers.diff.missing import Missing
from spark_lineage.answers.diff.pairs import Attribution, Pair, Ref
from spark_lineage.answers.diff.sides import Side, StepKey

T = TypeVar("T", bound=Hashable)

COVERED = "not compared itself; all that is made from it was measured to be the same"


# Of what a step encloses the first of these is said of the step itself.
WORST = (State.HERE, State.UPSTREAM, State.UNCERTAIN)


class States:
    """Reads off what was found."""

    def __init__(
        self, sides: tuple[Side, Side], alignment: Alignment, attribution: Attribution, beside: Missing,
        divergences: Sequence[Divergence], sources: Iterable[SourceChange],
    ) -> None:  # fmt: skip
        self._a, self._b = sides
        self._alignment, self._attribution, self._beside = alignment, attribution, beside
        self._sources = {source.b.id: source.why for source in sources}
        self._first_datasets: dict[Ref, int] = {}
        self._first_steps: dict[tuple[str, StepKey], int] = {}
        for number, divergence in enumerate(divergences):
            self._note(number, divergence)
        self._after = after_failures(beside, {"a": self._a, "b": self._b}, alignment)

    def _note(self, number: int, divergence: Divergence) -> None:
        for run, dataset, step in (("a", divergence.a, divergence.step_a), ("b", divergence.b, divergence.step_b)):
            if dataset is not None:
                self._first_datasets.setdefault(Ref(run, dataset.id), number)
            if step is not None:
                self._first_steps.setdefault((run, (step.step, step.call)), number)

    def _side(self, run: str) -> Side:
        return self._a if run == "a" else self._b

    # -- datasets

    def datasets(self) -> tuple[DatasetState, ...]:
        """In B's order; what only A has stands behind what comes before it in A."""
        merged = _merged(list(self._a.datasets), list(self._b.datasets), self._alignment.datasets)
        return tuple(self._dataset(a, b) for a, b in merged)

    def _dataset(self, a: str | None, b: str | None) -> DatasetState:
        if a is None or b is None:
            return self._of_one(Ref("b", b) if b is not None else Ref("a", a or ""))
        pair = self._attribution.pairs[b]
        first = self._first_datasets.get(pair.ref)
        if first is not None:
            return DatasetState(a, b, State.HERE, first=first)
        if b in self._sources:
            return DatasetState(a, b, State.HERE, why=self._sources[b])
        content = pair.state.content
        if content is Content.SAME:
            return DatasetState(a, b, State.SAME, pair.state.evidence)
        if content is Content.DIFFERENT or b in self._after:
            causes = (*pair.state.causes, *self._after.get(b, ()))
            return DatasetState(a, b, State.UPSTREAM, caused_by=self._ids(causes))
        return self._unknown(pair)

    def _unknown(self, pair: Pair) -> DatasetState:
        if pair.b.id in self._attribution.covered:
            return DatasetState(pair.a.id, pair.b.id, State.SAME, why=COVERED)
        why = pair.state.why or pair.measured.why or "not measured"
        return DatasetState(pair.a.id, pair.b.id, State.UNCERTAIN, why=why, caused_by=self._ids(pair.state.causes))

    def _of_one(self, ref: Ref) -> DatasetState:
        state = State.ONLY_A if ref.run == "a" else State.ONLY_B
        causes = self._ids(self._beside.orphans_after.get(ref, ()))
        a, b = (ref.id, None) if ref.run == "a" else (None, ref.id)
        return DatasetState(a, b, state, caused_by=causes, first=self._first_datasets.get(ref))

    @staticmethod
    def _ids(causes: Iterable[Ref]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(ref.id for ref in causes))

    # -- steps

    def steps(self, datasets: Iterable[DatasetState]) -> tuple[StepState, ...]:
        """In B's order, as :meth:`datasets`, whose answer is given."""
        of_dataset = {Ref("b", each.b) if each.b is not None else Ref("a", each.a or ""): each for each in datasets}
        of_b = {other: key for key, other in self._alignment.steps.items()}
        found: dict[StepKey, State] = {}
        for traits in reversed(list(self._b.traits.values())):  # those that a step encloses come before it
            key = traits.key
            if key in of_b:
                enclosed = [found[child.key] for child in traits.children if child.key in found]
                found[key] = self._step(key, enclosed, of_dataset)
        merged = _merged(list(self._a.traits), list(self._b.traits), self._alignment.steps)
        return tuple(self._of_step(a, b, found) for a, b in merged)

    def _of_step(self, a: StepKey | None, b: StepKey | None, found: Mapping[StepKey, State]) -> StepState:
        numbers = [self._first_steps.get((run, key)) for run, key in (("b", b), ("a", a)) if key is not None]
        first = next((number for number in numbers if number is not None), None)
        if a is None or b is None:
            return StepState(a, b, State.ONLY_A if b is None else State.ONLY_B, first)
        return StepState(a, b, State.HERE if first is not None else found[b], first)

    def _step(self, key: StepKey, enclosed: Sequence[State], of_dataset: Mapping[Ref, DatasetState]) -> State:
        """That of what it made; where it made nothing, of what it encloses; else of what it took in."""
        step = self._b.traits[key].step
        if ("b", key) in self._first_steps:
            return State.HERE
        if ("b", key) in self._beside.failed_after:
            return State.UPSTREAM
        made = [of_dataset[Ref("b", name)].state for name in step.outputs if Ref("b", name) in of_dataset]
        if made or enclosed:
            return next((state for state in WORST if state in made or state in enclosed), State.SAME)
        taken = [of_dataset[Ref("b", name)].state for name in step.inputs if Ref("b", name) in of_dataset]
        differs = any(state in (State.HERE, State.UPSTREAM, State.ONLY_B) for state in taken)
        return State.UPSTREAM if differs else State.UNCERTAIN if State.UNCERTAIN in taken else State.SAME


def after_failures(
    beside: Missing, sides: Mapping[str, Side], alignment: Alignment
) -> dict[str, tuple[Ref, ...]]:  # fmt: skip
    """What steps gave that failed because of what they took in, by B's id, with the causes.

    What only one run has may be called as another dataset of the other run.
    """
    found: dict[str, tuple[Ref, ...]] = {}
    for (run, key), causes in beside.failed_after.items():
        for name in sides[run].traits[key].step.outputs[:1]:
            of_b = name if run == "b" else alignment.datasets.get(name)
            if of_b is not None:
                found[of_b] = causes
    return found


def _merged(a: Sequence[T], b: Sequence[T], counterparts: Mapping[T, T]) -> list[tuple[T | None, T | None]]:
    """Both lists in one: pairs in B's order, and what only A has behind its neighbour in A."""
    of_b = {other: name for name, other in counterparts.items()}
    behind: dict[T | None, list[T]] = {}
    last: T | None = None
    for name in a:
        if name in counterparts:
            last = counterparts[name]
        else:
            behind.setdefault(last, []).append(name)
    merged: list[tuple[T | None, T | None]] = [(name, None) for name in behind.get(None, ())]
    for other in b:
        merged.append((of_b.get(other), other))
        merged.extend((name, None) for name in behind.get(other, ()))
    return merged
