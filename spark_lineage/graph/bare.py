"""Which DataFrames are nothing but a read of one source."""

from __future__ import annotations

from collections.abc import Iterable

from spark_lineage.model import ColumnInput, Fragment, Storage


def is_bare(fragment: Fragment) -> bool:
    """Nothing but a read of one source: no operator changes its rows, every column is one of the source's."""
    if fragment.inputs or fragment.opaque or len(fragment.sources) != 1 or fragment.indirect:
        return False
    if not all(operator.startswith(ROW_KEEPERS) for operator in fragment.operators[:-1]):
        return False
    return bool(fragment.definitions) and all(_is_column(definition.inputs) for definition in fragment.definitions)


ROW_KEEPERS = ("Project", "SubqueryAlias", "View")


def _is_column(inputs: Iterable[ColumnInput]) -> bool:
    return [use.subtype for use in inputs] == ["IDENTITY"]


def as_stored(fragment: Fragment, storage: Storage) -> bool:
    """Whether a read has the columns of what it read, each unchanged and in its place."""
    unchanged = all(
        [(use.subtype, use.column) for use in definition.inputs] == [("IDENTITY", definition.column)]
        for definition in fragment.definitions
    )
    names = [name for name, _, _ in fragment.columns]
    return unchanged and (not storage.columns or names == [name for name, _ in storage.columns])
