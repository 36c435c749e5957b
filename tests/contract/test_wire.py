"""The Python side of the wire contract; ``WireSuite.scala`` is the Scala side of the same golden files."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import jsonschema
import pytest

from spark_lineage import model
from spark_lineage.jvm import records

WIRE = Path(__file__).parent / "wire"
SCHEMA = json.loads((Path(records.__file__).parent / "wire.schema.json").read_text(encoding="utf-8"))
GOLDEN = sorted(WIRE.glob("*.json"))
TYPES = {
    "application": model.SparkStarted,
    "fragment": model.Fragment,
    "probe": model.Probed,
    "execution": model.Execution,
    "gap": model.JvmGap,
}
MADE_LATER = {"batches"}  # by the graph, of several executions


def golden(name: str) -> model.Observation:
    return records.decode((WIRE / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", GOLDEN, ids=lambda file: file.stem)
def test_golden_file_is_valid_and_decodes(file: Path) -> None:
    line = file.read_text(encoding="utf-8").strip()
    document = json.loads(line)
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    observation = records.decode(line)
    assert type(observation) is TYPES[document["kind"]]
    fields = {f.name for f in dataclasses.fields(observation)}
    # Every property of the document has its field: nothing is lost on the way.
    assert set(document) - {"kind"} == fields - MADE_LATER


def test_every_kind_has_a_golden_file() -> None:
    kinds = {json.loads(file.read_text(encoding="utf-8"))["kind"] for file in GOLDEN}
    defined = {SCHEMA["$defs"][ref["$ref"].rsplit("/", 1)[1]]["properties"]["kind"]["const"] for ref in SCHEMA["oneOf"]}
    assert kinds == defined == set(TYPES)


def test_every_subtype_has_a_golden_use() -> None:
    fragment = golden("fragment")
    assert isinstance(fragment, model.Fragment)
    used = {i.subtype for i in fragment.indirect} | {i.subtype for d in fragment.definitions for i in d.inputs}
    assert used == set(SCHEMA["$defs"]["input"]["properties"]["subtype"]["enum"])


def test_values_arrive() -> None:
    execution = golden("execution")
    assert isinstance(execution, model.Execution)
    assert execution.execution == 4 and execution.outcome is model.Outcome.COMPLETE
    assert execution.metrics["rows_written"] == 5_000_000_000
    storage, mode, dataset = execution.sinks[0]
    assert (storage.namespace, storage.name, mode, dataset) == ("file", "/data/out", "overwrite", "d5")
    assert execution.changed == model.ChangedRows(inserted=3, updated=0, deleted=None, copied=7)
    failed = golden("execution-failed")
    assert isinstance(failed, model.Execution) and failed.changed is None
    probe = golden("probe")
    assert isinstance(probe, model.Probed) and probe.sample is not None
    assert probe.sample.rows == (("1", None), ("2", "2.5"))
    assert probe.columns[1].sum is not None and math.isnan(probe.columns[1].sum)
    assert probe.columns[1].sum_squares == 1e300
    assert str(probe.columns[1].signed_sum) == "-0.0"
    assert probe.columns[0].sum is None
    odd = golden("gap-odd-text")
    assert isinstance(odd, model.JvmGap)
    assert odd.why == 'nul \ufffd, lone \ufffd, pair \U0001f600, line\nbreak, "quote", \u2028, é'
    odd.why.encode("utf-8")


def test_fragment_arrives() -> None:
    fragment = golden("fragment")
    assert isinstance(fragment, model.Fragment)
    assert fragment.columns[0] == ("id", "bigint", False)
    assert fragment.sources[0].columns == (("id", "bigint"), ("price", "decimal(10,2)"))
    assert fragment.definitions[1].inputs[0] == model.ColumnInput("source:0", "price", "DIRECT", "AGGREGATION", True)


@pytest.mark.parametrize("line", ["", "[]", "{}", '{"kind":"other"}', '{"kind":"gap"}', "nonsense", "null"])
def test_what_is_not_a_record_says_so(line: str) -> None:
    with pytest.raises(records.UnknownRecord):
        records.decode(line)
