"""``spark-lineage diff``: which runs are meant, exit codes, what people see, and refusals."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from comparing import Made, Runs
from rich.console import Console

from spark_lineage.answers.diff import compare_runs
from spark_lineage.cli.commands import main
from spark_lineage.events import build, samples
from spark_lineage.faces.terminal import diff as comparison
from spark_lineage.model import LineageGraph, Mode, Sample, StepKind
from spark_lineage.sinks.journal import Journal

FIRST = "0197a1b2-0000-7000-8000-000000000001"
SECOND = "0197a1b2-0000-7000-8000-000000000002"
THIRD = "0197a1b2-0000-7000-8000-000000000003"


def program(plan: str = "amount >= 0", content: str = "kept", **more: Any) -> Runs:
    clean = Made(
        "clean_orders", ("/data/orders",), plan=plan, content=content, kind=StepKind.FUNCTION,
        rows=100 if content == "kept" else 90,
        source=f"def clean_orders(orders):\n    return orders.filter('{plan}')",
        sample=Sample(("id",), ("id", "amount"), (("1", "5.0"), ("2", "0.0" if content == "kept" else "7.5")), (1, 1)),
    )  # fmt: skip
    report = Made("report", ("clean_orders",), plan="sum", content=content, kind=StepKind.FUNCTION)
    return Runs([clean, report], sinks=[("/out/report", "report")], **more)


def record(store: Path, graph: LineageGraph) -> None:
    Journal(store / "runs" / graph.run.id).write(build(graph), samples(graph))


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A run labelled ``main``, the same again, and one with a changed filter."""
    record(tmp_path, program(labels={"branch": "main"}).graph(FIRST))
    record(tmp_path, replace_started(program(labels={"branch": "main"}).graph(SECOND), 2.0))
    record(tmp_path, replace_started(program("amount > 0", "fewer").graph(THIRD), 3.0))
    return tmp_path


def replace_started(graph: LineageGraph, at: float) -> LineageGraph:
    return replace(graph, run=replace(graph.run, started=at))


@pytest.fixture
def diff(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def run(*words: object) -> tuple[int, str, str]:
        code = main(["diff", *map(str, words)])
        seen = capsys.readouterr()
        return code, seen.out, seen.err

    return run


def test_the_same_is_exit_0_and_different_exit_1(store: Path, diff: Any) -> None:
    code, out, _ = diff(FIRST, SECOND, "--store", store)
    assert code == 0
    assert out.startswith("same: ")
    code, out, _ = diff("--store", store)  # the last run against the one before
    assert code == 1
    first, rest = out.split("\n", 1)
    assert first == "different: `clean_orders` (job.py:10) is the first step that differs: 10 rows f…"
    said = " ".join(rest.split())
    assert said.count("`clean_orders` (job.py:10): 10 rows fewer; filter `amount >= 0` became `amount > 0`") == 1
    assert "+ return orders.filter('amount > 0')" in said
    assert "/out/report because of job.clean_orders" in said


def test_json_says_the_same_as_the_exit_code(store: Path, diff: Any) -> None:
    code, out, _ = diff(FIRST, THIRD, "--store", store, "--json")
    document = json.loads(out)
    assert (code, document["same"], document["a"], document["b"]) == (1, False, FIRST, THIRD)
    (first,) = document["first_divergences"]
    assert (first["function"], first["line"], first["rows"]) == ("clean_orders", 10, [100, 90])
    assert first["sample"]["changed"] == [{"key": {"id": "2"}, "a": {"amount": "0.0"}, "b": {"amount": "7.5"}}]


def test_the_baseline_is_the_latest_run_with_the_label(store: Path, diff: Any) -> None:
    code, out, _ = diff("--baseline", "main", "--store", store, "--json")
    assert (code, json.loads(out)["a"], json.loads(out)["b"]) == (1, SECOND, THIRD)
    code, out, _ = diff("--baseline", "branch=main", SECOND, "--store", store, "--json")
    assert (code, json.loads(out)["a"], json.loads(out)["b"]) == (0, FIRST, SECOND)


def test_runs_of_other_stores(store: Path, tmp_path: Path, diff: Any) -> None:
    other = tmp_path / "copied elsewhere"
    record(other, program().graph(FIRST))
    assert diff("--store", store, "--store-b", other)[0] == 1
    assert diff(SECOND, FIRST, "--store", store, "--store-b", other)[0] == 0
    assert diff(store / "runs" / THIRD, other / "runs" / FIRST)[0] == 1


def test_stores_and_runs_by_bare_folder_names(
    store: Path, tmp_path: Path, diff: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(tmp_path / "L_a", program().graph(FIRST))
    record(tmp_path / "L_b", program().graph(SECOND))
    record(tmp_path / "L_b", replace_started(program("amount > 0", "fewer").graph(THIRD), 3.0))
    monkeypatch.chdir(tmp_path)
    assert diff("L_a", "L_b", "--store", tmp_path / "nothing")[0] == 1
    monkeypatch.chdir(tmp_path / "L_b" / "runs")
    assert diff(FIRST, SECOND, "--store", store)[0] == 0
    assert diff(SECOND, THIRD)[0] == 1
    (tmp_path / "L_b" / "runs" / "empty").mkdir()
    assert "no runs in" in diff("empty", SECOND)[2]


def test_what_cannot_be_decided_is_exit_2(tmp_path: Path, diff: Any) -> None:
    unmeasured = Made("df", ("/data/orders",), content=None, reason="stepped_aside")
    record(tmp_path, Runs([unmeasured]).graph(FIRST))
    record(tmp_path, replace_started(Runs([replace(unmeasured, plan="other")]).graph(SECOND), 2.0))
    code, out, _ = diff("--store", tmp_path)
    assert code == 2
    assert out.startswith("uncertain: ")
    assert "df: not measured: stepped aside; its definition changed" in out


REFUSED = {
    "no such run": (("nosuch", "last"), "no run nosuch"),
    "too many": (("a", "b", "c"), "too many runs"),
    "no such label": (("--baseline", "nosuch"), "no other run"),
    "before the first": (("last~9", "last"), "goes back further"),
}


@pytest.mark.parametrize(("words", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_bad_input_is_one_sentence_and_exit_2(store: Path, diff: Any, words: tuple[str, ...], says: str) -> None:
    code, out, err = diff(*words, "--store", store)
    assert (code, out) == (2, "")
    assert err.startswith("spark-lineage: ")
    assert err.count("\n") == 1
    assert says in err


def test_runs_that_cannot_be_compared(tmp_path: Path, diff: Any) -> None:
    record(tmp_path, program().graph(FIRST))
    record(tmp_path, program(mode=Mode.PLAN).graph(SECOND))
    strangers = Runs([Made(each, ("/data/w",), plan=each, content=each) for each in "xyz"], program="/w.py", app="w")
    record(tmp_path, strangers.graph(THIRD))
    for other, says in ((SECOND, "plan mode"), (THIRD, "different programs")):
        code, out, err = diff(FIRST, other, "--store", tmp_path)
        assert (code, out, says in err, err.count("\n")) == (2, "", True, 1), err
    assert diff(FIRST, THIRD, "--force", "--store", tmp_path)[0] == 1


@pytest.mark.bad_events
def test_a_damaged_store_is_refused(store: Path, diff: Any) -> None:
    path = store / "runs" / FIRST / "events.jsonl"
    path.write_bytes(b"{ no json\n" + path.read_bytes())
    code, out, err = diff(FIRST, THIRD, "--store", store)
    assert (code, out, "damaged" in err) == (2, "", True)


def test_calls_of_one_step_are_told_together() -> None:
    parts = [
        Made("part", ("/data/orders",), plan="p", content=f"{number}", kind=StepKind.FUNCTION, source="s")
        for number in range(30)
    ]
    other = [replace(each, plan="q", content=f"{each.content}!", source="t") for each in parts]
    file = io.StringIO()
    comparison.show(compare_runs(Runs(parts).graph(FIRST), Runs(other).graph(SECOND)), Console(file=file, width=120))
    assert "is the first step that differs, in 30 calls: " in file.getvalue()
    assert "the same step differs in 30 calls: also #2, #3" in file.getvalue()
    assert len(file.getvalue().splitlines()) < 30


@pytest.mark.parametrize("width", [60, 80, 140])
def test_no_line_is_wider_than_the_terminal_and_colours_are_for_terminals(width: int) -> None:
    found = compare_runs(program().graph(FIRST), program("amount > 0", "fewer").graph(THIRD))
    for terminal in (False, True):
        file = io.StringIO()
        comparison.show(found, Console(file=file, width=width, highlight=False, force_terminal=terminal))
        assert ("\x1b[" in file.getvalue()) is terminal
        if not terminal:
            assert max(map(len, file.getvalue().splitlines())) <= width
