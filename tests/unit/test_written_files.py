"""A gap for files that were written and are not there any more, by whatever means they were moved."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from comparing import Made, Runs
from rich.console import Console

from spark_lineage.answers import explain
from spark_lineage.answers.diff import compare_runs
from spark_lineage.answers.diff.document import document
from spark_lineage.faces.terminal import diff as shown_diff
from spark_lineage.faces.terminal import explain as shown_explanation
from spark_lineage.model import Gap, LineageGraph, SparkStarted
from spark_lineage.surroundings.written_files import MOVED, moved


def graph(path: Path, master: str = "local[2]") -> LineageGraph:
    made = Runs([Made("report", ("/data/orders",))], sinks=[(str(path), "report")]).graph()
    spark = SparkStarted("a", "a", "4.2.0", "2.13", "17", master, 1.0)
    return replace(made, run=replace(made.run, spark=spark))


def written(folder: Path, partition: str = "") -> Path:
    """As Spark leaves it."""
    out = folder / "out"
    (out / partition).mkdir(parents=True)
    for name in ("_SUCCESS", "._SUCCESS.crc"):
        (out / name).write_text("")
    for name in (".part-0.csv.crc", "part-0.csv"):
        (out / partition / name).write_text("x")
    return out


MOVES: dict[str, Callable[[Path], object]] = {
    "the folder by shutil": lambda out: shutil.move(out, out.parent / "final"),
    "the folder by os": lambda out: os.replace(out, out.parent / "final"),
    "the file by pathlib": lambda out: next(out.rglob("part-*")).rename(out.parent / "final.csv"),
    "removed": shutil.rmtree,
}


@pytest.mark.parametrize("partition", ["", "day=1"])
@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES.keys())
def test_what_was_moved_away_is_a_gap(tmp_path: Path, move: Callable[[Path], object], partition: str) -> None:
    out = written(tmp_path, partition)
    assert list(moved(graph(out))) == []
    move(out)
    (gap,) = moved(graph(out))
    assert (gap.step, gap.dataset, gap.what, gap.why) == ("job.line_11", str(out), "sink", MOVED)
    assert list(moved(graph(out, "yarn"))) == [], "executors wrote it on other machines"


def test_one_file_and_what_was_written_again(tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("x")
    assert list(moved(graph(tmp_path / "one.csv"))) == []
    assert list(moved(graph(tmp_path / "never"))) != []


def test_diff_and_explain_say_so(tmp_path: Path) -> None:
    out = tmp_path / "out"
    made = graph(out)
    of_run = replace(made, gaps=(Gap("job.line_11", str(out), "sink", MOVED),))
    comparison = compare_runs(made, of_run)
    assert comparison.gone == (("B", str(out), MOVED),)
    assert document(comparison)["gone"] == [{"run": "b", "dataset": str(out), "why": MOVED}]
    explanation = explain.explain(of_run, f"{out}.id")
    assert [(gap.dataset, gap.why) for gap in explanation.gaps] == [(str(out), MOVED)]
    assert explain.explain(made, f"{out}.id").gaps == ()
    for show, answer in ((shown_diff.show, comparison), (shown_explanation.show, explanation)):
        written = io.StringIO()
        show(answer, Console(file=written, width=200))  # type: ignore[operator]
        assert "the files that were written here were moved or removed" in written.getvalue()
