"""Whether two datasets are made in the same way: plan, inputs, and what is not in the plan."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from spark_lineage.answers.diff.regions import Region
from spark_lineage.answers.diff.sides import Side, Traits, other_plan, other_rows
from spark_lineage.graph.expressions import quoted, unquoted
from spark_lineage.model import ColumnDefinition, Dataset, Fragment

ZONE = "session time zone"
NO_FUNCTIONS = ("local", "order", ZONE)  # what else fragments cover by these names
# A plan whose rows come from these says all that there is to know of them.
KNOWN_ROWS = ("range", "one_row", "empty")
_QUALIFIER = re.compile(r"(`(?:``|[^`])*`|[^\W\d]\w*)\.")
_ROUNDING = re.compile(r"\b(b?round|floor|ceil|ceiling|cast|trunc|format_number|int|decimal)\s*\(", re.IGNORECASE)


@dataclass(frozen=True)
class Definition:
    """How a pair is made. ``changed``: in a way that can change rows; the reasons stand in the other fields."""

    plan: bool  # the plan fragments differ
    source: bool  # the normalised source of the step differs
    inputs: bool  # other datasets go in
    region: tuple[str, ...]  # steps of one run only lie between: ids of their datasets, A's and B's
    nondeterminism: tuple[str, ...]
    opaque: bool  # rows came through Python; the plan does not say how they were made
    zones: tuple[str, str] | None = None  # A's and B's session time zones, where they differ and the plan uses them

    @property
    def changed(self) -> bool:
        return self.plan or self.inputs or bool(self.region) or self.zones is not None or (self.opaque and self.source)


def compare(
    a: Dataset, b: Dataset, sides: tuple[Side, Side], regions: tuple[Region, Region], inputs: bool
) -> Definition:
    """``inputs``: whether other datasets go in than before."""
    steps = [made_by(side, dataset) for side, dataset in zip(sides, (a, b), strict=True)]
    fragments = [dataset.fragment for dataset in (a, b) if dataset.fragment is not None]
    between = [side.datasets[name] for side, region in zip(sides, regions, strict=True) for name in region.own]
    reasons = [why for fragment in (*fragments, *_fragments(between)) for why in fragment.nondeterminism]
    rows_only = all(fragment.operators == ("Rows from local",) for fragment in fragments)  # their hash is their content
    return Definition(
        plan=len(fragments) == 2 and other_plan(*fragments) and not rows_only,
        source=_source(steps[0]) != _source(steps[1]),
        inputs=inputs,
        region=(*regions[0].own, *regions[1].own),
        nondeterminism=tuple(dict.fromkeys(reasons)),
        opaque=len(fragments) < 2
        or rows_only
        or any(is_opaque(fragment) for fragment in (*fragments, *_fragments(between))),
        zones=zones(a, b),
    )


def zones(a: Dataset, b: Dataset) -> tuple[str, str] | None:
    """The time zones of the two sessions, where they differ and the plans use them.

    None also where one of the records does not say it.
    """
    before, after = (" and ".join(sorted(_covers(dataset).get(ZONE, ()))) for dataset in (a, b))
    return (before, after) if before and after and before != after else None


def made_by(side: Side, dataset: Dataset) -> Traits | None:
    return side.traits.get((dataset.step, dataset.call)) if dataset.step is not None else None


def is_opaque(fragment: Fragment) -> bool:
    unknown = any(cover.endswith("?") for cover in fragment.covers)
    covered = {cover.partition("@")[0] for cover in fragment.covers}
    return unknown or any(leaf not in KNOWN_ROWS and leaf not in covered for leaf in fragment.opaque)


def changed_functions(a: Dataset, b: Dataset) -> list[str]:
    """The names of Python functions that both plans call and whose code differs."""
    of_a, of_b = _covers(a), _covers(b)
    return [name for name in of_b if name in of_a and of_a[name] != of_b[name] and name not in NO_FUNCTIONS]


def reads(dataset: Dataset) -> bool:
    """Whether its own plan reads storage: no expression of a column says by which options."""
    return dataset.fragment is not None and bool(dataset.fragment.sources)


def has_other_rows(a: Dataset, b: Dataset) -> bool:
    """Whether the plans themselves hold rows, and other ones in A than in B."""
    return a.fragment is not None and b.fragment is not None and other_rows(a.fragment, b.fragment)


def _covers(dataset: Dataset) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for cover in dataset.fragment.covers if dataset.fragment is not None else ():
        name, _, word = cover.rpartition("@")
        found.setdefault(name, []).append(word)
    return found


def _fragments(datasets: Iterable[Dataset]) -> Iterable[Fragment]:
    return (dataset.fragment for dataset in datasets if dataset.fragment is not None)


def _source(traits: Traits | None) -> str | None:
    return traits.step.source_hash if traits is not None else None


def of_column(dataset: Dataset, column: str) -> ColumnDefinition | None:
    definitions = dataset.fragment.definitions if dataset.fragment is not None else ()
    return next((definition for definition in definitions if definition.column == column), None)


def translated(expression: str, counterparts: Mapping[str, str]) -> str:
    """An expression of A with the names of B's datasets in it."""
    return _QUALIFIER.sub(lambda found: f"{_named(found[1], counterparts)}.", expression)


def _named(qualifier: str, counterparts: Mapping[str, str]) -> str:
    other = counterparts.get(unquoted(qualifier))
    return quoted(other) if other is not None else qualifier


def rounds_more(a: Dataset, b: Dataset, column: str) -> bool:
    """Whether the definition of a column has other rounding than before: then close is not the same."""
    texts = [definition.expression if (definition := of_column(dataset, column)) else "" for dataset in (a, b)]
    return sorted(_ROUNDING.findall(texts[0])) != sorted(_ROUNDING.findall(texts[1]))
