"""Columns under other names, wherever an observation names them, and their types, which name the fields of structs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from spark_lineage.model import Clash, ColumnDefinition, ColumnInput, Fragment, Probed, RowOperator

Name = Callable[[str], str]


def probed(of: Probed, name: Name, type_: Name) -> Probed:
    """A measurement, with its sample."""
    sample = of.sample
    sampled = (*sample.key, *sample.columns) if sample is not None else ()
    same = all(name(each) == each for each in (*sampled, *(column.name for column in of.columns)))
    if same and all(type_(each.type) == each.type for each in of.columns):
        return of
    columns = tuple(replace(each, name=name(each.name), type=type_(each.type)) for each in of.columns)
    if sample is not None:
        sample = replace(sample, key=_all(sample.key, name), columns=_all(sample.columns, name))
    return replace(of, columns=columns, sample=sample)


def fragment(of: Fragment, name: Name, type_: Name) -> Fragment:
    """A plan; its texts are not looked at."""
    if all(name(each) == each for each in set(_names(of))) and all(type_(each) == each for each in set(_types(of))):
        return of  # as nearly always
    return replace(
        of,
        columns=tuple((name(column), type_(of_column), nullable) for column, of_column, nullable in of.columns),
        definitions=_definitions(of.definitions, name),
        indirect=_inputs(of.indirect, name),
        sample_key=_all(of.sample_key, name),
        row_operators=tuple(_operator(each, name, type_) for each in of.row_operators),
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
    yield from (each.column for each in of.indirect)
    deciding = (each for operator in of.row_operators for each in operator.deciding)
    for definition in (*of.definitions, *deciding):
        yield definition.column
        yield from (each.column for each in definition.inputs)
    for operator in of.row_operators:
        yield from operator.keys
        yield from (column for _, columns in operator.drops for _, column in columns)
        yield from (part for each in operator.clashes for part in (each.name, each.other_name))
    for note in of.notes:
        yield note.column
        if note.input is not None:
            yield note.input[1]


def _types(of: Fragment) -> Iterator[str]:
    yield from (type_ for _, type_, _ in of.columns)
    yield from (
        part for operator in of.row_operators for each in operator.clashes for part in (each.type, each.other_type)
    )


def _operator(of: RowOperator, name: Name, type_: Name) -> RowOperator:
    return replace(
        of,
        keys=_all(of.keys, name),
        drops=tuple((text, tuple((dataset, name(c)) for dataset, c in columns)) for text, columns in of.drops),
        clashes=tuple(_clash(each, name, type_) for each in of.clashes),
        deciding=_definitions(of.deciding, name),
    )


def _clash(of: Clash, name: Name, type_: Name) -> Clash:
    return Clash(of.position, name(of.name), type_(of.type), name(of.other_name), type_(of.other_type))


def _definitions(definitions: Iterable[ColumnDefinition], name: Name) -> tuple[ColumnDefinition, ...]:
    return tuple(replace(each, column=name(each.column), inputs=_inputs(each.inputs, name)) for each in definitions)


def _inputs(inputs: Iterable[ColumnInput], name: Name) -> tuple[ColumnInput, ...]:
    return tuple(replace(each, column=name(each.column)) for each in inputs)


def _all(names: Iterable[str], name: Name) -> tuple[str, ...]:
    return tuple(map(name, names))
