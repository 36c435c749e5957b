"""Which columns of a pair stay open: not measured on both sides, nor derived from what is known to be the same.

A pair may be measured to be the same and still hand on what differs, in a column that nothing which was measured looked
at. What is open is followed by column lineage; where that is not known, everything is open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from spark_lineage.answers.diff.definitions import Definition, of_column
from spark_lineage.model import ColumnInput, Dataset

Open = frozenset[str] | None  # None: every column, and which rows there are
NOTHING: frozenset[str] = frozenset()


def opened(
    dataset: Dataset, candidates: Iterable[str], definition: Definition, above: Mapping[str, Open],
    redefined: Callable[[str], bool],
) -> frozenset[str]:  # fmt: skip
    """Gives those of ``candidates`` that are open. ``above`` has the open columns of each input."""
    if definition.opaque or definition.nondeterminism:
        return frozenset(candidates)
    if all(columns == NOTHING for columns in above.values()):
        return frozenset(column for column in candidates if redefined(column))
    return frozenset(column for column in candidates if redefined(column) or _touches(dataset, column, above))


def _touches(dataset: Dataset, column: str, above: Mapping[str, Open]) -> bool:
    definition = of_column(dataset, column)
    return definition is None or any(is_open(column_input, above) for column_input in definition.inputs)


def is_open(column: ColumnInput, above: Mapping[str, Open]) -> bool:
    """Whether a column that is read is open. An input that is not in ``above`` lies within a region, which may have
    changed it, and counts as open.
    """
    if column.dataset not in above:
        return True
    open_ = above[column.dataset]
    return open_ is None or column.column in open_
