"""How the columns of each dataset are made, and what decides which rows it has.

``graph.composition`` says what a column is made from, as for ``explain``; here that is asked for every column at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from spark_lineage.answers.composed_sql import ComposedSql, expression
from spark_lineage.graph.composition import Composition
from spark_lineage.graph.expressions import quoted
from spark_lineage.model import ColumnInput, Dataset, DatasetKind, Fragment, LineageGraph, RowOperator

# First word of an operator's text -> what it is, where only the texts say it.
BY_TEXT = {
    "Filter": "filter", "Join": "join", "Aggregate": "group", "Deduplicate": "deduplicate", "Limit": "limit",
    "Offset": "limit", "Tail": "limit", "Sample": "sample", "Generate": "generate", "Except": "set",
    "Intersect": "set", "Union": "union",
}  # fmt: skip
# Operators that keep to rows as they are, or whose kind is said in another way.
NO_CONDITIONS = ("input", "opaque")
IN_TEXTS = {"limit": "limit", "sample": "sample", "generate": "generate"}  # their texts stand among the operators only


@dataclass(frozen=True)
class Condition:
    """One thing that decides which rows there are. ``kind``: filter, join, group, deduplicate, ...; ``text``: SQL."""

    kind: str
    text: str


@dataclass(frozen=True)
class ColumnHop:
    """What ``explain`` says of one column of a dataset. ``decided``: whether ``deciding`` is among its inputs there."""

    column: str
    expression: str
    inputs: tuple[ColumnInput, ...]
    decided: bool


@dataclass(frozen=True)
class PassedOn:
    """Columns that one dataset has as another one has them: the hop of each is its name."""

    dataset: str
    columns: tuple[str, ...]
    decided: bool


@dataclass(frozen=True)
class DatasetDetail:
    """``hops`` and ``passed_on`` together have each column that is made from something, once.

    ``made_from``: ids of datasets. ``definitions``: of a sink's columns, down to the sources."""

    hops: tuple[ColumnHop, ...]
    passed_on: tuple[PassedOn, ...]
    deciding: tuple[ColumnInput, ...]
    made_from: tuple[str, ...]
    definitions: Mapping[str, str]
    conditions: tuple[Condition, ...]


def details(graph: LineageGraph) -> tuple[DatasetDetail, ...]:
    """One for each dataset of the graph."""
    composition = Composition(graph)
    sql = ComposedSql(graph, composition)
    return tuple(_detail(dataset, composition, sql) for dataset in graph.datasets)


def _detail(dataset: Dataset, composition: Composition, sql: ComposedSql) -> DatasetDetail:
    hops: list[ColumnHop] = []
    passed: dict[tuple[str, bool], list[str]] = {}
    columns = []
    for hop in _hops(dataset, composition):
        columns.append(hop.column)
        if _passes(hop):
            passed.setdefault((hop.inputs[0].dataset, hop.decided), []).append(hop.column)
        else:
            hops.append(hop)
    sink = dataset.kind is DatasetKind.SINK
    return DatasetDetail(
        hops=tuple(hops),
        passed_on=tuple(PassedOn(name, tuple(names), decided) for (name, decided), names in passed.items()),
        deciding=composition.deciding(dataset.id),
        made_from=composition.made_from(dataset.id),
        definitions={column: sql.definition(dataset.id, column) for column in columns} if sink else {},
        conditions=tuple(conditions(dataset.fragment)) if dataset.fragment is not None else (),
    )


def _hops(dataset: Dataset, composition: Composition) -> Iterator[ColumnHop]:
    for column in composition.columns(dataset):
        derivation = composition.derivation(dataset.id, column)
        if derivation is not None:
            yield ColumnHop(column, expression(derivation), derivation.inputs, bool(derivation.rows))


def _passes(hop: ColumnHop) -> bool:
    if len(hop.inputs) != 1:
        return False
    (use,) = hop.inputs
    same = use.column == hop.column and use.subtype == "IDENTITY" and use.kind == "DIRECT" and not use.masking
    return same and hop.expression == quoted(hop.column)


# --------------------------------------------------------------------------- what decides rows


def conditions(fragment: Fragment) -> Iterator[Condition]:
    """The last operator first, as in ``fragment.operators``."""
    texts = [_of_text(operator) for operator in fragment.operators]
    written = [condition for condition in texts if condition is not None]
    if not fragment.row_operators:
        yield from written
        return
    left = {kind: [each for each in written if each.kind == kind] for kind in IN_TEXTS.values()}
    for operator in reversed(fragment.row_operators):
        if operator.op in IN_TEXTS:
            kind = IN_TEXTS[operator.op]
            yield left[kind].pop(0) if left[kind] else Condition(kind, "")
        elif operator.op not in NO_CONDITIONS:
            yield _of_operator(operator)


def _of_operator(operator: RowOperator) -> Condition:
    keys = ", ".join(operator.keys)
    if operator.op == "join":
        on = f" ON {operator.text}" if operator.text else ""
        return Condition("join", f"{(operator.kind or '').upper()} JOIN{on}".lstrip())
    if operator.op == "aggregate":
        return Condition("group", f"GROUP BY {keys}" if keys else "")
    if operator.op == "deduplicate":
        first = operator.kind if operator.kind not in (None, "rows") else None
        return Condition("deduplicate", f"{keys} ({first}: {operator.text})" if first else keys)
    text = operator.text or operator.kind or ""
    return Condition(operator.op, text.upper() if operator.op == "set" else text)


def _of_text(operator: str) -> Condition | None:
    """``Filter (a > 1)`` where nothing else is known of the operators."""
    word, _, rest = operator.partition(" ")
    kind = BY_TEXT.get(word)
    if kind is None:
        return None
    return Condition(kind, rest if kind in ("filter", "deduplicate", "group") else f"{word.upper()} {rest}".rstrip())
