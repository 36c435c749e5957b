"""The queries of the README run as they stand there, on the record of real runs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from program_runs import observed

import spark_lineage
from spark_lineage.cli.commands import main
from spark_lineage.model import Freshness

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
DELTA_JARS = sorted((ROOT / "examples" / "flights" / "jars").glob("*.jar"))

PROGRAM = """\
import sys
from pyspark.sql import SparkSession, functions as F

def positive(orders):
    return orders.filter("amount > " + sys.argv[1])

def with_customer(orders, customers):
    return orders.join(customers, "customer", "left")

def in_capitals(orders):
    return orders.withColumn("land", F.upper("country"))

spark = SparkSession.builder.master("local[2]").getOrCreate()
orders = spark.range(100).select((F.col("id") % 7).alias("customer"), (F.col("id") % 11 - 2).alias("amount"))
customers = spark.createDataFrame([(n, "NL") for n in range(5)], "customer long, country string")
print(len(in_capitals(with_customer(positive(orders), customers)).collect()))
"""


def block(name: str, language: str) -> str:
    found = re.search(rf"<!-- query: {name} -->\n```{language}\n(.*?)```", README, re.DOTALL)
    assert found is not None, f"README.md has no query {name}"
    return found.group(1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, warm_jvms) -> Path:
    """Two runs of job.py on different data, and the record of both."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / "job.py").write_text(PROGRAM)
    for limit in ("0", "3"):
        observed(Path("job.py"), folder, limit, jvm=warm_jvms.observing).succeeded()
    return folder


def run(folder: Path, code: str) -> str:
    env = {**os.environ, "SPARK_CONF_DIR": str(folder / "conf")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=env, capture_output=True, text=True, timeout=280
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(not DELTA_JARS, reason="make demo puts Delta Lake's jars into examples/flights/jars")
def test_rows_in_and_out_of_each_function(folder):
    pytest.importorskip("delta")
    session = f"""
from pyspark.sql import SparkSession
spark = (
    SparkSession.builder.master("local[2]").config("spark.jars", {",".join(map(str, DELTA_JARS))!r})
    .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
    .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
    .config("spark.databricks.delta.snapshotPartitions", "1").config("spark.sql.shuffle.partitions", "1").getOrCreate()
)
{block("spark", "python")}
"""
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in run(folder, session).splitlines() if "|" in line
    ]
    assert rows[0] == ["function", "run_started_at", "call", "rows_in", "rows_out"]
    assert [row[0] for row in rows[1:]] == [name for name in ("in_capitals", "positive", "with_customer") for _ in "12"]
    assert rows[3][3] == rows[4][3] == "100", "both runs read the same orders"
    assert rows[3][4] != rows[4][4], "and kept other ones"


def test_nulls_that_a_step_brought_in(folder):
    pytest.importorskip("duckdb")
    out = run(folder, block("duckdb", "python"))
    assert "with_customer" in out
    assert "country" in out
    assert "in_capitals" not in out, "it passes on those that were there"


def test_content_that_differs_between_two_runs(folder):
    pytest.importorskip("pandas")
    out = run(folder, block("pandas", "python"))
    assert "positive" in out
    assert "orders" not in out.split(), "the input is the same"


def test_the_record_in_python(folder):
    out = run(folder, block("api", "python"))
    last = spark_lineage.store(folder / "lineage").run()
    assert [(Path(file.file).name, bool(file.source_hash)) for file in last.graph.run.files] == [("job.py", True)]
    assert last.freshness == Freshness()
    assert re.search(r"^positive \d+ None \{'customer': 0, 'amount': 0\}$", out, re.MULTILINE), out


def test_commands_of_the_readme_exist():
    from spark_lineage.cli.commands import COMMANDS

    assert set(re.findall(r"spark-lineage ([a-z]+)", README)) <= set(COMMANDS)


READERS = [["show", "--json"], ["show"], ["runs"], ["verify"], ["history", "positive"], ["diff"],
           ["explain", "positive.amount"]]  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
@pytest.mark.bad_events
def test_a_damaged_copy_of_the_record_is_read_or_refused_in_one_sentence(folder, tmp_path, capsys, data) -> None:
    """Random bytes in the files of a real run, with its chain and without: no reader ever shows a traceback."""
    store = tmp_path / "copy"
    shutil.rmtree(store, ignore_errors=True)
    shutil.copytree(folder / "lineage" / "runs", store / "runs")
    last = max((store / "runs").iterdir())
    path = last / data.draw(st.sampled_from(["events.jsonl", "chain.jsonl", "samples.jsonl"]))
    content = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at : at + data.draw(st.integers(0, 200))] = data.draw(st.binary(max_size=20))
    path.write_bytes(content)
    if data.draw(st.booleans()):
        (last / "chain.jsonl").unlink(missing_ok=True)
    for words in READERS:
        try:
            status = main([*words, "--store", str(store)])
        except SystemExit as done:
            status = int(done.code or 0)
        said = capsys.readouterr().err.splitlines()
        assert status in ((0, 1, 2) if words[0] in ("verify", "diff") else (0, 2)), words
        assert len(said) <= 1, said
