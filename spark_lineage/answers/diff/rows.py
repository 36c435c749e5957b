"""Rows side by side: the samples of both runs hold the same entities, because both keep the smallest keys."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from spark_lineage.graph.sketches import TOLERANCE
from spark_lineage.model import Dataset, Sample

Values = tuple["str | None", ...]
MOST = 10


@dataclass(frozen=True)
class SideBySide:
    """``changed``: (key, values of A, values of B) over ``columns``; ``only_a``, ``only_b``: (key, values) over
    ``others``, of rows that one run does not have."""

    key: tuple[str, ...]
    columns: tuple[str, ...]
    others: tuple[str, ...]
    changed: tuple[tuple[Values, Values, Values], ...]
    only_a: tuple[tuple[Values, Values], ...]
    only_b: tuple[tuple[Values, Values], ...]


def side_by_side(a: Dataset, b: Dataset, columns: Collection[str], most: int = MOST) -> SideBySide | None:
    """Sampled rows that differ; None where a sample is missing or the samples have other keys.

    ``columns``: those known to differ; rows are shown over them, or over all where none is known.
    """
    x, y = a.sample, b.sample
    if x is None or y is None or x.key != y.key or not x.key:
        return None
    both = [column for column in x.columns if column in y.columns and column not in x.key]
    shown = tuple(column for column in both if column in columns) or tuple(both)
    of_a, of_b = _by_key(x, shown), _by_key(y, shown)
    # Where several rows have one key, which of them was kept hangs on its values: they are no counterparts.
    alone = _alone(x) & _alone(y)
    changed = tuple(
        (key, of_a[key], of_b[key]) for key in of_a if key in alone and not all(map(_alike, of_a[key], of_b[key]))
    )
    only_a = _absent(_by_key(x, both), of_b, _full(b, y))
    only_b = _absent(_by_key(y, both), of_a, _full(a, x))
    if not (changed or only_a or only_b):
        return None
    return SideBySide(x.key, shown, tuple(both), changed[:most], only_a[:most], only_b[:most])


def _by_key(sample: Sample, columns: Sequence[str]) -> dict[Values, Values]:
    places = [sample.columns.index(column) for column in sample.key]
    wanted = [sample.columns.index(column) for column in columns]
    return {tuple(row[at] for at in places): tuple(row[at] for at in wanted) for row in sample.rows}


def _alone(sample: Sample) -> set[Values]:
    """Keys that only one row has."""
    places = [sample.columns.index(column) for column in sample.key]
    return {tuple(row[at] for at in places) for row, many in zip(sample.rows, sample.counts, strict=True) if many == 1}


def _full(dataset: Dataset, sample: Sample) -> bool:
    """Whether the sample holds every row."""
    return dataset.rows is not None and sum(sample.counts) == dataset.rows


def _absent(rows: dict[Values, Values], other: dict[Values, Values], full: bool) -> tuple[tuple[Values, Values], ...]:
    """Rows that the other run does not have. Samples are in the order of their keys' hashes: what comes before a key
    that both have would be in the other sample too, if it were there."""
    keys = list(rows)
    last = len(keys) if full else max((at for at, key in enumerate(keys) if key in other), default=-1)
    return tuple((key, rows[key]) for key in keys[:last] if key not in other)


def _alike(a: str | None, b: str | None) -> bool:
    if a == b:
        return True
    try:
        return math.isclose(float(a or ""), float(b or ""), rel_tol=TOLERANCE) and (
            "." in (a or "") or "E" in (a or "")
        )
    except ValueError:
        return False
