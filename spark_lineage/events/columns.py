"""What was measured of the columns of a dataset, as lists in the order of its columns, and back.

One object per column would repeat its keys and its name for each: of a dataset with 25 columns that is a kilobyte. What
is not known is -1 or empty, since serialisers of OpenLineage drop nulls out of lists.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from spark_lineage.model import Column, ProbedColumn

if TYPE_CHECKING:
    from spark_lineage.events.parsing import ColumnFacts, ColumnLists

Document = dict[str, Any]
UNKNOWN = -1


def to_document(columns: Sequence[Column | ProbedColumn]) -> Document:
    """A list of which nothing is known is left out. Sketches as text: NaN and infinities are no JSON numbers."""
    document: Document = {}
    sketches = [[at, *sketch] for at, sketch in enumerate(map(_sketch, columns)) if any(sketch)]
    if sketches or any(each.nulls is not None for each in columns):
        document["nulls"] = [UNKNOWN if each.nulls is None else each.nulls for each in columns]
    if any(each.fingerprint is not None for each in columns):
        document["fingerprints"] = [each.fingerprint or "" for each in columns]
    return {**document, "sketches": sketches} if sketches else document


def _sketch(column: Column | ProbedColumn) -> tuple[str, ...]:
    numbers = (column.sum, column.sum_squares, column.signed_sum)
    return tuple("" if each is None else repr(float(each)) for each in numbers)


def of_lists(lists: ColumnLists) -> list[ColumnFacts]:
    """By position; as many as are known of. Format 1 had one object per column. Raises ValueError."""
    return list(_facts(lists)) if lists.columns is None else lists.columns


def _facts(lists: ColumnLists) -> Iterator[ColumnFacts]:
    from spark_lineage.events.parsing import ColumnFacts

    sketches = {each.column: each for each in lists.sketches}
    for at, (nulls, fingerprint) in enumerate(zip_longest(lists.nulls, lists.fingerprints)):
        sketch = sketches.get(at)
        yield ColumnFacts(
            nulls=None if nulls == UNKNOWN else nulls,
            fingerprint=fingerprint or None,
            sum=sketch.sum or None if sketch else None,
            sum_squares=sketch.sum_squares or None if sketch else None,
            signed_sum=sketch.signed_sum or None if sketch else None,
        )
