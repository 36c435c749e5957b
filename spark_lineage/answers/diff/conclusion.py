"""What a comparison comes to, in one sentence for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from spark_lineage.answers.diff.comparison import Comparison, Divergence
from spark_lineage.answers.diff.why import count

MOST_NAMED = 12


@dataclass(frozen=True)
class Conclusion:
    """``verdict`` is same, different or uncertain; ``where`` the first step that differs, empty if it is no step."""

    verdict: str
    where: str
    said: str

    @property
    def text(self) -> str:
        """The whole sentence."""
        said = f"{self.where}{self.said}"
        return f"{self.verdict}: {said}" if said else self.verdict


def conclusion(comparison: Comparison) -> Conclusion:
    if comparison.same:
        return Conclusion("same", "", _evidence(comparison))
    if comparison.sources_changed:
        names = ", ".join(source.b.id for source in comparison.sources_changed[:3])
        return Conclusion("different", "", f"the sources are not the same: {names}")
    if not comparison.different:
        return Conclusion("uncertain", "", _uncertain(comparison))
    if not comparison.first_divergences:
        return Conclusion("different", "", "")
    first, *others = comparison.divergences_by_step()
    where, _, rest = first[0].why.partition(": ")
    calls = f", in {len(calls_of(first)):,} calls" if len(calls_of(first)) > 1 else ""
    more = f"{calls} (and {count(len(others), 'other step')})" if others else calls
    return Conclusion("different", where, f" is the first step that differs{more}: {rest}")


def calls_of(divergences: Iterable[Divergence]) -> list[int]:
    """Several outputs of one call are one."""
    return list(dict.fromkeys(divergence.step.call for divergence in divergences))


def listed(names: Sequence[str]) -> str:
    return ", ".join(names[:MOST_NAMED]) + (" …" if len(names) > MOST_NAMED else "")


def _uncertain(comparison: Comparison) -> str:
    changed = [each.dataset for each in comparison.uncertain if each.changed]
    known = f"no difference was found, and {count(len(comparison.uncertain), 'dataset')} could not be compared"
    if changed:  # the first words must not be that all is well
        known = f"the code of {listed(changed)} changed, and its result could not be compared"
    return f"{known}; otherwise {_evidence(comparison)}"


def _evidence(comparison: Comparison) -> str:
    said = [f"{count(comparison.measured, 'dataset')} measured to be equal"]
    if comparison.derived:
        said.append(f"{comparison.derived:,} derived (same plan over equal inputs)")
    if comparison.within_tolerance:
        said.append(f"{len(comparison.within_tolerance):,} of them within tolerance (sums of floats)")
    if comparison.values and not comparison.different:
        names = listed([f"{each.name} of {each.step.rpartition('.')[2]}" for each in comparison.values])
        what = (
            f"{count(len(comparison.values), 'plain value')} {'differs' if len(comparison.values) == 1 else 'differ'}"
        )
        said.append(f"{what} with nothing that explains it ({names})")
    return ", ".join(said)
