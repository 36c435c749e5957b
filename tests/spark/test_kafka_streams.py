"""Streams to a topic of a real Kafka broker, and from it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.stores.servers import Server, fetched, free_port

ROOT = Path(__file__).resolve().parents[2]
BROKER = "org.apache.kafka:kafka_2.13:3.9.2"
CONNECTOR = [
    *sorted((ROOT / "tests" / "jars").glob("*kafka*.jar")),
    *(ROOT / "tests" / "jars").glob("commons-pool2*.jar"),
]
pytestmark = [
    pytest.mark.wide,
    pytest.mark.skipif(not CONNECTOR, reason="make test prepares the jars of the connectors"),
]

PROGRAM = """\
import sys
from pyspark.sql import SparkSession, functions as F
spark = (SparkSession.builder.master("local[1]").config("spark.sql.shuffle.partitions", 1)
    .config("spark.ui.enabled", "false").config("spark.driver.extraClassPath", "JARS").getOrCreate())
spark.sparkContext.setLogLevel("ERROR")

def arriving():
    return spark.readStream.schema("id long, x long").option("maxFilesPerTrigger", 1).json("in")

def messages(frame):
    value = F.to_json(F.struct("id", "x")).alias("value")
    return frame.filter("x > 1").select(F.col("id").cast("string").alias("key"), value)

def ready(frame, kind, name):
    return frame.writeStream.format(kind).option("checkpointLocation", "cp/" + name).trigger(availableNow=True)

def sent(frame):
    writer = ready(frame, "kafka", "sent").option("kafka.bootstrap.servers", sys.argv[1])
    writer.option("topic", "orders").start().awaitTermination()

def taken():
    return (spark.readStream.format("kafka").option("kafka.bootstrap.servers", sys.argv[1])
        .option("subscribe", "orders").option("startingOffsets", "earliest").load())

def texts(frame):
    return frame.select(F.col("key").cast("string"), F.col("value").cast("string"))

def stored(frame):
    ready(frame, "parquet", "stored").start("out").awaitTermination()

sent(messages(arriving()))
stored(texts(taken()))
print(spark.read.parquet("out").count())
"""


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("broker")
    port, controller = free_port(), free_port()
    settings = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": folder / "data",
        "offsets.topic.replication.factor": 1,
    }
    conf = folder / "server.properties"
    conf.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
    java = ["java", "-Xmx400m", "-XX:+UseSerialGC", "-cp", f"{fetched(BROKER)}/*"]
    made = [*java, "kafka.tools.StorageTool", "format", "-t", "MkU3OEVBNTcwNTJENDM2Qg", "-c", str(conf)]
    subprocess.run(made, check=True, capture_output=True)
    server = Server([*java, "kafka.Kafka", str(conf)], folder, port)
    server.wait()
    yield f"127.0.0.1:{port}"
    server.stop()


@pytest.fixture(scope="module")
def shown(broker: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str, str]:
    """What `show` says, as a document and as text, and what the program has printed."""
    folder = tmp_path_factory.mktemp("streams")
    (folder / "in").mkdir()
    for file in range(3):
        lines = [json.dumps({"id": 10 * file + row, "x": row}) for row in range(10)]
        (folder / "in" / f"{file}.json").write_text("\n".join(lines))
    (folder / "job.py").write_text(PROGRAM.replace("JARS", os.pathsep.join(map(str, CONNECTOR))))

    def ask(*words: str) -> str:
        command = [sys.executable, "-m", "spark_lineage", *words]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr[-5000:]
        return done.stdout

    said = ask("run", "--store", "lineage", "job.py", broker)
    document = json.loads(ask("show", "last", "--store", "lineage", "--json"))
    return document, ask("show", "last", "--store", "lineage"), said


def test_a_topic_is_the_sink_of_one_stream_and_the_source_of_the_next(
    shown: tuple[dict[str, Any], str, str], broker: str
) -> None:
    document, _, said = shown
    assert said.splitlines()[-1] == "24"
    (topic,) = (each for each in document["datasets"] if each["name"] == "orders")
    assert topic["namespace"] == f"kafka://{broker}"
    columns = [column["name"] for column in topic["columns"]]
    assert columns == ["key", "value", "topic", "partition", "offset", "timestamp", "timestampType"]
    (sender,) = (each for each in document["steps"] if topic["id"] in each["outputs"])
    (taker,) = (each for each in document["steps"] if topic["id"] in each["inputs"])
    assert sender["step"].startswith("job.sent") and sender["inputs"] == ["messages"]
    assert (taker["step"], taker["outputs"]) == ("job.taken", ["taken"])


def test_nobody_is_told_that_another_mode_would_count_a_stream(shown: tuple[dict[str, Any], str, str]) -> None:
    _, text, _ = shown
    assert "a streaming query, whose rows are not counted" in text
    assert "would count them" not in text
