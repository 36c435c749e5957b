"""The program that ``long_session.py`` runs, plain and observed: many small actions, or one long stage."""

from __future__ import annotations

import argparse
import gc
import json
import threading
import time
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

MEASUREMENTS = 10
TRIAL = 16  # tasks that are run before the stage, to tell how long one takes
ROWS = 4_000  # of one task of the stage


def even(rows: DataFrame, number: int) -> DataFrame:
    return rows.filter(F.col("id") % 2 == number % 2)


def doubled(rows: DataFrame, number: int) -> DataFrame:
    return rows.withColumn("twice", F.col("amount") * 2 + number)


def named(rows: DataFrame, number: int) -> DataFrame:
    return rows.withColumn("name", F.concat(F.col("name"), F.lit(f"-{number}")))


def large(rows: DataFrame, number: int) -> DataFrame:
    return rows.filter(F.col("amount") > number % 100)


def totals(rows: DataFrame, number: int) -> DataFrame:
    return rows.groupBy("kind").agg(F.sum("amount").alias(f"amount_{number % 5}"))


def narrowed(rows: DataFrame, number: int) -> DataFrame:
    return rows.select("id", "name", F.lit(number).alias("number"))


STEPS = (even, doubled, named, large, totals, narrowed)


def made(spark: SparkSession) -> DataFrame:
    return spark.range(2_000, numPartitions=2).select(
        "id",
        F.concat(F.lit("name-"), F.col("id")).alias("name"),
        (F.col("id") % 10).alias("kind"),
        (F.col("id") * 7 % 101).cast("double").alias("amount"),
    )


def counted(rows: DataFrame) -> int:
    return len(rows.collect())


def small_actions(spark: SparkSession, actions: int, memory: Memory) -> None:
    rows = made(spark)
    for number in range(actions):
        counted(STEPS[number % len(STEPS)](rows, number))
        if (number + 1) % (actions // MEASUREMENTS) == 0:
            memory.measure()


def wide(spark: SparkSession, tasks: int, columns: int) -> DataFrame:
    texts = [
        F.sha2(F.concat(F.col("id"), F.lit(f"-{number}")), 256).alias(f"text_{number}") for number in range(columns)
    ]
    return spark.range(tasks * ROWS, numPartitions=tasks).select(*texts)


def written(rows: DataFrame) -> None:
    rows.write.format("noop").mode("overwrite").save()


def one_stage(spark: SparkSession, tasks: int, columns: int, seconds: int, memory: Memory) -> None:
    stop = threading.Event()

    def measure() -> None:
        while not stop.wait(seconds / MEASUREMENTS):
            memory.measure()

    measuring = threading.Thread(target=measure)
    measuring.start()
    written(wide(spark, tasks, columns))
    stop.set()
    measuring.join()


def tasks_in(spark: SparkSession, seconds: int, columns: int) -> int:
    """How many tasks of the stage take so long, by a trial on rows of their own."""
    for _ in range(3):  # the JVM's compiler works during the first ones
        began = time.monotonic()
        written(wide(spark, TRIAL, columns))
        took = time.monotonic() - began
    return max(TRIAL, int(seconds * TRIAL / took))


class Memory:
    """What this driver holds, each time that it was measured; bytes."""

    def __init__(self, spark: SparkSession, store: str) -> None:
        self._jvm: Any = spark.sparkContext._jvm
        self._store = Path(store)
        self.python: list[int] = []
        self.heap: list[int] = []
        self.ahead: list[int] = []

    def measure(self) -> None:
        gc.collect()
        self.python.append(int(Path("/proc/self/statm").read_text().split()[1]) * 4096)
        for _ in range(2):  # Spark's cleaner lets go of what the first one has found
            self._jvm.java.lang.System.gc()
            time.sleep(0.2)
        runtime = self._jvm.java.lang.Runtime.getRuntime()
        self.heap.append(runtime.totalMemory() - runtime.freeMemory())
        files = self._store.glob("runs/*/observations.jsonl")
        self.ahead.append(sum(file.stat().st_size for file in files))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("work", choices=["actions", "stage"])
    parser.add_argument("--actions", type=int)
    parser.add_argument("--columns", type=int)
    parser.add_argument("--seconds", type=int)
    parser.add_argument("--tasks", type=int)
    parser.add_argument("--store")
    parser.add_argument("--output")
    chosen = parser.parse_args()
    spark = SparkSession.builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    memory = Memory(spark, chosen.store)
    tasks = chosen.tasks or 0
    if chosen.work == "actions":
        small_actions(spark, chosen.actions, memory)
    else:
        tasks = tasks or tasks_in(spark, chosen.seconds, chosen.columns)
        one_stage(spark, tasks, chosen.columns, chosen.seconds, memory)
    spark.stop()
    found = {"python": memory.python, "heap": memory.heap, "ahead": memory.ahead, "tasks": tasks}
    Path(chosen.output).write_text(json.dumps({**found, "last_line": time.time()}))


if __name__ == "__main__":
    main()
