"""Each function by which the program, the agent or the runner comes into our code is broken once: nobody notices."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 3  # faults of one kind after which that part is off


BARE = ["bare"]  # needs no Spark


@dataclass(frozen=True)
class Result:
    found: dict[str, list[str]]  # function -> by what it is entered
    cases: list[dict[str, Any]]
    guarded: set[tuple[str, str]]  # (kind, name of what a guard ran)


def broken(folder: Path, names: list[str]) -> Result:
    """One process with at most one warm JVM breaks all that these programs enter."""
    file = folder / "result.json"
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("OPENLINEAGE", "SPARK_LINEAGE"))}
    command = [sys.executable, "-m", "tests.fault.breaking", str(file), *names]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=900)
    assert file.exists(), done.stdout + done.stderr
    document = json.loads(file.read_text())
    return Result(document["found"], document["cases"], {(kind, name) for kind, name in document["guarded"]})


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return broken(tmp_path_factory.mktemp("bare"), BARE)


# Where nothing of ours can be written any more.
TOO_LATE = {"activation/runner.py:die_of_an_interrupt"}


def test_every_function_was_broken(result: Result) -> None:
    done = {case["site"] for case in result.cases if case["site"]}
    assert done == set(result.found)
    assert [case["site"] for case in result.cases if case["site"] and not case["entered"]] == []
    print(f"{len(done)} functions were broken, with {len(result.guarded)} guards around")
    assert len(done) > 60


def test_the_program_does_not_notice(result: Result) -> None:
    differs = [
        (case["program"], case["site"], case["plain"], case["ended"]) for case in result.cases if not case["same"]
    ]
    assert differs == []


def test_each_fault_is_told(result: Result) -> None:
    """In the gap ledger of the run; where that cannot be written any more, in the log of the run or of the store."""
    untold = {case["site"] for case in result.cases if case["site"] and not case["told"]}
    assert untold - TOO_LATE == set()


def test_a_part_is_off_after_three_faults(result: Result) -> None:
    more = [
        (case["site"], door, count)
        for case in result.cases
        for door, count in case.get("entered", ())
        if count > LIMIT and (door == "hook" or door.startswith("guard "))
    ]
    assert more == []
