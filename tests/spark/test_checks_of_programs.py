"""Checks of real recorded runs: the seeded faults are found, in flow and in exact mode, and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from deltalake import DeltaTable
from program_runs import SHARED, Ran, Runs, WarmJvms, environment, run
from test_plans import QUERIES

from tests.receiver.replay import check as check_events
from tests.receiver.replay import replay

MODES = ["flow", pytest.param("exact", marks=pytest.mark.slow)]
PROGRAM = "checked/seeded"
NEEDS = [("flow", PROGRAM)]
SEEDED = {
    ("fan_out", "join_fan_out"),
    ("row_loss", "join_row_loss"),
    ("null_by_cast", "cast_made_nulls"),
    ("swapped", "union_by_position"),
    ("constant", "constant_column"),
    ("overwritten", "constant_column"),
    ("outer_undone", "outer_join_undone"),
    ("average_of_zeros", "average_over_filled_zeros"),
    ("nothing_left", "empty_output"),
    ("ties", "duplicate_keys"),
    ("matched_nothing", "all_null_column"),
}


def checked(ran: Ran, *words: str) -> tuple[int, dict[str, Any]]:
    command = [sys.executable, "-m", "spark_lineage", "check", "last", "--json", "--store", str(ran.store), *words]
    done = subprocess.run(command, cwd=ran.folder, capture_output=True, text=True, timeout=120)
    assert done.returncode in (0, 1), done.stderr
    document = json.loads(done.stdout)
    if SHARED.is_dir():
        jsonschema.validate(document, json.loads((SHARED / "contracts" / "check.schema.json").read_text()))
    return done.returncode, document


@pytest.fixture(params=MODES)
def seeded(request: pytest.FixtureRequest, runs: Runs) -> Ran:
    return runs.observed(PROGRAM, mode=request.param).succeeded()


@cache
def _of(ran: Ran) -> tuple[int, dict[str, Any]]:
    return checked(ran, "--junit", str(ran.folder / "checks.xml"))


def results(ran: Ran, rule: bool) -> list[dict[str, Any]]:
    return [each for each in _of(ran)[1]["results"] if each["rule"] is rule]


def step(result: dict[str, Any]) -> str:
    return str(result["step"]).rpartition(".")[2]


def test_the_seeded_faults_and_nothing_else(seeded: Ran) -> None:
    status, document = _of(seeded)
    assert status == 1 and not document["passed"]
    assert {(step(each), each["check"]) for each in results(seeded, rule=False) if not each["passed"]} == SEEDED


def test_it_says_which_join_and_how_much(seeded: Ran) -> None:
    found = {step(each): each for each in results(seeded, rule=False) if not each["passed"]}
    assert found["fan_out"]["details"]["factor"] == 1.04
    assert "customer_id" in found["fan_out"]["actual"]
    assert found["row_loss"]["details"]["lost"] == 200
    assert found["null_by_cast"]["details"]["made"] == 50
    assert "column 1 takes customer_id int for order_id int" in found["swapped"]["actual"]
    assert "region" in found["outer_undone"]["actual"]


def test_rules(seeded: Ran) -> None:
    found = {(step(each), each["check"]): each for each in results(seeded, rule=True)}
    violations = 'violations("amount >= 100") == 0'
    assert {key: each["status"] for key, each in found.items()} == {
        ("row_loss", "rows_out <= rows_in"): "passed",
        ("row_loss", "rows between 0.9 and 1.1 of last"): "could not tell",  # there is no run before
        ("null_by_cast", "nulls(amount) == 0"): "failed",
        ("null_by_cast", violations): "failed",
        ("orders", "unique(order_id)"): "passed",
        ("fan_out", "unique(order_id)"): "failed",
        ("lookup", "violations(\"points >= 0 and region like 'r%'\") == 0"): "passed",
        ("wide", "violations(\"order_id < 900 or status like 'n%'\") == 0"): "failed",
        ("wide", "unique(order_id)"): "passed",
        ("wide", "unique(customer_id, status)"): "failed",
        ("wide", "violations(\"if(points = 3, raise_error('no'), true)\") == 0"): "could not tell",
        # In flow mode nobody reads that column of it, and a rule keeps no column alive.
        ("pruned", "violations(\"status = 'new'\") == 0"): "failed"
        if "exact" in str(seeded.folder)
        else "could not tell",
    }
    assert "is 50" in found["wide", "violations(\"order_id < 900 or status like 'n%'\") == 0"]["actual"]
    # The values below 100 are 0.5 to 99.5, without those that are no number: NULL violates nothing.
    assert "is 95" in found["null_by_cast", violations]["actual"]


def test_events_and_tables_and_junit_say_the_same(seeded: Ran) -> None:
    check_events(replay(seeded.store))
    told = _of(seeded)[1]["results"]
    failed = {(each["check"], each["dataset"], each["column"]) for each in told if each["status"] == "failed"}
    table = DeltaTable(str(seeded.store / "audit" / "checks")).to_pyarrow_table().to_pylist()
    assert {(row["check"], row["dataset"], row["column"]) for row in table if row["status"] == "failed"} == failed
    assert {row["passed"] for row in table if row["status"] == "could not tell"} <= {None}
    suite = ElementTree.parse(seeded.folder / "checks.xml").getroot()[0]
    assert int(suite.attrib["failures"]) == len(failed) == len(suite.findall(".//failure"))
    asserted = [
        each
        for line in (next(seeded.store.glob("runs/*/events.jsonl"))).read_text().splitlines()
        for output in json.loads(line)["outputs"]
        for each in output.get("facets", {}).get("dataQualityAssertions", {}).get("assertions", [])
    ]
    assert len([each for each in asserted if not each["success"]]) == len(failed)


def test_no_sampled_value_is_in_the_events(seeded: Ran) -> None:
    text = next(seeded.store.glob("runs/*/events.jsonl")).read_text()
    assert '"value":"high"' not in text.replace(" ", "")


# What `test_plans` looks at, and all queries, of which each dataset is measured completely.
@pytest.mark.wide
@pytest.mark.parametrize(
    ("mode", "queries", "at_least"),
    [("flow", QUERIES, len(QUERIES)), pytest.param("exact", [], 20, marks=pytest.mark.slow)],
)
def test_no_false_alarm_on_tpch(runs: Runs, mode: str, queries: list[str], at_least: int) -> None:
    status, document = checked(runs.observed("tpch", *queries, mode=mode).succeeded())
    alarms = [(each["step"], each["check"], each["actual"]) for each in document["results"] if not each["passed"]]
    assert (status, alarms) == (0, [])
    assert len({each["step"] for each in document["results"]}) >= at_least, "there was something to look at"


SMALL = """
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
def numbers():
    return spark.range(10)
numbers().collect()
spark.stop()
print("done")
"""


@pytest.mark.parametrize(
    ("program", "rules", "status", "says"),
    [
        (SMALL, 'rules = ["numbers: rows == 11"]', 1, "rows is 10"),
        ("print('done')", "off = []", 0, "nothing to check"),
        ("print('done')", 'rules = ["nobody: rows > 0"]', 2, "rules.toml:1: no step nobody"),
        ("print('done'); raise SystemExit(3)", 'rules = ["nobody: rows > 0"]', 3, "rules.toml:1"),
        ("print('never')", 'rules = ["nobody: rosw > 0"]', 2, "the nearest known one is rows"),
    ],
    ids=["failed", "passed", "unknown step", "the program failed", "bad rule"],
)
def test_run_that_ends_with_checks(
    tmp_path: Path, warm_jvms: WarmJvms, program: str, rules: str, status: int, says: str
) -> None:
    (tmp_path / "quick.py").write_text(program)
    (tmp_path / "rules.toml").write_text(rules)
    command = [sys.executable, "-m", "spark_lineage", "run", "--check", "--rules", "rules.toml", "quick.py"]
    ran = run(command, tmp_path, environment(tmp_path, {}, ours=True), jvm=warm_jvms.observing)
    assert (ran.code, ran.stdout) == (status, "" if "never" in program else "done\n"), ran.stderr
    assert says in ran.stderr
