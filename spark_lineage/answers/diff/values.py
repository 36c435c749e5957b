"""Plain values that differ between two runs: what a step takes is a reason, what it gives is an output of its own.

A value differs from run to run for many reasons that nobody changed: a clock, a run's id, an output's path. So what a
step gives is a divergence only where the record says why: its code, the code of a function that it calls, or the
statement that made a value which it takes is another one. What nothing explains is told, and decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from spark_lineage.answers.diff import called
from spark_lineage.answers.diff.alignment import Alignment
from spark_lineage.answers.diff.changes import shortened
from spark_lineage.answers.diff.pairs import Ref
from spark_lineage.answers.diff.places import place
from spark_lineage.answers.diff.sides import Side, StepKey, Traits
from spark_lineage.model import Step, StepValue, ValueUse

LONGEST = 80  # characters of a value in a sentence
DEEPEST = 20  # steps that give each other values, whose causes are looked for


@dataclass(frozen=True)
class ChangedValue:
    """A value of one name that both runs have, and that differs."""

    a: StepValue
    b: StepValue

    @property
    def digests(self) -> tuple[str, str]:
        return self.a.digest, self.b.digest

    @property
    def made_otherwise(self) -> bool:
        """Whether the statement that made it is another one."""
        return self.a.source is not None and self.b.source is not None and self.a.source != self.b.source

    @property
    def said(self) -> str:
        """``LIMIT``, which it takes, was `10` and is `20` (job.py:3)."""
        was, is_ = shortened(self.a.text, self.b.text, LONGEST)
        at = ""
        if self.b.use is ValueUse.TAKES and self.b.file is not None and self.b.line is not None:
            at = f" ({place(self.b.file, self.b.line)})"
        does = "takes" if self.b.use is ValueUse.TAKES else "gives"
        return f"`{self.b.name}`, which it {does}, was `{was}` and is `{is_}`{at}"


def changed(a: Step | None, b: Step | None, use: ValueUse) -> list[ChangedValue]:
    """In B's order."""
    if a is None or b is None:
        return []
    before = {value.name: value for value in a.values if value.use is use}
    pairs = [(before[value.name], value) for value in b.values if value.use is use and value.name in before]
    return [ChangedValue(x, y) for x, y in pairs if _differ(x.digest, y.digest)]


def _differ(a: str, b: str) -> bool:
    """Digests that were made with different keys cannot be compared."""
    return a != b and a.rpartition(":")[0] == b.rpartition(":")[0]


@dataclass(frozen=True)
class Given:
    """Values that a step gives and that differ. ``why``: what explains it; None where nothing does."""

    a: Step
    b: Step
    values: tuple[ChangedValue, ...]
    why: str | None

    @property
    def ref(self) -> Ref:
        """Stands for the step where a dataset would be named as a cause."""
        return Ref("b", self.b.step)


class Values:
    """The steps of two runs whose plain values differ, by B's key."""

    def __init__(self, a: Side, b: Side, alignment: Alignment) -> None:
        self._a, self._b = a, b
        self._of_b = {other: key for key, other in alignment.steps.items()}
        self.given = {given.key: found for given, found in self._all_given()}
        self._givers: dict[tuple[str, str], list[StepKey]] = {}
        for key, found in self.given.items():
            for value in found.values:
                self._givers.setdefault(value.digests, []).append(key)

    def _all_given(self) -> Iterator[tuple[Traits, Given]]:
        for traits in self._b.traits.values():
            before = self._before(traits.key)
            values = changed(before, traits.step, ValueUse.GIVES)
            if before is not None and values:
                yield traits, Given(before, traits.step, tuple(values), self.explained(traits.key))

    def _before(self, key: StepKey) -> Step | None:
        other = self._of_b.get(key)
        return self._a.traits[other].step if other is not None else None

    def taken(self, key: StepKey) -> list[ChangedValue]:
        """What the step of B takes and took otherwise in A."""
        traits = self._b.traits.get(key)
        return changed(self._before(key), traits.step if traits is not None else None, ValueUse.TAKES)

    def explained(self, key: StepKey) -> str | None:
        """What of the step itself may make its values others; None where the record knows nothing."""
        a, b = self._before(key), self._b.traits[key].step
        if a is None:
            return None
        if a.source_hash != b.source_hash:
            return "its code changed"
        functions = called.changed((self._a.graph, self._b.graph), (a, b), ())
        if functions:
            return f"the code of {functions[0].where}, which it calls, changed"
        return next((value.said for value in self.taken(key) if value.made_otherwise), None)

    def giver(self, key: StepKey, value: ChangedValue) -> Given | None:
        """The step that gave the value, before the step ``key`` took it."""
        started = self._b.traits[key].step.started
        keys = [giver for giver in self._givers.get(value.digests, ()) if giver != key]
        found = [self.given[giver] for giver in keys if self.given[giver].b.started <= started]
        return found[-1] if found else None

    def causes(self, key: StepKey, of_data: Callable[[Step], Sequence[Ref]], depth: int = 0) -> tuple[Ref, ...]:
        """The causes of which the step takes a value. ``of_data``: those of the datasets that a step takes."""
        if depth > DEEPEST:
            return ()
        found: dict[Ref, None] = {}
        for value in self.taken(key):
            given = self.giver(key, value)
            if given is not None:
                found.update(dict.fromkeys(self.causes_of(given, of_data, depth)))
        return tuple(found)

    def causes_of(self, given: Given, of_data: Callable[[Step], Sequence[Ref]], depth: int = 0) -> tuple[Ref, ...]:
        """What made the values of a step others: data or values that it took, or it itself."""
        above = tuple(of_data(given.b)) or self.causes((given.b.step, given.b.call), of_data, depth + 1)
        return above or ((given.ref,) if given.why is not None else ())

    def innermost(self, told: Iterable[StepKey]) -> Iterator[Given]:
        """Those within which no other step gives values that differ, nor is among ``told``."""
        around: set[StepKey] = set()
        for key in (*self.given, *told):
            traits = self._b.traits.get(key)
            parent = traits.step.parent if traits is not None else None
            while parent is not None and parent not in around:
                around.add(parent)
                above = self._b.traits.get(parent)
                parent = above.step.parent if above is not None else None
        yield from (given for key, given in self.given.items() if key not in around)
