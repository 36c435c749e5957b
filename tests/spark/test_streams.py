"""Streams, one after the other: whose batches are whose, where they go, and what they are made from."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """\
import os, shutil
from pyspark.sql import SparkSession
os.makedirs("in_s", exist_ok=True); open("in_s/f.txt", "w").write("a\\nb\\n")
spark = SparkSession.builder.master("local[1]").config("spark.sql.shuffle.partitions", 1).getOrCreate()

def source(): return spark.readStream.text("in_s")
def write_a(batch, n): batch.write.mode("append").parquet("out_s/a")
def write_b(batch, n): batch.write.mode("append").parquet("out_s/b")
def a_query(df): df.writeStream.foreachBatch(write_a).option("checkpointLocation", "cps/a").trigger(availableNow=True).start().awaitTermination()
def b_query(df): df.writeStream.foreachBatch(write_b).option("checkpointLocation", "cps/b").trigger(availableNow=True).start().awaitTermination()
def c_query(df): df.writeStream.format("parquet").option("checkpointLocation", "cps/c").trigger(availableNow=True).start("out_s/c").awaitTermination()

s = source()
a_query(s)
b_query(s)
c_query(s)
print(spark.read.parquet("out_s/c").count())
"""  # noqa: E501  as people write them

pytestmark = [pytest.mark.wide, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("streams")
    (folder / "streams.py").write_text(PROGRAM)
    done = _run(folder, "run", "streams.py")
    assert (done.returncode, done.stdout) == (0, "2\n"), done.stderr[-5000:]
    return folder


def _run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "SPARK_LOCAL_IP": "127.0.0.1"}
    command = [sys.executable, "-m", "spark_lineage", *words]
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=500)


@pytest.fixture(scope="module")
def shown(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(_run(folder, "show", "--json").stdout)
    return document


def test_a_function_belongs_to_the_query_that_calls_it(shown: dict[str, Any]) -> None:
    steps = {step["step"] for step in shown["steps"]}
    assert {"streams.a_query.write_a", "streams.b_query.write_b"} <= steps
    assert "streams.a_query.write_b" not in steps


def test_what_streams_write_is_a_sink_of_the_program(shown: dict[str, Any]) -> None:
    sinks = {Path(each["id"]).name: each["step"] for each in shown["datasets"] if each["kind"] == "sink"}
    assert sinks == {"a": "streams.a_query.write_a", "b": "streams.b_query.write_b", "c": "streams.c_query"}
    sources = [Path(each["id"]).name for each in shown["datasets"] if each["kind"] == "source"]
    assert sources == ["in_s"]
    assert not [gap for gap in shown["gaps"] if gap["what"] in ("sink", "column_lineage")]


def test_each_sink_stands_on_the_source_of_its_stream(folder: Path) -> None:
    (journal,) = (folder / "lineage" / "runs").glob("*/events.jsonl")
    facets = [json.loads(line)["job"].get("facets", {}).get("lineage") for line in journal.read_text().splitlines()]
    entries = {Path(entry["name"]).name: entry for facet in facets if facet for entry in facet["entries"]}
    for sink in ("a", "b", "c"):
        assert [Path(each["name"]).name for each in entries[sink]["inputs"]] == ["in_s"]
        assert [each["field"] for each in entries[sink]["fields"]["value"]["inputs"]] == ["value"]
