"""used mode: rows have a fingerprint over the columns that the program uses, and it tells how values are paired."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from program_runs import Shown, WarmJvms, observed, show

PROGRAM = """
from pyspark.sql import SparkSession, Window, functions as F

spark = SparkSession.builder.getOrCreate()


def orders():
    return spark.range(60).selectExpr(
        "id", "id % 6 AS customer", "(id * 7) % 11 AS amount", "(id * 5) % 13 AS day", "'x' AS note", "id * 2 AS other"
    )


def numbered(frame):
    window = Window.partitionBy("customer").orderBy("{order}", "id")
    return frame.withColumn("number", F.row_number().over(window))


def latest(frame):
    return frame.filter("number = 1").select("customer", "amount")


latest(numbered(orders())).collect()
"""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory, warm_jvms: WarmJvms) -> dict[str, tuple[Path, Shown]]:
    folder = tmp_path_factory.mktemp("used")
    found = {}
    for order in ("day", "amount"):
        program = folder / order / "job.py"
        program.parent.mkdir()
        program.write_text(PROGRAM.format(order=order))
        ran = observed(program, program.parent, mode="used", jvm=warm_jvms.observing).succeeded()
        found[order] = (ran.store, show(ran))
    return found


def made(shown: Shown, function: str) -> dict[str, Any]:
    return shown.outputs_of(function)[0]


def test_a_row_fingerprint_names_the_columns_that_it_is_over(recorded: dict[str, tuple[Path, Shown]]) -> None:
    for order, used in (("day", "row1[1-4]:"), ("amount", "row1[1-3]:")):
        _, shown = recorded[order]
        for function, over in (("orders", used), ("latest", "row1:")):
            assert made(shown, function)["fingerprint"].startswith(over), function
        numbered = made(shown, "numbered")
        known = [place for place, column in enumerate(numbered["columns"], 1) if column["fingerprint"] is not None]
        assert numbered["complete"] and known == [2, 3, 7]
        assert numbered["fingerprint"].startswith("row1[2-3,7]:")


def test_rows_that_pair_the_same_values_otherwise_are_named(recorded: dict[str, tuple[Path, Shown]]) -> None:
    (one, first), (other, second) = recorded["day"], recorded["amount"]
    columns = [
        [column["fingerprint"] for column in made(shown, "numbered")["columns"]] for shown in (first, second)
    ]  # fmt: skip
    assert columns[0] == columns[1]
    command = [sys.executable, "-m", "spark_lineage", "diff", "last", "last", "--json",
               "--store", str(one), "--store-b", str(other)]  # fmt: skip
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert [each["step"] for each in json.loads(done.stdout)["first_divergences"]] == ["job.numbered"]
