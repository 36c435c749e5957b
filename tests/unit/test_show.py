"""show: the table for people and the document for programs."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from observing import Program, function, module, probe, shop
from rich.console import Console
from validating import check_show

from spark_lineage.answers.show import document
from spark_lineage.cli.commands import main
from spark_lineage.events import build, samples
from spark_lineage.faces.terminal.show import show
from spark_lineage.graph import assemble
from spark_lineage.model import LineageGraph, Mode, Observation, OperationKind, Outcome, Place, Probed
from spark_lineage.sinks.journal import Journal
from spark_lineage.store import Store

ROOT = Path(__file__).parents[2]


def printed(graph: LineageGraph, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    show(graph, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def limited() -> list[Observation]:
    seen: list[Observation] = [each for each in shop() if not (isinstance(each, Probed) and each.dataset == "d2")]
    return [*seen, probe("d2", 20, ["a"], complete=False, reason="limit")]


def test_the_table_says_what_each_step_took_and_gave() -> None:
    lines = [line.rstrip() for line in printed(assemble(shop())).splitlines()]
    assert lines[0].startswith("job  complete  ")
    assert "flow mode" in lines[1]
    body = "\n".join(lines)
    for expected in ("load → clean", "80", "-20 -20%", "total → /data/report", "source  /data/orders  parquet   100"):
        assert expected in body


@pytest.mark.parametrize("width", [80, 100, 140, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    text = printed(assemble(shop()), width)
    assert max(len(line) for line in text.splitlines()) <= width
    assert "clean" in text


def test_what_is_not_known_is_a_question_mark_with_the_reason() -> None:
    for width in (80, 140):
        text = printed(assemble(limited()), width)
        assert "?" in text
        assert "limit" in text


def test_a_failing_step_shows_its_error() -> None:
    graph = assemble(shop())
    steps = [replace(step, outcome=Outcome.FAIL, error="ValueError: no\nat line 3") for step in graph.steps[-1:]]
    text = printed(replace(graph, steps=(*graph.steps[:-1], *steps)))
    assert "FAILED line_34" in text
    assert "ValueError: no" in text
    assert "at line 3" not in text


def test_markup_and_odd_names_are_shown_as_they_are() -> None:
    graph = assemble(shop())
    error = "KeyError: '[bold]x[/bold]'"
    text = printed(replace(graph, run=replace(graph.run, error=error, outcome=Outcome.FAIL)))
    assert error in text


def test_sampled_text_that_is_no_unicode_is_shown(tmp_path: Path) -> None:
    cell = "half \ud800 of a letter"
    seen = [
        replace(each, sample=replace(each.sample, rows=((cell, "1"),)))
        if isinstance(each, Probed) and each.sample is not None
        else each
        for each in shop()
    ]
    graph = assemble(seen)
    Journal(tmp_path / "runs" / graph.run.id).write(build(graph), samples(graph))
    read = document(Store(tmp_path).open().graph)["datasets"]
    assert {str(each["sample"]["rows"]) for each in read if each["sample"]} == {str([[cell, "1"]])}


def test_large_numbers_have_separators() -> None:
    seen = [each for each in shop() if not (isinstance(each, Probed) and each.dataset == "d2")]
    assert "1,234,567" in printed(assemble([*seen, probe("d2", 1234567, ["a", "b"])]))


@pytest.mark.parametrize(
    "seen", [shop(), limited(), shop(Mode.PLAN), shop(finished=False), [], shop()[:1]],
    ids=["shop", "limited", "plan", "running", "nothing", "begun"],
)  # fmt: skip
def test_the_document_keeps_its_contract(seen: list[Observation]) -> None:
    check_show(document(assemble(seen)))
    printed(assemble(seen))


def command(*arguments: str, of: str = "show", **environ: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **environ}
    environment.pop("COLUMNS", None)
    return subprocess.run(
        [sys.executable, "-m", "spark_lineage", of, *arguments], cwd=ROOT, env=environment, capture_output=True,
        text=True, timeout=60,
    )  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Path:
    write(tmp_path, assemble(shop()))
    return tmp_path


def write(store: Path, graph: LineageGraph) -> None:
    Journal(store / "runs" / graph.run.id, fsync=False).write(build(graph), samples(graph))


def asked(store: Path, *words: str, of: str = "show") -> tuple[int, str]:
    """Exit status and both streams of a command, in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main([of, *words, "--store", str(store)])
    return status, " ".join((out.getvalue() + err.getvalue()).split())


def test_one_step_has_its_columns_and_operators(store: Path) -> None:
    status, said = asked(store, "last", "clean")
    assert status == 0
    assert "job.main.clean" in said
    assert "column type nulls made by" in said
    assert "line_34" not in said
    assert said.count("load → clean") == 1
    # What a step encloses comes with it; a dataset stands for the step that made it.
    assert "load → clean" in asked(store, "last", "job.main")[1]
    assert asked(store, "last", "/data/report")[1] == asked(store, "last", "line_34")[1]
    document = json.loads(asked(store, "last", "clean", "--json")[1])
    check_show(document)
    assert [step["step"] for step in document["steps"]] == ["job.main.clean"]
    assert [dataset["id"] for dataset in document["datasets"]] == ["load", "clean"]


@pytest.mark.parametrize(
    ("words", "says"),
    [("claen", "has no step claen; the nearest: clean"), ("clean#7", "there is no call clean#7"),
     ("/data/orders", "made by no step")],
)  # fmt: skip
def test_a_step_that_there_is_not(store: Path, words: str, says: str) -> None:
    status, said = asked(store, "last", words)
    assert (status, says in said) == (2, True), said


def test_the_mode_that_would_know_is_named() -> None:
    for width in (80, 120):
        text = " ".join(printed(assemble(shop(Mode.PLAN)), width).split())
        modes = "`--mode flow`, `--mode used` or `--mode exact`"
        assert f"? plan mode: load, clean, total and 1 more; {modes} would count them" in text
        assert "--mode" not in printed(assemble(shop()), width)
        assert "--mode" not in printed(assemble(limited()), width), "a limit stays one in every mode"


def test_the_command_prints_the_contract_and_no_colours_into_a_pipe(store: Path) -> None:
    done = command("last", "--json", "--store", str(store))
    assert done.returncode == 0, done.stderr
    check_show(json.loads(done.stdout))
    done = command("--store", str(store))
    assert done.returncode == 0
    assert "\x1b[" not in done.stdout
    assert "load → clean" in done.stdout


def test_the_command_says_in_one_sentence_what_is_wrong(store: Path) -> None:
    for arguments in (["nobody"], ["last~7"]):
        done = command(*arguments, "--store", str(store))
        assert done.returncode == 2
        assert done.stdout == ""
        assert "Traceback" not in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1


def test_verify_says_whether_the_journal_is_as_it_was_written(store: Path) -> None:
    done = command("last", "--store", str(store), of="verify")
    assert (done.returncode, done.stdout.splitlines()[0].rsplit(": ")[-1]) == (0, "intact, 12 events")
    done = command("last", "--json", "--store", str(store), of="verify")
    said = json.loads(done.stdout)
    assert (done.returncode, said["intact"], said["events"], said["why"]) == (0, True, 12, None)
    events = next(store.glob("runs/*/events.jsonl"))
    events.write_text(events.read_text().replace('"rowCount":80', '"rowCount":81'))
    done = command("last", "--store", str(store), of="verify")
    assert done.returncode == 1
    assert "not the one that was written" in done.stdout
    assert command("nobody", "--store", str(store), of="verify").returncode == 2


def test_rebuild_makes_the_audit_tables(store: Path) -> None:
    done = command("--store", str(store), of="rebuild")
    assert (done.returncode, done.stdout) == (0, f"1 run written to {store / 'audit'}\n"), done.stderr
    assert command("--missing", "--store", str(store), of="rebuild").stdout.startswith("0 runs")


def test_a_thousand_datasets_are_shown_within_half_a_second_of_processor_time(tmp_path: Path) -> None:
    graph = large(1000)
    write(tmp_path, graph)
    from spark_lineage.store import Store

    before = time.process_time()
    printed(Store(tmp_path).open("last").graph, 120)
    json.dumps(document(graph))
    took = time.process_time() - before
    print(f"{took:.2f} s")
    assert took < 2  # half a second on a quiet machine; the suite shares its processors


def large(datasets: int) -> LineageGraph:
    p = Program()
    p.read(module(None), function("f", 10, None))
    body = p.call("<module>", 1, composite=True)
    for number in range(datasets + 1):
        call = p.call(f"f{number}", 10, Place(body, 0, 1))
        path = (Place(body, 0, 1), Place(call, 0, 11))
        p.op(path, OperationKind.TRANSFORM, inputs=[f"d{number}"] if number else [], output=f"d{number + 1}")
        p.end(call)
        p.seen.append(probe(f"d{number}", 100, [f"c{each}" for each in range(10)]))
    p.finish()
    return assemble(p.seen)
