"""Runs the statements of ``commands_key`` in one Spark session, plain (for the truth) or observed.

Each statement is a function of one program, with a target of its own, so that each is a step of its own.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from commands_key import Command
from program_runs import Ran, observed, plain

from spark_lineage.model import ColumnInput, Dataset, LineageGraph, Step
from spark_lineage.store import Store
from tests.warm_jvm import WarmJvm

CONF = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.databricks.delta.snapshotPartitions": "1",
    "spark.sql.shuffle.partitions": "1",
    "spark.default.parallelism": "1",
    "spark.eventLog.enabled": "false",
}
HIVE = {
    **CONF,
    "spark.sql.catalogImplementation": "hive",
    "spark.hadoop.hive.exec.dynamic.partition.mode": "nonstrict",
}
SUBTYPES = {"IDENTITY": "=", "TRANSFORMATION": "*", "AGGREGATION": "+"}
SECONDS = 10  # that a statement may take, with what it is part of
PROGRAM = """
import json
import os
import sys
import time

from delta.tables import DeltaTable
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

W = os.getcwd()
BETWEEN = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(time.time() - 36 * 3600))  # the versions of ``d``
spark = SparkSession.builder.appName("commands").getOrCreate()


def view():
    return spark.read.parquet(f"{W}/a").where("id >= 5")


def prepare(*statements):
    for statement in statements:
        spark.sql(statement)


def ending(function):
    try:
        function()
    except Exception as error:
        print(function.__name__, [each.__name__ for each in type(error).__mro__[:3]])


prepare(
    f"create table ta using parquet location '{W}/a'",
    "create view pv as select * from ta where id > 2",
    f"create global temporary view gv as select * from parquet.`{W}/a` where id > 2",
    f"create temporary view sv as select * from parquet.`{W}/a` where id > 2",
    f"cache table ct as select * from parquet.`{W}/a` where id > 2",
    "create table two using parquet as select id, amt as d from ta where id < 2",
)
v = view()
v.createOrReplaceTempView("v")
"""
TRUTH = """
TOLD = {}


def counted(relation):
    try:
        return spark.sql(f"select count(*) from {relation}").head()[0]
    except Exception:
        return 0


def measured(name, function, relation):
    before = counted(relation)
    function()
    told = TOLD[name] = {"before": before, "after": counted(relation)}
    try:
        last = spark.sql(f"describe history {relation} limit 1").first()
        told.update(version=str(last["version"]), metrics=dict(last["operationMetrics"]))
    except Exception:
        pass
"""


def write_program(file: Path, commands: Sequence[Command], changed: bool = False, truth: bool = False) -> Path:
    """``changed``: each statement that has another form is written in that."""
    parts = [PROGRAM, TRUTH if truth else ""]
    for command in commands:
        before = ", ".join(f'f"""{sql}"""'.replace("{t}", command.name) for sql in command.before)
        if command.by:
            parts.append(f"\n\nprepare({before})\n")
            continue
        body = command.body(changed).replace("{t}", command.name)
        call = f"ending({command.name})" if command.fails else f"{command.name}()"
        call = f'measured("{command.name}", lambda: {call}, f"{command.relation}")' if truth else call
        parts.append(f"\n\ndef {command.name}():\n    {body}\n\n\nprepare({before})\n{call}\n")
    if truth:
        of_others = [command.name for command in commands if command.by]
        parts.append(f'\nfor name in {of_others}:\n    TOLD[name] = {{"before": 0, "after": counted(name)}}\n')
        parts.append('\nwith open("told.json", "w") as file:\n    json.dump(TOLD, file)\n')
    file.write_text("".join(parts))
    return file


def write_sources(folder: Path) -> None:
    """What every program only reads: two Parquet folders and a Delta table of two versions."""
    from deltalake import write_deltalake

    ids = list(range(30))
    a = pa.table({"id": ids, "grp": [str(n % 3) for n in ids], "amt": [n * 0.5 for n in ids]})
    b = pa.table({"id": list(range(10, 30)), "who": [f"W{n}" for n in range(10, 30)]})
    for name, table in (("a", a), ("b", b)):
        (folder / name).mkdir(parents=True)
        pq.write_table(table, folder / name / "part-0.parquet")
    d = pa.table({"id": ids[:10], "n": ids[:10]})
    write_deltalake(folder / "d", d)
    write_deltalake(folder / "d", d, mode="append")
    for version, days in enumerate((2, 1)):  # ago: Delta goes by the times of the files of its log
        written = time.time() - days * 24 * 3600
        os.utime(folder / "d" / "_delta_log" / f"{version:020}.json", (written, written))


def truth(commands: Sequence[Command], folder: Path, jvm: WarmJvm, conf: Mapping[str, str] = CONF) -> dict[str, Any]:
    """By statement: rows of the target before and after it, and the last entry of its history if it is Delta's."""
    write_sources(folder)
    program = write_program(folder / "commands.py", commands, truth=True)
    plain(program, folder, conf=dict(conf), jvm=jvm, timeout=SECONDS * (10 + len(commands))).succeeded()
    told: dict[str, Any] = json.loads((folder / "told.json").read_text())
    return told


@dataclass(frozen=True)
class Recorded:
    ran: Ran

    @cached_property
    def graph(self) -> LineageGraph:
        return Store(str(self.ran.store)).open("last").graph

    def short(self, name: str) -> str:
        return name.replace(f"{self.ran.folder}/", "")

    @cached_property
    def steps(self) -> dict[str, Step]:
        return {step.function: step for step in self.graph.steps if step.function not in ("<module>", "prepare")}

    @cached_property
    def datasets(self) -> dict[str, Dataset]:
        return {dataset.id: dataset for dataset in self.graph.datasets}

    def step(self, command: Command) -> Step:
        return self.steps[command.by or command.name]

    def written(self, command: Command) -> Dataset:
        """What the statement wrote."""
        found = [self.datasets[name] for name in self.step(command).outputs]
        (sink,) = [each for each in found if self.short(each.name) == command.place]
        return sink


def record(
    commands: Sequence[Command],
    folder: Path,
    jvm: WarmJvm,
    mode: str = "flow",
    changed: bool = False,
    conf: Mapping[str, str] = CONF,
) -> Recorded:
    write_sources(folder)
    program = write_program(folder / "commands.py", commands, changed)
    limit = SECONDS * (10 + len(commands))
    return Recorded(observed(program, folder, mode=mode, conf=dict(conf), jvm=jvm, timeout=limit).succeeded())


def uses(recorded: Recorded, inputs: tuple[ColumnInput, ...]) -> set[str]:
    """In the words of ``commands_key``."""
    found = set()
    for use in inputs:
        dataset = re.sub(r"~\d+$", "", recorded.short(use.dataset))
        found.add(f"{dataset}.{use.column}{SUBTYPES.get(use.subtype, f':{use.subtype}')}")
    return found
