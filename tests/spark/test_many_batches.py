"""Streams of many batches: what is kept of them, in the store and while they run, and where each of their sinks is."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from spark_lineage.graph.batches import FIRST, LAST

ROOT = Path(__file__).resolve().parents[2]
JARS = ROOT / "examples" / "flights" / "jars"
PROGRAM = """\
import sys
from pyspark.sql import SparkSession, functions as F
spark = (SparkSession.builder.master("local[1]").config("spark.sql.shuffle.partitions", 1)
    .config("spark.ui.enabled", "false").config("spark.driver.extraClassPath", "JARS/*")
    .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
    .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog").getOrCreate())

def read(): return spark.readStream.option("maxFilesPerTrigger", 1).text("in")
def double(df): return df.withColumn("twice", F.col("value") * 2)
def ready(writer, name): return writer.option("checkpointLocation", "cp/" + name).trigger(availableNow=True)
def to_file(df): ready(df.writeStream.format("parquet"), "file").start("out/file").awaitTermination()
def to_delta(df): ready(df.writeStream.format("delta"), "delta").start("out/delta").awaitTermination()
def to_table(df): ready(df.writeStream.format("parquet"), "table").toTable("streamed").awaitTermination()
def to_delta_table(df): ready(df.writeStream.format("delta"), "delta_table").toTable("of_delta").awaitTermination()
def to_memory(df): ready(df.writeStream.format("memory").queryName("kept"), "memory").start().awaitTermination()
def to_console(df): ready(df.writeStream.format("console"), "console").start().awaitTermination()
def to_noop(df): ready(df.writeStream.format("noop"), "noop").start().awaitTermination()
def each_row(df): ready(df.writeStream.foreach(print), "row").start().awaitTermination()
def write_a(batch): batch.write.mode("append").parquet("out/a")
def write_b(batch): batch.groupBy("value").count().write.mode("append").csv("out/b")
def both(batch, number):
    write_a(batch)
    write_b(batch)
def to_both(df): ready(df.writeStream.foreachBatch(both), "both").start().awaitTermination()
def merge(batch, number):
    batch.createOrReplaceTempView("updates")
    batch.sparkSession.sql(
        "MERGE INTO of_delta t USING updates s ON t.value = s.value WHEN MATCHED THEN UPDATE SET twice = s.twice + 1"
    )
def to_merge(df): ready(df.writeStream.foreachBatch(merge), "merge").start().awaitTermination()

stream = double(read())
for name in sys.argv[1:]:
    globals()[name](stream)
if "to_memory" in sys.argv:
    kept = spark.table("kept").filter("twice > 0")
    kept.write.mode("overwrite").parquet("out/kept")
print("done")
""".replace("JARS", str(JARS))

pytestmark = [pytest.mark.wide, pytest.mark.timeout(900)]


def files(folder: Path, begin: int, end: int) -> None:
    (folder / "in").mkdir(exist_ok=True)
    for number in range(begin, end):
        (folder / "in" / f"{number:05}.txt").write_text(f"{number}\n")
        os.utime(folder / "in" / f"{number:05}.txt", (1_700_000_000 + number,) * 2)


def begun(folder: Path, *names: str) -> subprocess.Popen[str]:
    (folder / "many.py").write_text(PROGRAM)
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_LINEAGE__STRICT": "true"}
    with (folder / "err").open("w") as err:
        return subprocess.Popen(
            [sys.executable, "-m", "spark_lineage", "run", "many.py", *names],
            cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=err, text=True,
        )  # fmt: skip


def run(folder: Path, *names: str) -> list[int]:
    """Runs the program to its end; the sizes of the write-ahead file while it ran."""
    program, sizes = begun(folder, *names), []
    while program.poll() is None:
        sizes += [file.stat().st_size for file in (folder / "lineage" / "runs").glob("*/observations.jsonl")]
        time.sleep(0.5)
    said = program.stdout.read() if program.stdout is not None else ""
    assert program.returncode == 0 and said.endswith("done\n"), (folder / "err").read_text()[-5000:]
    return sizes


def shown(folder: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "spark_lineage", "show", "--json"],
        cwd=folder, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def executions(document: dict[str, Any], step: str) -> list[dict[str, Any]]:
    return [each for found in document["steps"] if found["step"] == step for each in found["executions"]]


def gaps(document: dict[str, Any], what: str) -> list[tuple[str, str]]:
    return [(gap["step"], gap["why"]) for gap in document["gaps"] if gap["what"] == what]


@pytest.mark.parametrize("batches", [60, pytest.param(500, marks=pytest.mark.slow)])
def test_few_batches_are_kept_of_many_and_a_restart_goes_on(tmp_path: Path, batches: int) -> None:
    files(tmp_path, 0, batches)
    sizes = run(tmp_path, "to_file")
    assert max(sizes) < 80_000  # a batch alone takes 1,000
    of_first = shown(tmp_path)
    found = executions(of_first, "many.to_file")
    assert [each["batches"] for each in found if each["batches"] > 1] == [batches - FIRST - LAST]
    assert sum(each["batches"] for each in found) == batches
    assert sum(each["metrics"]["rows_written"] for each in found) == batches
    files(tmp_path, batches, batches + 3)
    run(tmp_path, "to_file")
    of_second = shown(tmp_path)
    assert of_second["run"]["app"] == of_first["run"]["app"]
    assert {each["step"] for each in of_second["steps"]} == {each["step"] for each in of_first["steps"]}
    numbers = [each["description"].rpartition(" = ")[2] for each in executions(of_second, "many.to_file")]
    assert numbers == [str(batches + n) for n in range(3)]


def test_a_killed_driver_leaves_its_batches(tmp_path: Path) -> None:
    files(tmp_path, 0, 400)
    program = begun(tmp_path, "to_file")
    log = tmp_path / "cp" / "file" / "commits"
    while program.poll() is None and len(list(log.glob("[0-9]*"))) < 40:
        time.sleep(0.2)
    committed = len(list(log.glob("[0-9]*")))
    time.sleep(2.5)
    program.send_signal(signal.SIGKILL)
    program.wait()
    document = shown(tmp_path)
    assert document["run"]["outcome"] in ("abort", "running")
    found = executions(document, "many.to_file")
    assert sum(each["batches"] for each in found) >= committed
    assert len(found) <= FIRST + LAST + 1


def test_calls_for_later_batches_are_told_as_sums(tmp_path: Path) -> None:
    files(tmp_path, 0, 50)
    sizes = run(tmp_path, "to_both")
    assert max(sizes) < 400_000
    document = shown(tmp_path)
    steps = [each["step"] for each in document["steps"]]
    assert steps.count("many.to_both.both.write_a") == steps.count("many.to_both.both.write_b") == 20
    assert sum(each["batches"] for each in executions(document, "many.to_both.both.write_a")) == 50
    sinks = {
        (each["step"], Path(each["id"].partition("~")[0]).name)
        for each in document["datasets"]
        if each["kind"] == "sink"
    }
    assert sinks == {("many.to_both.both.write_a", "a"), ("many.to_both.both.write_b", "b")}
    assert gaps(document, "calls of both") and not gaps(document, "sink")


def test_each_sink_of_a_stream_is_named(tmp_path: Path) -> None:
    files(tmp_path, 0, 2)
    run(
        tmp_path, "to_file", "to_delta", "to_table", "to_delta_table", "to_memory", "to_console", "to_noop", "each_row",
        "to_merge",
    )  # fmt: skip
    document = shown(tmp_path)
    sinks = {each["step"]: Path(each["id"]).name for each in document["datasets"] if each["kind"] == "sink"}
    named = {"to_file": "file", "to_delta": "delta", "to_table": "streamed", "to_delta_table": "of_delta"}
    for step, name in {**named, "to_memory": "kept", "write_kept": "kept"}.items():
        assert sinks.get(f"many.{step}", "").partition("~")[0] == name, sinks
    assert not {"many.to_console", "many.to_noop", "many.each_row"} & set(sinks)
    without = dict(gaps(document, "sink"))
    assert set(without) == {"many.to_console", "many.to_noop", "many.each_row"}
    assert "console keeps nothing" in without["many.to_console"]
    assert "of_delta" in sinks["many.to_merge.merge"]
