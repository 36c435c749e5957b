"""What was measured of the columns of a dataset, as lists in the order of its columns, and back.

One object per column would repeat its keys and its name for each: of a dataset with 25 columns that is a kilobyte. A
value that is not known is -1 or an empty text, since serialisers of OpenLineage drop nulls out of lists.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from spark_lineage.model import Column, ProbedColumn

if TYPE_CHECKING:
    from spark_lineage.events.content import Fingerprint
    from spark_lineage.events.content.dataset import ColumnFacts, Partial

UNKNOWN = -1
NO_SKETCH = ("", "", "")


def to_lists(columns: Sequence[Column | ProbedColumn]) -> dict[str, Any]:
    """``nulls``, ``fingerprints``, ``sketches`` and ``nans``; a list in which no value is known is left out."""
    found = list(map(_sketch, columns))
    sketches = tuple((at, *sketch) for at, sketch in enumerate(found) if any(sketch))
    lists: dict[str, Any] = {}
    nans = tuple((at, column.nans) for at, column in enumerate(columns) if column.nans is not None)
    if nans:
        lists["nans"] = nans
    if sketches or any(column.nulls is not None for column in columns):
        lists["nulls"] = tuple(UNKNOWN if column.nulls is None else column.nulls for column in columns)
    if any(column.fingerprint is not None for column in columns):
        lists["fingerprints"] = tuple(column.fingerprint or "" for column in columns)
    return {**lists, "sketches": sketches} if sketches else lists


def _sketch(column: Column | ProbedColumn) -> tuple[str, ...]:
    """Its numbers as text: NaN and infinities are no JSON numbers."""
    numbers = (column.sum, column.sum_squares, column.signed_sum)
    return tuple("" if number is None else repr(float(number)) for number in numbers)


def of_lists(lists: Fingerprint | Partial) -> Sequence[ColumnFacts]:
    """What is known of each column, by position. Format 1 had one object per column. Raises ValueError."""
    return list(_facts(lists)) if lists.columns is None else lists.columns


def _facts(lists: Fingerprint | Partial) -> Iterator[ColumnFacts]:
    from spark_lineage.events.parsing import ColumnFacts

    sketches = {at: sketch for at, *sketch in lists.sketches}
    nans = dict(lists.nans)
    for at, (nulls, fingerprint) in enumerate(zip_longest(lists.nulls, lists.fingerprints)):
        sums, squares, signed = sketches.get(at, NO_SKETCH)
        yield ColumnFacts(
            nulls=None if nulls == UNKNOWN else nulls,
            fingerprint=fingerprint or None,
            sum=sums or None,
            sum_squares=squares or None,
            signed_sum=signed or None,
            nans=nans.get(at),
        )
