"""The pytest plugin with Spark: a right and a faulty pipeline, golden facts, a function that is changed.

One process runs pytest three times in one Spark session, in the warm JVM of the group that has ``runs: Runs``.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest
from program_runs import PROGRAMS, Runs, environment, run

pytestmark = pytest.mark.wide

# Under these names they would be tests of ours.
CALLED = {"fixtures.py": "conftest.py", "tests_of_shop.py": "test_shop.py"}


def project(folder: Path) -> Path:
    folder.mkdir()
    for name in ("shop.py", "twice.py", "fixtures.py", "tests_of_shop.py"):
        shutil.copyfile(PROGRAMS / "tested" / name, folder / CALLED.get(name, name))
    return folder


@pytest.fixture(scope="module")
def said(runs: Runs, tmp_path_factory: pytest.TempPathFactory, warm_jvms) -> list[str]:
    """What each of the three runs printed."""
    folder = project(tmp_path_factory.mktemp("tested") / "project")
    command = [sys.executable, "twice.py"]
    done = run(command, folder, environment(folder, {}, ours=True), None, warm_jvms.observing).succeeded()
    return done.stdout.split("\n--- ")


def outcomes(text: str) -> dict[str, str]:
    return {name: word for word, name in re.findall(r"^(PASSED|FAILED|ERROR) test_shop\.py::(\w+)", text, re.MULTILINE)}


def test_a_right_pipeline_passes_and_a_faulty_one_fails(said: list[str]) -> None:
    assert outcomes(said[0]) == {"test_right": "PASSED", "test_faulty": "FAILED", "test_without": "PASSED"}, said[0]
    assert "assert 3 == 2" in said[0], "the join multiplies"


def test_golden_facts_of_the_same_code_are_the_same(said: list[str]) -> None:
    assert outcomes(said[1]) == {"test_right": "PASSED"}, said[1]


def test_a_changed_function_shows_its_first_diverging_step(said: list[str]) -> None:
    assert outcomes(said[2])["test_right"] == "FAILED", said[2]
    assert "`clean_orders` (shop.py:4) is the first step that differs" in said[2], said[2]
    assert "amount > 5" in said[2]


def test_the_golden_facts_stand_beside_the_tests(said: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    (kept,) = Path(tmp_path_factory.getbasetemp()).glob("tested[0-9]/project/__lineage__/test_shop")
    assert {path.name for path in kept.iterdir()} == {"test_right", "test_faulty"}


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_two_processes_share_a_session_scoped_fixture_and_the_folder_of_golden_facts(tmp_path: Path) -> None:
    """With pytest-xdist each process makes its own session, observes its own tests and keeps their golden facts."""
    folder = project(tmp_path / "project")
    words = ["-p", "spark_lineage.testing.plugin", "-p", "no:cacheprovider", "-rA", "--tb=short", "-q", "-n", "2"]

    def tested(*more: str) -> str:
        command = [sys.executable, "-m", "pytest", *words, *more]
        return run(command, folder, environment(folder, {}, ours=True), timeout=600).stdout

    first = tested("--lineage-record")
    assert outcomes(first) == {"test_right": "PASSED", "test_faulty": "FAILED", "test_without": "PASSED"}, first
    assert {"[gw0]", "[gw1]"} <= set(first.split()), "both had a test"
    assert {each.name for each in (folder / "__lineage__" / "test_shop").iterdir()} == {"test_right", "test_faulty"}
    shop = folder / "shop.py"
    shop.write_text(shop.read_text().replace("amount > 1", "amount > 5"))
    changed = tested("-k", "right")
    assert outcomes(changed) == {"test_right": "FAILED"}, changed
    assert "`clean_orders` (shop.py:4) is the first step that differs" in changed, changed
