"""The example: an ordinary program, and what the record says of it against the tables themselves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

ROOT = Path(__file__).resolve().parents[2]
FLIGHTS = ROOT / "examples" / "flights"
pytestmark = pytest.mark.skipif(
    not (FLIGHTS / "data" / "flights.parquet").is_file() or not list((FLIGHTS / "jars").glob("*.jar")),
    reason="make demo (or make test) prepares the data and Delta Lake's jars",
)


def test_it_is_an_ordinary_program():
    text = (FLIGHTS / "job.py").read_text()
    assert "lineage" not in text
    assert text.count("\ndef ") >= 8


def test_the_record_agrees_with_the_tables(tmp_path):
    env = {**os.environ, "PYTHONPATH": str(ROOT), "SPARK_LOCAL_IP": "127.0.0.1"}
    ours = [sys.executable, "-m", "spark_lineage"]
    words = ["run", "--mode", "exact", "--store", str(tmp_path / "store"), str(FLIGHTS / "job.py")]
    done = subprocess.run(
        [*ours, *words, str(FLIGHTS / "data"), str(tmp_path / "out")],
        cwd=tmp_path, env=env, capture_output=True, text=True, timeout=290,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    assert done.stdout.startswith("Minutes of delay made up per hour in the air")
    shown = subprocess.run(
        [*ours, "show", "last", "--json", "--store", str(tmp_path / "store")],
        env=env, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    record = json.loads(shown.stdout)
    rows = {each["name"]: each["rows"] for each in record["datasets"] if each["kind"] == "interim" and each["complete"]}

    flights = pq.read_table(FLIGHTS / "data" / "flights.parquet")
    cancelled = pc.or_(
        pc.is_null(flights["dep_delay"]), pc.or_(pc.is_null(flights["arr_delay"]), pc.is_null(flights["air_time"]))
    )
    assert rows["flights"] == flights.num_rows
    assert rows["drop_cancelled"] == rows["join_airlines"] == flights.num_rows - pc.sum(cancelled).as_py()
    assert rows["gain_by_airline"] == len(pq.read_table(tmp_path / "out" / "airline_gain"))
    functions = {step["function"] for step in record["steps"] if step["kind"] == "function"}
    assert len(functions) >= 8
    assert {step["kind"] for step in record["steps"]} >= {"application", "function", "statement"}
    assert record["run"]["outcome"] == "complete"
