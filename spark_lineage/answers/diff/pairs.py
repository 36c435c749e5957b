"""A dataset of A and its counterpart in B, and what is known of the two."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from spark_lineage.answers.diff.contents import Content, Measured
from spark_lineage.answers.diff.definitions import Definition
from spark_lineage.answers.diff.opening import NOTHING, Open
from spark_lineage.answers.diff.regions import Region
from spark_lineage.model import Dataset

if TYPE_CHECKING:
    from spark_lineage.answers.diff.values import Values


class Ref(NamedTuple):
    """Names a dataset: that of run B, or that of run A where only A has it."""

    run: str  # "a" or "b"
    id: str


Refs = dict[Ref, None]  # an ordered set


@dataclass(frozen=True)
class Doubts:
    """What may make a dataset differ and no measurement has cleared: datasets above it, by the reason."""

    changed: tuple[Ref, ...] = ()  # their definition changed
    ordered: tuple[Ref, ...] = ()  # they hold the same rows, but rows or columns stand in another order
    random: tuple[Ref, ...] = ()  # their plan is not deterministic
    opaque: tuple[Ref, ...] = ()  # their rows came through Python
    stored: tuple[Ref, ...] = ()  # they are sources of which too little is known

    @property
    def any(self) -> bool:
        return bool(self.changed or self.random or self.opaque or self.stored)

    def also(self, **more: Ref) -> Doubts:
        return Doubts(**{
            kind: tuple(dict.fromkeys((*getattr(self, kind), *([more[kind]] if kind in more else []))))
            for kind in FIELDS
        })  # fmt: skip


FIELDS = ("changed", "ordered", "random", "opaque", "stored")


def together(doubts: Iterable[Doubts]) -> Doubts:
    """Each reference once, in the order in which it comes first."""
    every = list(doubts)
    if len(every) == 1:
        return every[0]
    return Doubts(*(tuple(dict.fromkeys(ref for one in every for ref in getattr(one, kind))) for kind in FIELDS))


@dataclass(frozen=True)
class State:
    """What is known of one pair."""

    content: Content
    evidence: str | None = None  # "measured" or "derived"
    causes: tuple[Ref, ...] = ()
    doubts: Doubts = Doubts()
    why: str | None = None  # why the content is unknown
    open: Open = NOTHING  # columns that were not cleared


NOT_COMPARED = Measured(Content.UNKNOWN)
NOT_KNOWN = State(Content.UNKNOWN, open=None)


@dataclass
class Pair:
    """One dataset of A and its counterpart in B, and what is known of the two."""

    a: Dataset
    b: Dataset
    regions: tuple[Region, Region]
    ends: tuple[tuple[str, str], ...] = ()  # aligned inputs: ids of A and B
    other_inputs: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())  # ends without a counterpart here
    measured: Measured = NOT_COMPARED
    definition: Definition | None = None
    state: State = NOT_KNOWN

    @property
    def ref(self) -> Ref:
        return Ref("b", self.b.id)


@dataclass
class Attribution:
    """What is known of every pair, and which datasets are the causes: ``first``, in the order they were found in."""

    pairs: dict[str, Pair] = field(default_factory=dict)  # by B's id
    first: Refs = field(default_factory=dict)
    sources_changed: Refs = field(default_factory=dict)
    plain: Values | None = None  # the plain values that differ
    values: Refs = field(default_factory=dict)  # steps of B that give such ones and are causes, in place of datasets
    order: list[str] = field(default_factory=list)  # in which the pairs were looked at: as data flows
    covered: set[str] = field(default_factory=set)  # all that is made from these was measured to be the same
