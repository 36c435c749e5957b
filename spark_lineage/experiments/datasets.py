"""Datasets as MLflow logs them: name, digest, source, schema and profile. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from spark_lineage.model import Column, Dataset, LineageGraph, fingerprints

LONGEST_DIGEST = 36  # characters that MLflow keeps
LONGEST_NAME = 500
MOST_COLUMNS = 500
# MLflow's types, by the first word of a type as Spark's DDL or pandas writes it.
TYPES = {
    "boolean": "boolean", "bool": "boolean", "tinyint": "integer", "smallint": "integer", "int": "integer",
    "int8": "integer", "int16": "integer", "int32": "integer", "uint8": "integer", "uint16": "integer",
    "bigint": "long", "int64": "long", "uint32": "long", "float": "float", "float32": "float", "double": "double",
    "float64": "double", "string": "string", "object": "string", "str": "string", "varchar": "string",
    "char": "string", "binary": "binary", "date": "datetime", "timestamp": "datetime", "timestamp_ntz": "datetime",
    "datetime64": "datetime",
}  # fmt: skip


def trained_on(graph: LineageGraph, mlflow_run: str) -> list[Dataset]:
    """What the models of one MLflow run were fitted on, each once; other models among that are no data."""
    known = {dataset.id: dataset for dataset in graph.datasets}
    found: dict[str, Dataset] = {}
    for model in graph.datasets:
        if model.mlflow_run == mlflow_run and model.fragment is not None:
            inputs = (known[name] for name in model.fragment.inputs if name in known)
            found.update({dataset.id: dataset for dataset in inputs if dataset.kind.value != "model"})
    return list(found.values())


def digest(dataset: Dataset, run: str) -> str:
    """The fingerprint of whole rows, without the name of its algorithm; the run's id where that is not known."""
    of_all = fingerprints.whole(dataset.fingerprint)
    return (of_all.partition(":")[2] if of_all else run)[:LONGEST_DIGEST]


def source(graph: LineageGraph, dataset: Dataset) -> str:
    """MLflow's own kind of source for what a program made; the tags say where in the record it stands."""
    storage = dataset.storage
    tags = {
        "mlflow.source.name": graph.run.program,
        "spark_lineage.run_id": graph.run.id,
        "spark_lineage.dataset": dataset.id,
        "spark_lineage.step": dataset.step,
        "spark_lineage.location": f"{storage.namespace}/{storage.name}" if storage is not None else None,
    }
    return json.dumps({"tags": {name: value for name, value in tags.items() if value is not None}})


def schema(dataset: Dataset) -> str | None:
    """None where MLflow has no word for a type: the profile has them all."""
    columns = [_column(column) for column in dataset.columns]
    if not columns or len(columns) > MOST_COLUMNS or any(column["type"] is None for column in columns):
        return None
    return json.dumps({"mlflow_colspec": columns})


def _column(column: Column) -> dict[str, Any]:
    word = re.match(r"\w+", column.type.lower())
    return {"type": TYPES.get(word[0]) if word else None, "name": column.name, "required": not column.nullable}


def profile(dataset: Dataset) -> str:
    return json.dumps(dict(_profile(dataset)))


def _profile(dataset: Dataset) -> Iterator[tuple[str, Any]]:
    if dataset.rows is not None:
        yield "num_rows", dataset.rows
    if dataset.fingerprint is not None:
        yield "fingerprint", dataset.fingerprint
    if dataset.reason is not None:
        yield "not_all_rows_seen", dataset.reason
    if dataset.columns:
        yield "columns", {column.name: column.type for column in dataset.columns[:MOST_COLUMNS]}
        nulls = {column.name: column.nulls for column in dataset.columns[:MOST_COLUMNS] if column.nulls is not None}
        if nulls:
            yield "nulls", nulls
