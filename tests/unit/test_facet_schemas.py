"""What our facets hold is declared once: schemas are made from it, and no property of the graph gets lost."""

from __future__ import annotations

import importlib.util
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from spark_lineage import model
from spark_lineage.events import content, structs
from spark_lineage.events.content import dataset as of_dataset
from spark_lineage.events.content import run as of_run
from spark_lineage.events.content.declaring import camel, is_of_earlier, types

ROOT = Path(__file__).parents[2]


def script() -> Any:
    spec = importlib.util.spec_from_file_location("facet_schemas", ROOT / "project" / "facet_schemas.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_schemas_are_those_of_the_declarations() -> None:
    written = dict(script().written())
    assert len(written) == len(content.RUN) + len(content.DATASET) - 1, "all but the plan's"
    for name, text in written.items():
        file = ROOT / "spark_lineage" / "events" / "schemas" / name
        assert file.read_text("utf-8") == text, "run: python project/facet_schemas.py"


# What a class of the graph has, and the content declared for it does not call the same, with where it is told.
ELSEWHERE = {
    model.Dataset: {
        "name": "the event's dataset", "namespace": "the event's dataset", "columns": "schema, not_null, Fingerprint",
        "rows": "Fingerprint.row_count", "fingerprint": "Fingerprint.rows", "sample": "Sample, samples.jsonl",
        "storage": "format, version, table, files, stored_columns", "fragment": "Plan",
    },
    model.Step: {
        "parent": "parent_step, parent_call", "error": "errorMessage", "executions": "Execution",
        "source": "sourceCode", "doc": "documentation", "arguments": "executionParameters", "streaming": "jobType",
    },
    model.Run: {
        "id": "the event's run", "error": "errorMessage", "links": "open_telemetry, mlflow", "parent": "parent",
        "root": "parent",
    },
    model.Execution: {"sources": "datasets", "sinks": "datasets", "changed": "Dataset.changed"},
    model.CheckResult: {"dataset": "the dataset that has it", "details": "nowhere: sampled values stay out of events"},
    model.Storage: {
        "namespace": "the event's dataset", "name": "the event's dataset", "columns": "schema",
        "rows": "Fingerprint.row_count of the source",
        "without_nulls": "nowhere: it decides which datasets are complete",
    },
    model.Partial: {"columns": "declared, nulls, fingerprints, sketches"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("graph", "declared"),
    [
        (model.Dataset, of_dataset.Dataset), (model.Step, of_run.Call), (model.Run, of_run.Context),
        (model.Execution, of_run.Executed), (model.CheckResult, of_dataset.Check), (model.Gap, of_run.Gap),
        (model.Storage, of_dataset.Dataset), (model.Partial, of_dataset.Partial),
        (model.RuleAnswer, of_dataset.RuleAnswer), (model.SparkStarted, of_run.Spark),
        (model.RepositorySeen, of_run.Repository),
    ],
)  # fmt: skip
def test_every_property_of_the_graph_is_told(graph: Any, declared: Any) -> None:
    """A new property of the graph is declared under its name, or said here to be told elsewhere."""
    properties = {field.name for field in fields(graph)}
    assert properties - set(types(declared)) == set(ELSEWHERE.get(graph, ())) - set(types(declared))
    assert set(ELSEWHERE.get(graph, ())) <= properties


@pytest.mark.parametrize("declared", [*content.RUN, *content.DATASET])
def test_names_in_events_are_the_parsers(declared: Any) -> None:
    parsed = {field.name: field.encode_name for field in structs.msgspec.structs.fields(structs.struct(declared))}
    assert parsed == {field.name: camel(field.name) for field in fields(declared)}


def test_only_what_an_earlier_format_had_is_in_no_schema() -> None:
    earlier = {
        (kind.__name__, name)
        for kind in (*content.RUN, *content.DATASET, of_dataset.Partial)
        for name, type_ in types(kind).items()
        if is_of_earlier(type_)
    }
    assert earlier == {("Fingerprint", "columns"), ("Partial", "columns")}
