"""The program that calls each public method once, made of the table: each call is a function, so that it is a step."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

MARKS = {"~": "nothing", "=": "same", "+": "new", ">": "written", "<": "read", "-": "not called"}
BEGIN = """
import json
import os
import sys

import pyspark
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.streaming.stateful_processor import StatefulProcessor

HERE = os.getcwd()
csv, json_, orc, parquet, text, xml, stream, stream_csv = (
    f"{HERE}/in/{name}" for name in ("csv", "json", "orc", "parquet", "text", "xml", "json", "csv")
)
target = "target"
remote = "SPARK_REMOTE" in os.environ
builder = SparkSession.builder.appName("calls")
for name, value in json.loads(open("conf.json").read()).items():
    builder = builder.config(name, value)
spark = builder.getOrCreate()
if not remote:
    spark.sparkContext.setCheckpointDir(f"{HERE}/checkpoints")
spark.sql(f"create table target (id bigint) using delta tblproperties (delta.enableChangeDataFeed = true)")
spark.sql(f"insert into target values (1), (2), (3)")
spark.sql(f"create table parts (a int, p int) using parquet partitioned by (p)")


def nothing(rows):
    pass


def same(batches):
    yield from batches


def one(group):
    return group


def both(left, right):
    return left


def stated(key, frames, state):
    yield from frames


def plus(number):
    return number + 1


class Stated(StatefulProcessor):
    def init(self, handle):
        pass

    def handleInputRows(self, key, rows, times):
        yield from rows

    def close(self):
        pass


class Twice:
    def eval(self, k):
        yield (k,)
        yield (k,)


def started(query):
    query.awaitTermination(120)


def run(frame, at):
    writer = frame.writeStream.format("parquet").option("checkpointLocation", at + "-c")
    started(writer.trigger(availableNow=True).start(at))
    return frame


def given():
    return spark.createDataFrame([(1, 1.5, "a"), (2, 2.5, "b"), (3, 3.5, "a")], "k long, v double, s string")


def more():
    return spark.createDataFrame([(1, 10), (2, 20)], "k long, w long")


def looked(name, made):
    if isinstance(made, (list, tuple)) and made and isinstance(made[0], DataFrame):
        made = made[0]
    if not isinstance(made, DataFrame) or made.isStreaming:
        told(name, "value" if not isinstance(made, DataFrame) else "stream")
        return
    told(name, made.count())


def told(name, what):
    with open("told.jsonl", "a") as file:
        print(json.dumps([name, what]), file=file)


df = given()
other = more()
"""
BEGIN_FRAMES = """
import json
import sqlite3

import numpy as np
import pandas as pd
import polars as pl

HERE = "."
con = sqlite3.connect("base.db")


def nothing(rows):
    pass


def given():
    return pd.DataFrame({"k": [1, 2, 3], "v": [1.5, 2.5, 3.5], "s": ["a", "b", "a"]})


def given_polars():
    return pl.DataFrame({"k": [1, 2, 3], "v": [1.5, 2.5, 3.5], "s": ["a", "b", "a"]})


def looked(name, made):
    if isinstance(made, list) and made:
        made = made[0]
    told(name, len(made) if isinstance(made, (pd.DataFrame, pd.Series, pl.DataFrame, pl.Series)) else "value")


def told(name, what):
    with open("told.jsonl", "a") as file:
        print(json.dumps([name, what]), file=file)


df = given()
polars_df = given_polars()
"""
SHORT = {
    "writing_two(at)": (
        'spark.readStream.schema("k long, s string").json(stream).writeStream.trigger(availableNow=True)'
        '.option("checkpointLocation", at + "-c")'
    ),
    "writing(at)": (
        'spark.readStream.schema("k long").json(stream).writeStream.trigger(availableNow=True)'
        '.option("checkpointLocation", at + "-c")'
    ),
}


@dataclass(frozen=True)
class Call:
    """``mark``: what it does with rows, as the tables have it; of what is not called ``body`` is the reason."""

    owner: str
    method: str
    mark: str
    body: str

    @property
    def name(self) -> str:
        return re.sub(r"\W", "_", f"{self.owner}_{self.method}")


def calls(table: str) -> list[Call]:
    """The lines of one of the tables beside this file."""
    found, owner = [], ""
    for line in (Path(__file__).parent / f"{table}.txt").read_text("utf-8").splitlines():
        if line.startswith("["):
            owner = line.strip("[]")
        elif line and not line.startswith("#"):
            method, _, body = line.partition(" | ")
            mark = MARKS.get(body[0], "made")
            found.append(Call(owner, method.strip(), mark, body[1:].strip() if body[0] in MARKS else body))
    return found


def text(begin: str, these: Iterable[Call]) -> str:
    """The program that makes these calls."""
    parts = [begin]
    for call in these:
        if call.mark == "not called":
            continue
        body = re.sub(r"(?<=[(, ])json(?=[),])", "json_", call.body)
        for short, long in SHORT.items():
            body = body.replace(short, long)
        *first, last = body.split("; ")
        given = _given(call, body)
        lines = [f'    at = f"{{HERE}}/out_{call.name}"', *(f"    {each}" for each in first), f"    return {last}"]
        parts.append(f"\n\ndef {call.name}({', '.join(given)}):\n" + "\n".join(lines))
        values = ", ".join("polars_df" if name == "df" and call.owner.startswith("polars") else name for name in given)
        parts.append(
            f"\n\n\ntry:\n    looked({call.name!r}, {call.name}({values}))\n"
            f"except Exception as error:\n    told({call.name!r}, f'{{type(error).__name__}}: {{error}}'[:300])\n"
        )
    return "".join(parts)


def _given(call: Call, body: str) -> list[str]:
    """Which frames a call is given: no others, as each that is given would be an input where it is touched."""
    return [name for name in ("df", "other") if re.search(rf"\b{name}\b", body)]
