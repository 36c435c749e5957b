"""Columns under other names, wherever an observation names them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from spark_lineage.model import ColumnInput, Fragment, Probed, RowOperator

Name = Callable[[str], str]


def probed(of: Probed, name: Name) -> Probed:
    """A measurement, with its sample."""
    sample = of.sample
    sampled = (*sample.key, *sample.columns) if sample is not None else ()
    if all(name(each) == each for each in (*sampled, *(column.name for column in of.columns))):
        return of
    columns = tuple(replace(each, name=name(each.name)) for each in of.columns)
    if sample is not None:
        sample = replace(sample, key=_all(sample.key, name), columns=_all(sample.columns, name))
    return replace(of, columns=columns, sample=sample)


def fragment(of: Fragment, name: Name) -> Fragment:
    """A plan; its texts are not looked at."""
    if all(name(each) == each for each in set(_names(of))):
        return of  # as nearly always
    return replace(
        of,
        columns=tuple((name(column), type_, nullable) for column, type_, nullable in of.columns),
        definitions=tuple(
            replace(each, column=name(each.column), inputs=_inputs(each.inputs, name)) for each in of.definitions
        ),
        indirect=_inputs(of.indirect, name),
        sample_key=_all(of.sample_key, name),
        row_operators=tuple(_operator(each, name) for each in of.row_operators),
        notes=tuple(
            replace(
                each,
                column=name(each.column),
                input=(each.input[0], name(each.input[1])) if each.input is not None else None,
            )
            for each in of.notes
        ),
    )


def _names(of: Fragment) -> Iterator[str]:
    yield from (column for column, _, _ in of.columns)
    yield from of.sample_key
    for uses in (of.indirect, *(each.inputs for each in of.definitions)):
        yield from (each.column for each in uses)
    for operator in of.row_operators:
        yield from operator.keys
        yield from (column for _, columns in operator.drops for _, column in columns)
        yield from (part for each in operator.clashes for part in (each.name, each.other_name))
    yield from (each.input[1] for each in of.notes if each.input is not None)


def _operator(of: RowOperator, name: Name) -> RowOperator:
    return replace(
        of,
        keys=_all(of.keys, name),
        drops=tuple((text, tuple((dataset, name(c)) for dataset, c in columns)) for text, columns in of.drops),
        clashes=tuple(replace(each, name=name(each.name), other_name=name(each.other_name)) for each in of.clashes),
    )


def _inputs(inputs: Iterable[ColumnInput], name: Name) -> tuple[ColumnInput, ...]:
    return tuple(replace(each, column=name(each.column)) for each in inputs)


def _all(names: Iterable[str], name: Name) -> tuple[str, ...]:
    return tuple(map(name, names))
