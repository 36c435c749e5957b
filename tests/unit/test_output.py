"""Where answers go: streams that know few letters, that are full, closed, or that nobody reads to the end."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TextIO

import pytest
from observing import shop

from spark_lineage.cli.commands import main
from spark_lineage.events import build, samples
from spark_lineage.graph import assemble
from spark_lineage.privacy.terminal import printable, spelled
from spark_lineage.sinks.journal import Journal
from spark_lineage.store.wal import WriteAhead

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs that are the same but for their ids."""
    folder = tmp_path_factory.mktemp("output")
    graph = assemble(shop())
    for run in (graph.run, replace(graph.run, id=f"{graph.run.id[:-1]}f", started=graph.run.started + 1)):
        of_run = replace(graph, run=run)
        Journal(folder / "runs" / run.id, fsync=False).write(build(of_run), samples(of_run))
    return folder


@pytest.fixture
def asked(store: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """The exit status of a command whose standard output is ``stream``, in a terminal of ``COLUMNS``."""

    def ask(words: str, stream: TextIO, columns: str | None = None) -> int:
        monkeypatch.delenv("COLUMNS", raising=False)
        if columns is not None:
            monkeypatch.setenv("COLUMNS", columns)
        with monkeypatch.context() as patched:
            patched.setattr(sys, "stdout", stream)
            return main([*words.split(), "--store", str(store)])

    return ask


def written(ask: Callable[..., int], words: str, encoding: str, columns: str = "100") -> str:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    assert ask(words, stream, columns) == 0
    stream.seek(0)
    return stream.read()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_letters_that_a_stream_does_not_know_are_spelled(asked: Callable[..., int], encoding: str) -> None:
    spelt, whole = (written(asked, "show", each) for each in (encoding, "utf-8"))
    assert "→" in whole
    assert "->" in spelt
    assert "→" not in spelt
    # The columns behind an arrow stand where their headings do.
    heading, *lines = [line for line in spelt.splitlines() if " -> " in line or "measured" in line]
    assert {line.index("complete") for line in lines} == {heading.index("measured")}


def test_the_spelling_of_other_letters() -> None:
    assert spelled("a → b… ☃ \N{PILE OF POO}", "ascii") == r"a -> b... \u2603 \U0001f4a9"
    assert spelled("Müller → ß", "latin-1") == "Müller -> ß"
    assert spelled("a → b", "utf-8") == "a → b"
    assert printable("plain") == "plain"
    assert printable("\x1b[31mred\ttab\nline\x7f\udc80") == r"\x1b[31mred" + "\ttab\nline" + r"\x7f\udc80"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here")
@pytest.mark.parametrize("words", ["show", "show --json", "runs"])
def test_a_full_stream_is_one_sentence(
    asked: Callable[..., int], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with contextlib.suppress(OSError), open("/dev/full", "w", encoding="utf-8") as full:
        assert asked(words, full) == 2
    said = capsys.readouterr().err
    assert said.startswith("spark-lineage: the answer could not be written: ")
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "status"), [("diff", 0), ("show --json", 0), ("diff last last~1", 0), ("diff no", 2)]
)
def test_a_pipe_that_nobody_reads_leaves_the_status(
    asked: Callable[..., int], words: str, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w", encoding="utf-8") as pipe:
        assert asked(words, pipe) == status
    assert "Broken" not in capsys.readouterr().err


def test_as_a_process_whose_streams_are_closed(store: Path) -> None:
    """The interpreter itself flushes at its end, and must have nothing to tell either."""
    us = f"{sys.executable} -m spark_lineage"
    words = f"{us} diff --store {store} >&-; echo $? >&2; (sleep 0.2; {us} show --store {store}; echo $? >&2) | true"
    done = subprocess.run(["bash", "-c", words], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stderr.split() == ["0", "0"]


@pytest.mark.parametrize(("columns", "widest"), [("0", 80), ("7", 60), ("80", 80), ("120", 120)])
def test_a_width_that_nobody_can_read(asked: Callable[..., int], columns: str, widest: int) -> None:
    lines = written(asked, "show", "utf-8", columns).splitlines()
    assert any("clean" in line for line in lines)
    assert max(map(len, lines)) <= widest


def test_alone_it_prints_its_help_with_whole_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "…" not in out
    assert "..." not in out.partition("Commands:")[2]
    assert "joins that multiply or lose" in " ".join(out.split())


def test_an_empty_name_is_no_run(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["show", ""], ["verify", " "], ["diff", "", "last"], ["explain", "a.b", ""]):
        assert main([*words, "--store", str(store)]) == 2
        assert "an empty text names no run" in capsys.readouterr().err


def test_a_run_that_still_runs_is_told_by_every_reader(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seen = shop(finished=False)
    begun = assemble(seen).run.id
    ahead = WriteAhead(tmp_path / "runs" / begun)
    ahead.append(seen[:-10])
    ahead.close()

    def said(*words: str) -> tuple[int, str]:
        status = main([*words, "--store", str(tmp_path)])
        captured = capsys.readouterr()
        return status, " ".join((captured.out + captured.err).split())

    status, told = said("check")
    assert (status, "still runs" in told, "passed run" in told) == (2, True, False)
    status, told = said("check", "--json")
    assert (status, json.loads(told)["passed"], json.loads(told)["running"]) == (2, False, True)
    assert "still runs" in said("show")[1]
    assert "still runs" in said("explain", "nosuch.column")[1]
    status, told = said("diff", "last", "last")
    assert (status, "still runs" in told) == (2, True)
