"""Datasets with the plans that the JVM half would have recorded for them, written in few words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from test_explain import dataset

from spark_lineage.graph.expressions import references
from spark_lineage.model import (
    Column,
    ColumnDefinition,
    ColumnInput,
    Dataset,
    DatasetKind,
    Fragment,
    RowOperator,
)


def source(name: str, **types: str) -> Dataset:
    """``/data/<name>.parquet`` with columns of these types."""
    made = dataset(f"/data/{name}.parquet", list(types))
    return replace(made, columns=tuple(Column(column, type_) for column, type_ in types.items()))


def over(column: str, text: str, of: Sequence[Dataset]) -> ColumnDefinition:
    """An expression over the columns of these datasets; ``orders.id`` where several have the column."""
    owners = {each.name: [d for d in of if each.name in [c.name for c in d.columns]] for d in of for each in d.columns}
    names = {name: d for d in of for name in (d.id, d.id.rpartition("/")[2].partition(".")[0])}
    found: dict[ColumnInput, None] = {}
    for each in references(text, owners, names):
        meant = [names[each.qualifier]] if each.qualifier else owners[each.column]
        subtype = "IDENTITY" if text == each.column else "TRANSFORMATION"
        found.update((ColumnInput(d.id, each.column, "DIRECT", subtype), None) for d in meant)
    return ColumnDefinition(column, text, tuple(found))


def op(
    name: str, *children: int, of: Sequence[Dataset] = (), kind: str | None = None, condition: str | None = None,
    keys: Mapping[str, str] | None = None,
) -> RowOperator:  # fmt: skip
    deciding = [over("", condition, of)] if condition is not None else []
    deciding += [over(key, text, of) for key, text in (keys or {}).items()]
    text = condition if name in ("filter", "join") else None
    return RowOperator(name, children, kind, text, keys=tuple(keys or ()), deciding=tuple(deciding))


def reading(*of: Dataset) -> list[RowOperator]:
    return [RowOperator("input", datasets=(each.id,)) for each in of]


def made(
    name: str, of: Sequence[Dataset], operators: Sequence[RowOperator], columns: Mapping[str, str] | None = None,
    opaque: Sequence[str] = (), covers: Sequence[str] = (),
) -> Dataset:  # fmt: skip
    """A dataset of the step ``job.<name>``; its columns are those of what it is made from, if they are not given."""
    given = columns if columns is not None else {c.name: c.name for each in of for c in each.columns}
    types = {c.name: c.type for each in of for c in each.columns}
    definitions = tuple(over(column, text, of) for column, text in given.items())
    described = Fragment(
        name, (), "h", (), "", True, (), tuple(each.id for each in of), (), tuple(opaque), definitions, (), (),
        tuple(covers), tuple(operators),
    )  # fmt: skip
    one = dataset(name, list(given), DatasetKind.INTERIM, f"job.{name}", described)
    return replace(one, columns=tuple(Column(column, types.get(column, "double")) for column in given))


def filtered(name: str, of: Dataset, condition: str) -> Dataset:
    return made(name, [of], [*reading(of), op("filter", 0, of=[of], condition=condition)])


def grouped(name: str, of: Dataset, keys: Mapping[str, str], columns: Mapping[str, str]) -> Dataset:
    return made(name, [of], [*reading(of), op("aggregate", 0, of=[of], keys=keys)], {**keys, **columns})
