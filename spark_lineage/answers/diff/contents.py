"""Whether two datasets hold the same, from what was measured of each: same, different, or not comparable.

Nothing is derived here. Equal fingerprints are the same rows; float columns that differ only as another order of
summation makes them differ are the same within tolerance; facts that did not see the same rows are not compared.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from spark_lineage.graph.sketches import close
from spark_lineage.model import Column, Dataset, Partial, fingerprints

FLOATS = ("double", "float")


class Content(enum.Enum):
    SAME = "same"
    DIFFERENT = "different"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class ColumnChange:
    """One column that differs: ``change`` as in the contract; ``a`` and ``b`` as text for people."""

    name: str
    change: str  # values, type, added, removed, nulls, definition
    a: str | None
    b: str | None


@dataclass(frozen=True)
class Measured:
    """What the facts of a pair say.

    ``unproven``: columns of which one side has no facts. ``unused``: those of which neither has, as nothing that ran
    looked at them. ``bare``: nothing but the number of rows is known on both sides.
    """

    content: Content
    columns: tuple[ColumnChange, ...] = ()
    rows: bool = False  # the numbers of rows differ
    combined: bool = False  # each column holds the same, but the rows combine them in another way
    close: tuple[str, ...] = ()  # the same within tolerance
    unproven: frozenset[str] = frozenset()
    unused: frozenset[str] = frozenset()
    bare: bool = False
    partial: bool = False  # both sides saw the same part of the rows
    why: str | None = None  # of UNKNOWN

    @property
    def schema(self) -> bool:
        return any(change.change in ("added", "removed", "type") for change in self.columns)


Exact = Callable[[str], bool]


def compare(a: Dataset, b: Dataset, exact: Exact = lambda column: False) -> Measured:
    """What was measured of ``a`` against ``b``. For columns that ``exact`` names, close is not the same."""
    schema = tuple(_schema(a.columns, b.columns))
    if _equal_at_sight(a, b):
        return Measured(Content.SAME)
    if _changed(a) != _changed(b) and None not in (_changed(a), _changed(b)):
        return Measured(Content.DIFFERENT, schema, rows=True)
    seen = _comparable(a, b)
    found = _telling([_facts(*pair, schema, exact) for pair in seen]) if not isinstance(seen, str) else None
    held = _held(a), _held(b)
    if None not in held and not schema and (found is None or found.bare):
        return Measured(Content.SAME if held[0] == held[1] else Content.DIFFERENT, rows=a.rows != b.rows)
    if a.rows is not None and b.rows is not None and a.rows != b.rows:  # also where not every row was seen
        return replace(found or Measured(Content.DIFFERENT, schema), content=Content.DIFFERENT, rows=True)
    if found is not None:
        return found
    if schema:
        return Measured(Content.DIFFERENT, schema)
    return Measured(Content.UNKNOWN, why=str(seen))


def _changed(dataset: Dataset) -> tuple[int | None, ...] | None:
    """Rows that a command has changed in a table; how many it wrote again as they were hangs on how files are cut."""
    changed = dataset.changed
    return (changed.inserted, changed.updated, changed.deleted) if changed is not None else None


def _held(dataset: Dataset) -> str | None:
    """The hash of the rows, where all of them stand in the plan itself (``createDataFrame``)."""
    fragment = dataset.fragment
    if fragment is None or fragment.operators != ("Rows from local",) or len(fragment.covers) != 1:
        return None
    word = fragment.covers[0].partition("local@")[2]
    return word if word and word != "?" else None


@dataclass(frozen=True)
class _Side:
    rows: int | None
    columns: tuple[Column, ...]
    fingerprint: str | None
    partial: bool


def _telling(found: Sequence[Measured]) -> Measured:
    """Of what several parts of the rows say of one pair: a difference; else what was said of the most columns."""
    differing = [each for each in found if each.content is Content.DIFFERENT]
    return min(differing or found, key=lambda each: len(each.unproven) + len(each.unused))


def _comparable(a: Dataset, b: Dataset) -> list[tuple[_Side, _Side]] | str:
    """The two datasets with the facts of the same parts of their rows, or the reason why there are none."""
    if a.complete and b.complete:
        return [(_Side(a.rows, a.columns, a.fingerprint, False), _Side(b.rows, b.columns, b.fingerprint, False))]
    parts = [
        (_seen(x, a), _seen(y, b)) for x in a.partial for y in b.partial if sorted(x.pushed) == sorted(y.pushed)
    ]  # fmt: skip
    if parts:
        return parts
    if a.complete != b.complete:
        side, other = ("A", a) if not a.complete else ("B", b)
        return f"only partly measured in {side}: {reason(other)}"
    return (
        f"not measured: {reason(a)}" if reason(a) == reason(b) else f"not measured: {reason(a)} in A, {reason(b)} in B"
    )


def _seen(partial: Partial, dataset: Dataset) -> _Side:
    """The rows that passed, over all columns of the dataset: what did not flow has no facts."""
    known = {column.name: column for column in partial.columns}
    columns = tuple(
        replace(
            column, nulls=seen.nulls, fingerprint=seen.fingerprint, sum=seen.sum, sum_squares=seen.sum_squares,
            signed_sum=seen.signed_sum,
        )
        if (seen := known.get(column.name)) is not None
        else column
        for column in dataset.columns
    )  # fmt: skip
    return _Side(partial.rows, columns, partial.fingerprint, True)


def reason(dataset: Dataset) -> str:
    text = (dataset.reason or "unknown").replace("_", " ")
    return f"{text} {' and '.join(dataset.pushed)}" if dataset.pushed else text


def _facts(a: _Side, b: _Side, schema: tuple[ColumnChange, ...], exact: Exact) -> Measured:
    changes, near, unproven, unused = list(schema), [], set(), set()
    proven = 0
    # The row fingerprint and the signs of the sketch hang on the order of the columns.
    ordered = [column.name for column in a.columns] == [column.name for column in b.columns]
    for of_a, of_b in _common(a.columns, b.columns):
        if of_a.type != of_b.type:
            continue
        if of_a.fingerprint is None and of_b.fingerprint is None:
            unused.add(of_a.name)
        elif of_a.fingerprint is None or of_b.fingerprint is None:
            unproven.add(of_a.name)
        else:
            proven += 1
        if of_a.nulls is not None and of_b.nulls is not None and of_a.nulls != of_b.nulls:
            changes.append(ColumnChange(of_a.name, "nulls", _nulls(of_a), _nulls(of_b)))
        elif of_a.fingerprint is not None and of_b.fingerprint is not None and of_a.fingerprint != of_b.fingerprint:
            if is_close(of_a, of_b, ordered) and not exact(of_a.name):
                near.append(of_a.name)
            else:
                changes.append(ColumnChange(of_a.name, "values", of_a.fingerprint, of_b.fingerprint))
    rows = a.rows != b.rows
    combined = ordered and not (rows or changes or near) and fingerprints.differ(a.fingerprint, b.fingerprint)
    content = Content.DIFFERENT if rows or changes or combined else Content.SAME
    return Measured(
        content, tuple(changes), rows, combined, tuple(near), frozenset(unproven), frozenset(unused),
        bare=not proven and bool(a.columns), partial=a.partial,
    )  # fmt: skip


def _nulls(column: Column) -> str:
    return f"{column.nulls:,} nulls"


def _equal_at_sight(a: Dataset, b: Dataset) -> bool:
    """Whether the columns are equal in everything. Most pairs of two runs are, and need no further look."""
    equal = a.fingerprint == b.fingerprint and a.rows == b.rows and a.complete and b.complete
    if not (equal and fingerprints.whole(a.fingerprint)):
        return False
    return len(a.columns) == len(b.columns) and all(
        x.name == y.name and x.type == y.type for x, y in zip(a.columns, b.columns, strict=True)
    )


def _schema(a: Sequence[Column], b: Sequence[Column]) -> Iterable[ColumnChange]:
    """Compares columns by name. An empty list means that the columns were not seen."""
    if not a or not b:
        return
    if [column.name for column in a] == [column.name for column in b]:
        yield from (ColumnChange(x.name, "type", x.type, y.type) for x, y in zip(a, b, strict=True) if x.type != y.type)
        return
    of_a, of_b = Counter(column.name for column in a), Counter(column.name for column in b)
    for column in a:
        if of_a[column.name] > of_b[column.name]:
            yield ColumnChange(column.name, "removed", column.type, None)
    for column in b:
        if of_b[column.name] > of_a[column.name]:
            yield ColumnChange(column.name, "added", None, column.type)
    for x, y in _common(a, b):
        if x.type != y.type:
            yield ColumnChange(x.name, "type", x.type, y.type)


def _common(a: Sequence[Column], b: Sequence[Column]) -> Iterable[tuple[Column, Column]]:
    """Pairs columns of the same name; where several have it, the first with the first."""
    if [column.name for column in a] == [column.name for column in b]:
        yield from zip(a, b, strict=True)
        return
    left: dict[str, list[Column]] = {}
    for column in b:
        left.setdefault(column.name, []).append(column)
    for column in a:
        if left.get(column.name):
            yield column, left[column.name].pop(0)


def is_close(a: Column, b: Column, ordered: bool = True) -> bool:
    """Whether two columns of floats are equal by the tolerant sketch. ``ordered``: see :func:`_facts`."""
    return a.type in FLOATS and b.type in FLOATS and close(a, b, signed=ordered)
