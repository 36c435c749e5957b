"""Plan fragments as plain documents and back. Inputs are numbered: a name is written once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spark_lineage.model import ColumnDefinition, ColumnInput, Fragment, Storage

Document = dict[str, Any]


def to_document(output: str, fragment: Fragment) -> Document:
    datasets = list(dict.fromkeys([*fragment.inputs, *_mentioned(fragment)]))
    numbers = {dataset: number for number, dataset in enumerate(datasets)}
    return {
        "output": output,
        "dataset": fragment.dataset,
        "hash": fragment.plan_hash,
        "operators": list(fragment.operators),
        "text": fragment.plan_text,
        "deterministic": fragment.deterministic,
        "nondeterminism": list(fragment.nondeterminism),
        "datasets": datasets,
        "inputs": len(fragment.inputs),
        "sources": [storage_document(each) for each in fragment.sources],
        "opaque": list(fragment.opaque),
        "sampleKey": list(fragment.sample_key),
        "columns": [{"name": n, "type": t, "nullable": nullable} for n, t, nullable in fragment.columns],
        "definitions": [_definition(each, numbers) for each in fragment.definitions],
        "indirect": [_input(each, numbers) for each in fragment.indirect],
    }


def of_document(document: Mapping[str, Any]) -> Fragment:
    datasets = document["datasets"]
    return Fragment(
        dataset=document["dataset"],
        columns=tuple((each["name"], each["type"], each["nullable"]) for each in document["columns"]),
        plan_hash=document["hash"],
        operators=tuple(document["operators"]),
        plan_text=document["text"],
        deterministic=document["deterministic"],
        nondeterminism=tuple(document["nondeterminism"]),
        inputs=tuple(datasets[: document["inputs"]]),
        sources=tuple(of_storage_document(each) for each in document["sources"]),
        opaque=tuple(document["opaque"]),
        definitions=tuple(
            ColumnDefinition(
                each["column"],
                each.get("expression", each["column"]),
                tuple(_of_input(one, datasets) for one in each["inputs"]),
            )
            for each in document["definitions"]
        ),
        indirect=tuple(_of_input(each, datasets) for each in document["indirect"]),
        sample_key=tuple(document["sampleKey"]),
    )


def storage_document(storage: Storage) -> Document:
    return {
        "namespace": storage.namespace,
        "name": storage.name,
        "format": storage.format,
        "version": storage.version,
        "table": storage.table,
        "columns": [{"name": name, "type": type_} for name, type_ in storage.columns],
    }


def of_storage_document(document: Mapping[str, Any]) -> Storage:
    columns = tuple((each["name"], each["type"]) for each in document["columns"])
    return Storage(
        namespace=document["namespace"],
        name=document["name"],
        format=document.get("format"),
        version=document.get("version"),
        table=document.get("table"),
        columns=columns,
    )


def _mentioned(fragment: Fragment) -> list[str]:
    return [each.dataset for definition in fragment.definitions for each in definition.inputs] + [
        each.dataset for each in fragment.indirect
    ]


def _definition(definition: ColumnDefinition, numbers: Mapping[str, int]) -> Document:
    document: Document = {"column": definition.column, "inputs": [_input(each, numbers) for each in definition.inputs]}
    if definition.expression != definition.column:
        document["expression"] = definition.expression
    return document


def _input(each: ColumnInput, numbers: Mapping[str, int]) -> Document:
    document: Document = {"dataset": numbers[each.dataset], "column": each.column, "subtype": each.subtype}
    if each.kind != "DIRECT":
        document["kind"] = each.kind
    if each.masking:
        document["masking"] = True
    return document


def _of_input(document: Mapping[str, Any], datasets: list[str]) -> ColumnInput:
    return ColumnInput(
        datasets[document["dataset"]],
        document["column"],
        document.get("kind", "DIRECT"),
        document["subtype"],
        document.get("masking", False),
    )
