"""What is held does not grow with the length of a session: counted in a real one, object by object."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from program_runs import environment, finish, observed_command, start

from spark_lineage.store import Store

pytestmark = pytest.mark.wide

COUNTING = """
import gc, json, sys
from pathlib import Path
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from spark_lineage import agent as agents
from spark_lineage.capture.following import python_data
from spark_lineage.capture.following.latest import Latest


def make(rows, number):
    return rows.withColumn("more", F.col("id") + number)


def keep(rows, number):
    return rows.filter(F.col("more") % 3 != number % 3)


def count(rows):
    return rows.count()


def held():
    agent = agents.current()
    agent._jvm.settle()
    agent.flush()
    gc.collect()
    ours = [each for each in gc.get_objects() if str(type(each).__module__).startswith("spark_lineage")]
    inside = [value for each in ours if hasattr(each, "__dict__") for value in vars(each).values()]
    inside += [each for each in ours if isinstance(each, dict)]
    entries = sum(len(value) for value in inside if isinstance(value, (dict, list, set)))
    jvm = json.loads(agent._jvm.relay.bridge.status())["held"]
    return {"objects": len(ours), "entries": entries, "kept": agent._recording.kept, "jvm": jvm}


def bounds(most):
    python_data.MOST_NODES = most
    agents.current()._privacy._inherited.most = most
    for each in gc.get_objects():
        if isinstance(each, Latest):
            each.most = most


def main(actions):
    spark = SparkSession.builder.getOrCreate()
    rows = spark.range(20).withColumn("text", F.col("id").cast("string"))
    bounds(40)
    found = []
    for number in range(actions):
        count(keep(make(rows, number), number))
        if (number + 1) % (actions // 3) == 0:
            found.append(held())
    Path("held.json").write_text(json.dumps(found))
    spark.stop()


main(int(sys.argv[1]))
"""
ACTIONS = 150

STAGE = """
import sys
from pyspark.sql import SparkSession
from pyspark.sql import functions as F


def wide(spark, tasks):
    texts = [F.sha2(F.concat(F.col("id"), F.lit(f"-{n}")), 256).alias(f"text_{n}") for n in range(100)]
    slow = F.expr("reflect('java.lang.Thread', 'sleep', 250L)").alias("slow")
    return spark.range(tasks * 4, numPartitions=tasks).select(*texts, slow)


def written(rows):
    rows.write.format("noop").mode("overwrite").save()


spark = SparkSession.builder.getOrCreate()
written(wide(spark, int(sys.argv[1])))
spark.stop()
"""
CONF = {"spark.eventLog.enabled": "false", "spark.sql.shuffle.partitions": "2"}


def program(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "long_session.py"
    path.write_text(text)
    return path


def test_a_session_of_small_actions_holds_as_much_after_150_as_after_100(tmp_path: Path) -> None:
    command = observed_command(program(tmp_path, COUNTING), str(ACTIONS))
    ran = finish(start(command, tmp_path, environment(tmp_path, CONF, ours=True)), tmp_path)
    assert ran.code == 0, ran.stderr[-3000:]
    _, second, third = json.loads((tmp_path / "held.json").read_text())
    entries = [counted.pop("entries") for counted in (second, third)]
    assert third == second
    assert third["kept"] == 0
    assert entries[1] - entries[0] < ACTIONS // 3, "an entry of a table for each action, or more"
    graph = Store(tmp_path / "lineage").open("last").graph
    counted = [step for step in graph.steps if step.function == "count"]
    assert len(counted) == ACTIONS and all(step.executions for step in counted)
    outputs = [dataset for dataset in graph.datasets if dataset.step == "long_session.main.keep"]
    assert len(outputs) == ACTIONS and all(dataset.complete for dataset in outputs)
    assert not [gap for gap in graph.gaps if "dropped" in gap.why]


def running_lines(ahead: Path) -> list[dict[str, Any]]:
    """The measurements in a write-ahead file that may still be written."""
    if not ahead.exists():
        return []
    lines = ahead.read_bytes().splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.startswith(b'{"_":"Probed"') and line.endswith(b"\n")]


def test_one_long_stage_of_a_wide_table_is_one_line_while_it_runs(tmp_path: Path) -> None:
    """And a driver that is killed in the middle of it leaves how far it had come."""
    command = observed_command(program(tmp_path, STAGE), "400")
    process = start(command, tmp_path, environment(tmp_path, CONF, ours=True))
    try:
        told: list[int] = []
        sizes: set[int] = set()
        until = time.monotonic() + 120
        while len(set(told)) < 4 and time.monotonic() < until:
            for ahead in tmp_path.glob("lineage/runs/*/observations.jsonl"):
                found = running_lines(ahead)
                if found:
                    assert len(found) == 1 and found[0]["columns"] == [] and found[0]["sample"] is None
                    told.append(found[0]["rows"])
                    sizes.add(ahead.stat().st_size)
            time.sleep(0.2)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    assert told == sorted(told) and len(set(told)) >= 4, told
    assert len(sizes) == 1, sizes
    [ahead] = tmp_path.glob("lineage/runs/*/observations.jsonl")
    [last] = running_lines(ahead)
    graph = Store(tmp_path / "lineage").open("last").graph
    [dataset] = [each for each in graph.datasets if each.step == "long_session.wide"]
    assert (dataset.complete, dataset.reason) == (False, "partial")
    assert f"{last['rows']} rows seen" in str(dataset.detail)
