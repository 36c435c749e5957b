"""Steps that fail in one run only: which are causes, and which only follow from what differs already.

A step that fails is a cause where all that it took in, and all that was made within it, is the same. Where something of
it differs, the failure follows from that: ``main`` whose assert fails because the data are others. A step around one
that fails is not looked at: it fails because of the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from spark_lineage.answers.diff.alignment import Alignment
from spark_lineage.answers.diff.contents import Content
from spark_lineage.answers.diff.pairs import Attribution, Doubts, Pair, Ref, together
from spark_lineage.answers.diff.sides import Side, StepKey, Traits
from spark_lineage.model import Outcome

NEVER_RAN = "never_executed"


@dataclass
class Failures:
    """Steps that fail in one run only, by that run ("a" or "b") and their key there."""

    first: list[tuple[str, StepKey]] = field(default_factory=list)
    after: dict[tuple[str, StepKey], tuple[Ref, ...]] = field(default_factory=dict)  # with what it follows from


def failures(
    sides: Mapping[str, Side], alignment: Alignment, attribution: Attribution, orphans: Mapping[Ref, tuple[Ref, ...]]
) -> Failures:
    """Finds them. A changed definition that made a step fail is added to the causes of ``attribution``.

    ``orphans``: the datasets that only one run has and that follow from others, with these.
    """
    search = _Search(sides, alignment, attribution, orphans)
    for run in ("b", "a"):
        search.look_at(run)
    return search.result


class _Search:
    def __init__(
        self, sides: Mapping[str, Side], alignment: Alignment, attribution: Attribution,
        orphans: Mapping[Ref, tuple[Ref, ...]],
    ) -> None:  # fmt: skip
        self._sides, self._alignment, self._attribution = sides, alignment, attribution
        self._steps_of_b = {other: key for key, other in alignment.steps.items()}
        # As they were found from data: what is added on the way says nothing of another step's failure.
        self._alone = {**orphans, **{ref: (ref,) for ref in attribution.first}}
        self.result = Failures()

    def look_at(self, run: str) -> None:
        steps = self._sides[run].traits
        failing = {key for key, traits in steps.items() if self._fails_here_only(run, traits)}
        around: set[StepKey] = set()  # steps that enclose one of these
        for key in failing:
            parent = steps[key].step.parent
            while parent is not None and parent not in around and parent in steps:
                around.add(parent)
                parent = steps[parent].step.parent
        for key, traits in steps.items():
            if key in failing and key not in around:
                self._failure(run, traits)

    def _fails_here_only(self, run: str, traits: Traits) -> bool:
        other = self._counterpart(run, traits)
        return failed(traits) and (other is None or not failed(other))

    def _counterpart(self, run: str, traits: Traits) -> Traits | None:
        key = (self._alignment.steps if run == "a" else self._steps_of_b).get(traits.key)
        return self._sides["b" if run == "a" else "a"].traits[key] if key is not None else None

    def _failure(self, run: str, traits: Traits) -> None:
        own = dict.fromkeys((*traits.step.inputs, *traits.step.outputs))
        within = _datasets(_within(traits))
        causes = self._causes(run, own) or self._causes(run, within)
        if not own and not within:
            causes = self._before(run, traits)
        if not causes:
            causes = _likely(together(pair.state.doubts for pair in self._pairs(run, own)))
            causes = causes or _likely(self._doubts_within(run, traits, within))
            self._attribution.first.update(dict.fromkeys(causes))
        if causes:
            self.result.after[(run, traits.key)] = causes
        else:
            self.result.first.append((run, traits.key))

    def _before(self, run: str, traits: Traits) -> tuple[Ref, ...]:
        """What differs before a step of the same code that no dataset is known of: numbers that it was given may be
        taken from those that its callers made.
        """
        other = self._counterpart(run, traits)
        if other is None or other.step.source_hash != traits.step.source_hash:
            return ()
        around = self._parent(run, traits)
        while around is not None:
            earlier = (each for each in _within(around) if each.step.started < traits.step.started)
            if causes := self._causes(run, _datasets(earlier)):
                return causes
            around = self._parent(run, around)
        return ()

    def _parent(self, run: str, traits: Traits) -> Traits | None:
        key = traits.step.parent
        return self._sides[run].traits.get(key) if key is not None else None

    def _pairs(self, run: str, names: Iterable[str]) -> Iterator[Pair]:
        for name in names:
            of_b = self._alignment.datasets.get(name) if run == "a" else name
            if of_b is not None and of_b in self._attribution.pairs:
                yield self._attribution.pairs[of_b]

    def _causes(self, run: str, names: Iterable[str]) -> tuple[Ref, ...]:
        """What of the datasets is known to differ, by that which made it so."""
        found = [cause for name in names for cause in self._alone.get(Ref(run, name), ())]
        for pair in self._pairs(run, names):
            found += (*self._alone.get(pair.ref, ()), *pair.state.causes)
        return tuple(dict.fromkeys(found))

    def _doubts_within(self, run: str, traits: Traits, names: Iterable[str]) -> Doubts:
        """Of what was made within a step. Code that the step itself has now, and that nothing ran, did no harm yet:
        the step that raises is nearer.
        """
        other = self._counterpart(run, traits)
        changed = other is None or other.step.source_hash != traits.step.source_hash
        found = []
        for pair in self._pairs(run, names):
            idle = (pair.a if run == "a" else pair.b).reason == NEVER_RAN
            cleared = pair.state.content is Content.UNKNOWN and pair.b.id in self._attribution.covered
            if not cleared and not (changed and idle):
                kept = pair.state.doubts
                unknown = pair.state.content is Content.UNKNOWN
                found.append(kept if unknown else Doubts(ordered=kept.ordered))
        return together(found)


def _likely(doubts: Doubts) -> tuple[Ref, ...]:
    return doubts.changed or doubts.ordered


def _datasets(all_: Iterable[Traits]) -> dict[str, None]:
    return dict.fromkeys(name for each in all_ for name in (*each.step.inputs, *each.step.outputs))


def _within(traits: Traits) -> Iterator[Traits]:
    todo = list(traits.children)
    while todo:
        each = todo.pop()
        todo.extend(each.children)
        yield each


def failed(traits: Traits) -> bool:
    return traits.step.outcome in (Outcome.FAIL, Outcome.ABORT)
