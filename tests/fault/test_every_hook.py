"""Each function by which the program, the agent or the runner comes into our code is broken: nobody notices.

Without Spark by one kind of error each, so that each kind breaks as many functions as the others; with Spark, among the
slow tests, by all kinds.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.fault.breakable import KINDS, PACKAGE
from tests.fault.breaking import NAMES

# With Spark some hundreds of programs run, one after the other.
pytestmark = [pytest.mark.wide, pytest.mark.timeout(1600)]
ROOT = Path(__file__).resolve().parents[2]
LIMIT = 3  # faults of one kind after which that part is off


BARE = ["bare"]  # needs no Spark


@dataclass(frozen=True)
class Result:
    found: dict[str, list[str]]  # function -> by what it is entered
    cases: list[dict[str, Any]]
    guarded: set[tuple[str, str]]  # (kind, name of what a guard ran)
    at_least: int  # as many functions are broken; new hooks only add to them
    how: str  # by which kinds of error: `once` by one each, `all`


def broken(folder: Path, names: list[str], how: str, at_least: int) -> Result:
    """One process breaks all that these programs enter, with Spark in a JVM that stays warm."""
    file = folder / "result.json"
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("OPENLINEAGE", "SPARK_LINEAGE"))}
    command = [sys.executable, "-m", "tests.fault.breaking", str(file), how, *names]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=1500)
    assert file.exists(), done.stdout + done.stderr
    document = json.loads(file.read_text())
    guarded = {(kind, name) for kind, name in document["guarded"]}
    return Result(document["found"], document["cases"], guarded, at_least, how)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return broken(tmp_path_factory.mktemp("bare"), BARE, "once", at_least=70)


@pytest.fixture(scope="module")
def with_spark(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return broken(tmp_path_factory.mktemp("spark"), NAMES, "all", at_least=140)


@pytest.fixture(params=["bare", pytest.param("with_spark", marks=pytest.mark.slow)])
def result(request: pytest.FixtureRequest) -> Result:
    found: Result = request.getfixturevalue(request.param)
    return found


# Where there is no run that a fault could be told in.
NO_RUN = {
    "activation/runner.py:die_of_an_interrupt",  # everything is written and closed
    "activation/doors.py:stop_with_interpreter.end",  # broken in a program that has stopped the observation itself
    # They say in which folder the store is: without them there is none.
    "config/addresses.py:is_elsewhere",
    "store/places/__init__.py:folder_of",
}
# Entered while a module is imported for the first time, and the programs share a process: see test_after_import.py.
ONCE = {"after_import.py:Finder._begin"}
# What no program of this test enters, with where it is entered instead.
ELSEWHERE = {
    ("catalog", "_to_catalog_meanwhile"): "tests/spark/test_audit_store.py writes a catalog's tables",
    ("catalog", "_to_catalog"): "tests/spark/test_audit_store.py writes a catalog's tables",
    ("hook", "find"): "only where pyspark is imported later: tests/unit/test_hook.py",
    ("hook", "as_it_was"): "only where pyspark is imported later: tests/unit/test_hook.py",
    ("mask", "all_of"): "only where a sample's lineage never comes: tests/unit/test_privacy.py",
    ("written files", "<lambda>"): "has no name: what it calls is broken, surroundings/written_files.py:moved",
    ("imports", "__enter__"): "is a guard itself: what it runs is broken, own_imports.py:Apart._hide",
    ("settle", "settle"): "after a catalog's tables were written: tests/spark/test_audit_store.py",
    ("signature", "_load"): "only where a key is configured: tests/unit/test_signed_programs.py",
    ("parents", "<lambda>"): "has no name: what it calls is broken, surroundings/parent_run.py:of_conf",
    ("pandas", "follow_pandas"): "asked for by the pytest plugin only: tests/unit/test_facts_of_tests.py",
    ("pandas", "look"): "asked for by the pytest plugin only: tests/unit/test_facts_of_tests.py",
    ("vendored", "_found"): "tests/unit/test_pyfiles.py runs from the zip file",
    ("f'privacy of {type(observation).__name__}'", "clean"): "is called by names of their own: privacy/observing.py",
    ("modules", "call"): "is called by names of their own: those of capture/patching/installation.py",
}


@pytest.mark.slow
def test_every_guard_is_entered(bare: Result, with_spark: Result) -> None:
    """A guard that no program of this test enters fails it: a new hook needs a program."""
    entered = {(kind, name.lstrip("_")) for kind, name in bare.guarded | with_spark.guarded}
    in_source = {(kind, name.lstrip("_")) for kind, name in guards_in_source()}
    elsewhere = {(kind, name.lstrip("_")) for kind, name in ELSEWHERE}
    assert in_source - entered - elsewhere == set()
    assert len(in_source) > 50


def guards_in_source() -> set[tuple[str, str]]:
    """(kind of fault, name of the guarded function), from every call of a guard in the package."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        locally = dict(_local_names(tree))
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func).rpartition(".")[2]
            args = node.args
            if called == "start_new_thread" and isinstance(args[1], ast.Tuple):
                called, args = ast.unparse(args[0]).rpartition(".")[2], args[1].elts
            if called in ("guard", "_guard", "from_caller", "_FAULTS", "_AT_EXIT", "_GUARD") and len(args) > 1:
                kind = args[0].value if isinstance(args[0], ast.Constant) else ast.unparse(args[0])
                name = _name(args[1])
                found.add((str(kind), locally.get(name, name)))
    return found


def _local_names(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """(local name, name of the method) of ``guard, end = self.guard, self._end`` before a hook is made."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Tuple)
            and isinstance(node.targets[0], ast.Tuple)
        ):
            for target, value in zip(node.targets[0].elts, node.value.elts, strict=False):
                if isinstance(target, ast.Name) and isinstance(value, ast.Attribute):
                    yield target.id, value.attr


def _name(body: ast.expr) -> str:
    if isinstance(body, ast.Lambda):
        return "<lambda>"
    return ast.unparse(body).rpartition(".")[2]


def test_every_function_was_broken(result: Result) -> None:
    done = {case["site"] for case in result.cases if case["site"]}
    assert done == set(result.found)
    assert {case["site"] for case in result.cases if case["site"] and not case["entered"]} <= ONCE
    print(f"{len(done)} functions were broken, with {len(result.guarded)} guards around")
    assert len(done) >= result.at_least
    kinds = {site: {kind for case in result.cases if case["site"] == site for kind in case["kinds"]} for site in done}
    if result.how == "all":
        assert [site for site in done if kinds[site] != {kind.__name__ for kind in KINDS}] == []
    else:
        first = Counter(case["kinds"][0] for case in result.cases if case["site"] and case["kinds"])
        assert [kind for kind in KINDS if first[kind.__name__] < len(done) / (len(KINDS) + 1)] == []


def test_the_program_does_not_notice(result: Result) -> None:
    differs = [
        (case["program"], case["site"], case["plain"], case["ended"]) for case in result.cases if not case["same"]
    ]
    assert differs == []


def test_nothing_fails_where_nothing_was_broken(result: Result) -> None:
    assert [(case["program"], case["ended"]) for case in result.cases if not case["site"] and case["told"]] == []


def test_each_fault_is_told(result: Result) -> None:
    """In the gap ledger of the run; where that cannot be written any more, in the log of the run or of the store."""
    untold = {case["site"] for case in result.cases if case["site"] and not case["told"]}
    assert untold - NO_RUN - ONCE == set()


def test_a_part_is_off_after_three_faults(result: Result) -> None:
    more = [
        (case["site"], door, count)
        for case in result.cases
        for door, count in case.get("entered", ())
        if count > LIMIT and (door == "hook" or door.startswith("guard "))
    ]
    assert more == []
