"""``runs`` and ``history``: which run is which, and where a step's output changed; never more than was seen."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from observing import shop
from rich.console import Console

from spark_lineage.answers.errors import AnswerError
from spark_lineage.answers.series import history
from spark_lineage.cli.commands import main
from spark_lineage.events import build, samples
from spark_lineage.faces.terminal import history as history_table
from spark_lineage.graph import assemble
from spark_lineage.model import LineageGraph, Mode, Probed, ProgramStarted, RepositorySeen
from spark_lineage.sinks.journal import Journal
from spark_lineage.store.summaries import shortest

ROOT = Path(__file__).parents[2]


def run_id(number: int) -> str:
    return f"{number:08d}-a1b2-7000-8000-000000000000"


def graph(number: int, salt: int = 0, rows: int | None = None, mode: Mode = Mode.FLOW, **labels: str) -> LineageGraph:
    """Run ``number`` of the program; ``salt`` decides the content, ``rows`` those of ``clean``."""
    seen = []
    for each in shop(mode, run_id(number), salt):
        if isinstance(each, ProgramStarted):
            each = replace(each, at=each.at + number / 100, labels=labels)
            seen += [each, RepositorySeen("/home/ada", f"{number:040x}", "main", None, number % 2 == 1)]
            continue
        if isinstance(each, Probed) and each.dataset == "d2" and rows is not None:
            each = replace(each, rows=rows)
        seen.append(each)
    return assemble(seen)


def changes(graphs: Sequence[LineageGraph], words: str = "clean") -> list[tuple[str, ...]]:
    (series,) = history(graphs, words)
    return [point.changed for point in series.points]


def test_a_change_is_seen_in_the_run_where_it_came() -> None:
    found = changes([graph(1), graph(2), graph(3, salt=9, rows=81), graph(4, salt=9, rows=81)])
    assert found == [(), (), ("rows", "fingerprint"), ()]


def test_what_one_run_did_not_see_hides_no_change() -> None:
    found = changes([graph(1), graph(2, mode=Mode.PLAN), graph(3, salt=9)])
    assert found == [(), (), ("fingerprint",)]


def test_what_was_not_measured_is_not_called_the_same() -> None:
    (series,) = history([graph(1), graph(2, mode=Mode.PLAN)], "clean")
    assert "fingerprint" not in series.points[1].compared
    text = printed([graph(1), graph(2, mode=Mode.PLAN)])
    assert "no change seen (the content is known of 1) in 2 runs" in text
    assert "the same in 2 runs" in printed([graph(1), graph(2)])


def printed(graphs: Sequence[LineageGraph], words: str = "clean", width: int = 120) -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    history_table.show(history(graphs, words), console, shortest([each.run.id for each in graphs]))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [80, 120, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    graphs = [graph(each, salt=each // 3, rows=70 + each, agent="x" * 40) for each in range(1, 9)]
    lines = printed(graphs, width=width).splitlines()
    assert max(map(len, lines)) <= width
    assert "changed 7 times in 8 runs" in lines[0]


@pytest.mark.parametrize("words", ["clean", "job.main.clean", "main.clean", "good", "clean#1"])
def test_names_of_one_thing(words: str) -> None:
    (series,) = history([graph(1)], words)
    assert (series.subject.dataset, series.subject.step) == ("clean", "job.main.clean")


def test_a_step_that_makes_nothing_has_a_history_too() -> None:
    (series,) = history([graph(1), graph(2)], "report")
    assert series.points[0].dataset is not None
    assert series.points[0].dataset.name == "/data/report"


@pytest.mark.parametrize(("words", "says"), [("cleen", "the nearest: clean"), ("clean#7", "no call 7")])
def test_no_such_name(words: str, says: str) -> None:
    with pytest.raises(AnswerError, match=says) as error:
        history([graph(1)], words)
    assert "\n" not in str(error.value)


def record(store: Path, *graphs: LineageGraph) -> None:
    for each in graphs:
        Journal(store / "runs" / each.run.id, fsync=False).write(build(each), samples(each))


def test_the_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record(tmp_path, graph(1, agent="a"), graph(2, salt=9, agent="b"))
    assert main(["runs", "--json", "--store", str(tmp_path)]) == 0
    listed = json.loads(capsys.readouterr().out)["runs"]
    assert [each["id"] for each in listed] == [run_id(2), run_id(1)]
    assert {listed[0][key] for key in ("outcome", "mode", "app")} == {"complete", "flow", "job"}
    assert [each["dirty"] for each in listed] == [False, True]
    assert main(["runs", "--label", "a", "--store", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "00000000+" in out
    assert "agent=b" not in out
    assert main(["history", "clean", "--json", "--store", str(tmp_path)]) == 0
    points = json.loads(capsys.readouterr().out)["series"][0]["points"]
    assert [each["changed"] for each in points] == [[], ["fingerprint"]]
    assert [each["run"] for each in points] == [run_id(1), run_id(2)]


@pytest.mark.parametrize(
    ("words", "says"),
    [(["runs", "--label", "c"], "no run with the label c; the nearest known one is agent=a"),
     (["runs", "--app", "jib"], "the nearest known one is job"), (["history", "cleen"], "the nearest: clean"),
     (["history"], "Missing argument"), (["runs", "--last", "0"], "--last")],
)  # fmt: skip
def test_what_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], says: str) -> None:
    record(tmp_path, graph(1, agent="a"))
    assert main([*words, "--store", str(tmp_path)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert says in said.err
    assert len(said.err.splitlines()) == 1


def test_a_history_follows_the_program_that_has_the_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = graph(3)
    record(
        tmp_path,
        graph(1),
        graph(2),
        replace(other, run=replace(other.run, app="other"), datasets=(), steps=other.steps[:1]),
    )
    assert main(["history", "clean", "--json", "--store", str(tmp_path)]) == 0
    assert len(json.loads(capsys.readouterr().out)["series"][0]["points"]) == 2


def test_ids_are_as_short_as_they_can_be() -> None:
    assert shortest(["aaaaaaaaaa", "aaaaaaaaab", "b"]) == {
        "aaaaaaaaaa": "aaaaaaaaaa",
        "aaaaaaaaab": "aaaaaaaaab",
        "b": "b",
    }
    assert shortest(["0123456789", "1123456789"]) == {"0123456789": "01234567", "1123456789": "11234567"}


@pytest.mark.bad_events  # nothing wrong with them, but a thousand times the same
def test_a_thousand_runs_are_listed_within_a_second_of_processor_time(tmp_path: Path) -> None:
    made = graph(1)
    record(tmp_path, made)
    (events,) = tmp_path.glob("runs/*/events.jsonl")
    text = events.read_bytes()
    for number in range(2, 1001):
        folder = tmp_path / "runs" / run_id(number)
        folder.mkdir()
        (folder / "events.jsonl").write_bytes(text.replace(run_id(1).encode(), run_id(number).encode()))
    before = time.process_time()
    assert main(["runs", "--json", "--store", str(tmp_path)]) == 0
    took = time.process_time() - before
    print(f"{took:.2f} s")
    assert took < 2  # a third of a second on a quiet machine; the suite shares its processors


def test_click_completes_the_commands() -> None:
    environ = {
        **os.environ,
        "_SPARK_LINEAGE_COMPLETE": "bash_complete",
        "COMP_WORDS": "spark-lineage hist",
        "COMP_CWORD": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", "from spark_lineage.cli.commands import main; main([])"],
        cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert "history" in done.stdout
