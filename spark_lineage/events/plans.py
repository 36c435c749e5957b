"""Writes plan fragments as plain documents, and reads them back.

A document names each input once and refers to it by its number. Values that most fragments have are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from spark_lineage.events import shapes
from spark_lineage.events.lazily import Lazily
from spark_lineage.events.specified import Document, present
from spark_lineage.model import Column, ColumnDefinition, ColumnInput, ColumnNote, Fragment, RowOperator, Storage

if TYPE_CHECKING:
    from spark_lineage.events.parsing import PlanOutput


def to_document(output: str, fragment: Fragment, columns: Sequence[Column]) -> Document:
    """``columns`` are those of the dataset. The fragment's columns are written only if they are others."""
    datasets = list(dict.fromkeys([*fragment.inputs, *_mentioned(fragment)]))
    numbers = {dataset: number for number, dataset in enumerate(datasets)}
    document: Document = {
        "output": output,
        "hash": fragment.plan_hash,
        "operators": list(fragment.operators),
        "text": fragment.plan_text,
        "datasets": datasets,
        "definitions": [_definition(definition, numbers) for definition in fragment.definitions],
    }
    at_times: Document = {
        "nondeterminism": list(fragment.nondeterminism),
        "sources": [storage_document(source) for source in fragment.sources],
        "opaque": list(fragment.opaque),
        "sampleKey": list(fragment.sample_key),
        "indirect": [_input(use, numbers) for use in fragment.indirect],
        "covers": list(fragment.covers),
        "rowOperators": [_operator(operator, numbers) for operator in fragment.row_operators],
        "notes": [shapes.note_document(note) for note in fragment.notes],
    }
    document.update((name, listed) for name, listed in at_times.items() if listed)
    if fragment.dataset != output:
        document["dataset"] = fragment.dataset
    if not fragment.deterministic:
        document["deterministic"] = False
    if len(fragment.inputs) != len(datasets):
        document["inputs"] = len(fragment.inputs)
    if fragment.columns != _declared(columns):
        document["columns"] = [{"name": n, "type": t, "nullable": nullable} for n, t, nullable in fragment.columns]
    return document


def _declared(columns: Sequence[Column]) -> tuple[tuple[str, str, bool], ...]:
    return tuple((column.name, column.type, column.nullable) for column in columns)


def of_document(document: PlanOutput, columns: Sequence[Column]) -> Fragment:
    """The inverse of :func:`to_document`. Raises ValueError or KeyError for a document of another shape."""
    datasets, what = document.datasets, f"the plan of {document.output}"
    written = document.columns
    # Made, and with that checked, when they are used. Columns that are those of the dataset are checked already.
    definitions = Lazily(lambda: _of_definitions(document), what)
    row_operators = Lazily(lambda: _of_operators(document), what)
    notes = Lazily(lambda: shapes.of_notes(document.notes), what)
    declared = Lazily(lambda: _declared(columns), what) if written is None else _of_columns(written)
    return Fragment(
        dataset=document.output if document.dataset is None else document.dataset,
        columns=cast("tuple[tuple[str, str, bool], ...]", declared),
        plan_hash=document.hash,
        operators=document.operators,
        plan_text=document.text,
        deterministic=document.deterministic,
        nondeterminism=document.nondeterminism,
        inputs=tuple(datasets if document.inputs is None else datasets[: document.inputs]),
        sources=tuple(map(of_storage_document, document.sources)),
        opaque=document.opaque,
        definitions=cast("tuple[ColumnDefinition, ...]", definitions),
        indirect=tuple(_of_input(use, datasets) for use in document.indirect),
        sample_key=document.sample_key,
        covers=document.covers,
        row_operators=cast("tuple[RowOperator, ...]", row_operators),
        notes=cast("tuple[ColumnNote, ...]", notes),
    )


def _of_columns(documents: Sequence[Document]) -> tuple[tuple[str, str, bool], ...]:
    from msgspec import convert  # for readers only

    listed = [(column["name"], column["type"], column["nullable"]) for column in documents]
    return convert(listed, tuple[tuple[str, str, bool], ...])


def _of_definitions(document: PlanOutput) -> tuple[ColumnDefinition, ...]:
    return tuple(_of_definition(definition, document.datasets) for definition in document.definitions)


def _operator(operator: RowOperator, numbers: Mapping[str, int]) -> Document:
    deciding = [_definition(definition, numbers) for definition in operator.deciding]
    return shapes.operator_document(operator) | ({"deciding": deciding} if deciding else {})


def _of_operators(document: PlanOutput) -> tuple[RowOperator, ...]:
    def deciding(operator: Document) -> tuple[ColumnDefinition, ...]:
        return tuple(_of_definition(definition, document.datasets) for definition in operator.get("deciding", ()))

    return tuple(
        replace(operator, deciding=deciding(of))
        for operator, of in zip(shapes.of_operators(document.row_operators), document.row_operators, strict=True)
    )


def storage_document(storage: Storage) -> Document:
    return present(
        {
            "namespace": storage.namespace,
            "name": storage.name,
            "format": storage.format,
            "version": storage.version,
            "table": storage.table,
            "columns": [{"name": name, "type": type_} for name, type_ in storage.columns],
            "part": storage.part,
        }
    )


def of_storage_document(document: Document) -> Storage:
    """Raises ValueError if something is missing or of another type than it must be."""
    from msgspec import convert

    columns = [(column["name"], column["type"]) for column in document["columns"]]
    return convert({**document, "columns": columns}, Storage)


def _mentioned(fragment: Fragment) -> list[str]:
    deciding = [definition for operator in fragment.row_operators for definition in operator.deciding]
    uses = [use for definition in (*fragment.definitions, *deciding) for use in definition.inputs]
    return [use.dataset for use in (*uses, *fragment.indirect)]


def _definition(definition: ColumnDefinition, numbers: Mapping[str, int]) -> Document | str:
    """Most columns are passed on unchanged from the first dataset: such a one is written as its name alone."""
    if definition == _passed_on(definition.column, next(iter(numbers), "")):
        return definition.column
    document: Document = {"column": definition.column, "inputs": [_input(use, numbers) for use in definition.inputs]}
    if definition.expression != definition.column:
        document["expression"] = definition.expression
    if not definition.followed:
        document["followed"] = False
    return document


def _passed_on(column: str, dataset: str) -> ColumnDefinition:
    return ColumnDefinition(column, column, (ColumnInput(dataset, column, "DIRECT", "IDENTITY"),))


def _of_definition(document: Document | str, datasets: list[str]) -> ColumnDefinition:
    from msgspec import convert

    if isinstance(document, str):
        return _passed_on(document, datasets[0])
    inputs = tuple(_of_input(use, datasets) for use in document["inputs"])
    expression = document.get("expression", document["column"])
    made = {"column": document["column"], "expression": expression, "inputs": inputs}
    return convert({**made, "followed": document.get("followed", True)}, ColumnDefinition)


def _input(use: ColumnInput, numbers: Mapping[str, int]) -> Document:
    document: Document = {"dataset": numbers[use.dataset], "column": use.column, "subtype": use.subtype}
    if use.kind != "DIRECT":
        document["kind"] = use.kind
    if use.masking:
        document["masking"] = True
    return document


def _of_input(document: Document, datasets: list[str]) -> ColumnInput:
    from msgspec import convert

    return convert({"kind": "DIRECT", **document, "dataset": datasets[document["dataset"]]}, ColumnInput)
