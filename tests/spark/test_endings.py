"""A program ends as it would have without us, in every way a program can end; and what it did until then is there."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import program_runs
import pytest
from program_runs import (
    PROGRAMS,
    Ran,
    Runs,
    Shown,
    environment,
    interrupt_when,
    observed_command,
    plain_command,
    same_for_people,
    start,
)

HOW = ["nothing", "python", "analysis", "action", "caught", "exit", "threads"]
# Each takes two JVMs.
ALWAYS = {"action"}
REPEATED = {"nothing", "analysis"}  # others show it as well
NEEDS = [(kind, "ending", how) for how in HOW if how in ALWAYS for kind in ("plain", "flow")]
CODES = {"exit": 3, "threads": 1, "python": 1, "analysis": 1, "action": 1}


def each(ways: Iterable[str]) -> list[Any]:
    return [pytest.param(how, marks=_marks(how)) for how in ways]


def _marks(how: str) -> list[pytest.MarkDecorator]:
    return [] if how in ALWAYS else [pytest.mark.slow] if how in REPEATED else [pytest.mark.wide]


def interrupted(command: list[str], folder: Path, ours: bool, what: signal.Signals) -> Ran:
    folder.mkdir(parents=True, exist_ok=True)
    env = environment(folder, {"spark.eventLog.enabled": "false"}, ours=ours)
    return interrupt_when(start(command, folder, env), folder, "READY", what)


@pytest.mark.parametrize("how", each(HOW))
def test_the_program_ends_the_same(runs: Runs, how: str) -> None:
    plain, ours = runs.plain("ending", how), runs.observed("ending", how)
    assert plain.code == CODES.get(how, 0), plain.stderr[-3000:]
    assert ours.code == plain.code, ours.stderr[-3000:]
    assert ours.stdout == plain.stdout
    assert ours.written == plain.written
    if same_for_people(ours.stderr, plain.stderr):
        assert same_for_people(ours.stderr, plain.stderr, runs.plain("ending", how, again=True).stderr) == []


@pytest.mark.parametrize("how", each(["python", "analysis", "action", "threads"]))
def test_traceback_is_the_same_line_by_line(runs: Runs, how: str) -> None:
    def python_part(ran: Ran) -> list[str]:
        lines = program_runs.normal_lines(ran.stderr)
        start = next(n for n, line in enumerate(lines) if line.startswith("Traceback"))
        return [line for line in lines[start:] if not line.startswith("\tat ")]

    assert python_part(runs.observed("ending", how)) == python_part(runs.plain("ending", how))


def outcomes(shown: Shown) -> dict[str, str]:
    return {step["step"]: step["outcome"] for step in shown.steps}


def complete_before(shown: Shown) -> None:
    found = outcomes(shown)
    assert found["ending.main.pipeline.read"] == "complete"
    assert found["ending.main.pipeline.clean"] == "complete"
    [clean] = shown.outputs_of("clean")
    assert clean["complete"] and clean["rows"] == 997, clean
    assert any(d["kind"] == "sink" and d["name"].endswith("out/orders") and d["rows"] == 997 for d in shown.datasets)


@pytest.mark.parametrize("how", each(["nothing", "caught"]))
def test_success_is_complete(runs: Runs, how: str) -> None:
    shown = runs.shown("ending", how)
    assert shown.run["outcome"] == "complete"
    complete_before(shown)
    assert shown.step("ending.main")["outcome"] == "complete"


FAILING = {
    "python": ("fail_in_python", "ValueError", "no orders ☃ today"),
    "analysis": ("fail_in_analysis", "AnalysisException", "no_such_column"),
}


@pytest.mark.parametrize("how", each(FAILING))
def test_the_failing_step_and_its_callers_fail(runs: Runs, how: str) -> None:
    shown = runs.shown("ending", how)
    function, error, text = FAILING[how]
    complete_before(shown)
    failing = shown.step(f"ending.main.pipeline.{function}")
    assert failing["outcome"] == "fail"
    assert error in failing["error"] and text in failing["error"], failing["error"]
    for caller in ["ending", "ending.main", "ending.main.pipeline"]:
        assert shown.step(caller)["outcome"] == "fail", caller
        assert shown.step(caller)["error"], caller
    assert shown.run["outcome"] == "fail"


def test_an_error_in_an_action_fails_the_step_that_ran_it(runs: Runs) -> None:
    shown = runs.shown("ending", "action")
    complete_before(shown)
    failed = {step["step"]: step["error"] for step in shown.steps if step["outcome"] == "fail"}
    assert {"ending", "ending.main", "ending.main.pipeline"} <= set(failed)
    assert any("ZeroDivisionError" in (error or "") for error in failed.values()), failed
    [broken] = shown.outputs_of("break_in_executor")
    assert not broken["complete"] and broken["reason"] == "failed", broken
    assert not any(d["kind"] == "sink" and d["name"].endswith("out/broken") and d["complete"] for d in shown.datasets)


@pytest.mark.wide
def test_a_caught_error_fails_only_the_step_that_it_left(runs: Runs) -> None:
    found = outcomes(runs.shown("ending", "caught"))
    assert found["ending.main.pipeline.caught.fail_in_analysis"] == "fail"
    assert {
        found[name] for name in ["ending", "ending.main", "ending.main.pipeline", "ending.main.pipeline.caught"]
    } == {"complete"}


@pytest.mark.wide
def test_sys_exit_says_its_code(runs: Runs) -> None:
    shown = runs.shown("ending", "exit")
    complete_before(shown)
    assert shown.run["outcome"] in ("fail", "abort")
    assert "3" in (shown.step("ending")["error"] or "")


@pytest.mark.wide
def test_threads_have_their_steps(runs: Runs) -> None:
    shown = runs.shown("ending", "threads")
    calls = [step for step in shown.steps if step["function"] == "count_status" and step["kind"] == "function"]
    assert len(calls) == 4
    assert {step["parent"] for step in calls} == {"ending.main.pipeline.in_threads"}
    assert sorted(step["outcome"] for step in calls) == ["complete", "complete", "complete", "fail"]
    assert [step["error"] for step in calls if step["outcome"] == "fail"] == ["LookupError: lost"]
    assert shown.step("ending.main.pipeline.in_threads")["outcome"] == "fail"


@pytest.mark.wide
def test_control_c(tmp_path: Path, data_folder: Path) -> None:
    program = PROGRAMS / "ending.py"
    plain = interrupted(plain_command(program, str(data_folder), "interrupt"), tmp_path / "plain", False, signal.SIGINT)
    ours = interrupted(observed_command(program, str(data_folder), "interrupt"), tmp_path / "ours", True, signal.SIGINT)
    assert ours.code == plain.code
    assert ours.stdout == plain.stdout
    assert [line for line in ours.stderr.splitlines() if line.startswith("KeyboardInterrupt")] == [
        line for line in plain.stderr.splitlines() if line.startswith("KeyboardInterrupt")
    ]
    assert "spark_lineage" not in ours.stderr
    shown = program_runs.show(ours)
    complete_before(shown)
    assert shown.run["outcome"] == "abort"
    assert shown.step("ending.main.pipeline.wait_for_signal")["outcome"] in ("abort", "fail")


def test_killed_driver_leaves_everything_until_then(tmp_path: Path, data_folder: Path) -> None:
    command = observed_command(PROGRAMS / "ending.py", str(data_folder), "kill")
    folder = tmp_path / "killed"
    folder.mkdir()
    process = start(command, folder, environment(folder, {"spark.eventLog.enabled": "false"}, ours=True))
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == "READY":
            break
    time.sleep(1.5)  # "everything up to its last second"
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=30)
    shown = program_runs.show(Ran(process.returncode, "", "", folder))
    complete_before(shown)
    assert shown.run["outcome"] in ("running", "abort")
    assert "ending.main.pipeline.wait_for_signal" in outcomes(shown)
