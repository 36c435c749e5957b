"""Stores that are damaged, foreign or newer: every reader answers, or says in one sentence why it cannot (exit 2)."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from observing import shop

from spark_lineage import __version__
from spark_lineage.cli.commands import main
from spark_lineage.events import build, samples
from spark_lineage.graph import assemble
from spark_lineage.model import FORMAT, ProgramStarted
from spark_lineage.sinks.journal import Journal
from spark_lineage.store.journal import GENESIS, links
from spark_lineage.store.wal import NAME, PROCESS, WriteAhead

pytestmark = pytest.mark.bad_events

FIRST = "0197a1b2-0000-7000-8000-000000000001"
SECOND = "0197a1b2-0000-7000-8000-000000000002"
READERS = (
    ["show"], ["show", "--json"], ["explain", "clean.a"], ["explain", "clean.a", "--json"], ["verify"], ["status"],
    ["runs"], ["runs", "--json"], ["history", "clean"], ["history", "clean", "--json"], ["diff", "last~1", "last"],
    ["diff", "last~1", "last", "--json"],
)  # fmt: skip
OPENING = [words for words in READERS if words[0] not in ("verify", "status", "runs")]


def record(store: Path, run: str, at: float = 0.0) -> Path:
    seen = shop(run=run)
    assert isinstance(seen[0], ProgramStarted)
    seen[0] = replace(seen[0], at=seen[0].at + at)
    graph = assemble(seen)
    folder = store / "runs" / run
    Journal(folder, fsync=False).write(build(graph), samples(graph))
    return folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = tmp_path_factory.mktemp("whole")
    record(store, FIRST)
    record(store, SECOND, at=0.05)
    return store


@pytest.fixture
def store(whole: Path, tmp_path: Path) -> Path:
    """The last run is the one to be damaged."""
    shutil.copytree(whole, tmp_path / "store")
    return tmp_path / "store"


def answer(words: list[str], store: Path) -> tuple[int, str, str]:
    """As the command does; an exception that it would not catch is raised here."""
    out, err = io.StringIO(), io.StringIO()
    environ = {"COLUMNS": "100", "OPENLINEAGE__TRANSPORT__TYPE": "console"}
    with mock.patch.dict(os.environ, environ), redirect_stdout(out), redirect_stderr(err):
        try:
            code = main([*words, "--store", str(store)])
        except SystemExit as done:
            code = int(done.code or 0)
    return code, out.getvalue(), err.getvalue()


def one_sentence(words: list[str], store: Path) -> str:
    code, out, err = answer(words, store)
    assert code == 2, (words, code, out, err)
    assert words[0] in ("runs", "history") or out == ""
    assert len(err.splitlines()) == 1, err
    assert err.startswith("spark-lineage: ")
    return err


def rewritten(folder: Path, change: Callable[[str], str], seal: bool = False) -> None:
    """``seal``: with a chain over what is there now, as whoever wrote it would have made it."""
    path = folder / "events.jsonl"
    path.write_text(change(path.read_text()))
    if seal:
        written = path.read_bytes().splitlines()
        (folder / "chain.jsonl").write_bytes(b"".join(link + b"\n" for link in links(GENESIS, 0, written)))


def last(store: Path) -> Path:
    return store / "runs" / SECOND


def test_every_reader_reads_the_whole_store(store: Path) -> None:
    for words in READERS:
        code, _, err = answer(words, store)
        assert (code, err) == (0, ""), (words, err)


CUT: dict[str, Callable[[str], str]] = {
    "cut in the last line": lambda text: text[:-40],
    "cut in the middle": lambda text: text[: len(text) // 2],
    "no JSON in the middle": lambda text: text.replace('"eventType":"COMPLETE"', '"eventType":}', 1),
    "another number": lambda text: text.replace('"rowCount":80', '"rowCount":81'),
    "a line less": lambda text: "".join(text.splitlines(keepends=True)[:3] + text.splitlines(keepends=True)[4:]),
    "no facets": lambda text: text.replace("sparkLineage_", "other_"),
    "empty": lambda text: "",
    "binary": lambda text: "\x00\x01\n" * 50,
}


@pytest.mark.parametrize("what", CUT)
def test_a_damaged_journal_is_refused_by_every_reader(store: Path, what: str) -> None:
    rewritten(last(store), CUT[what])
    for words in OPENING:
        assert "cannot be read" in one_sentence(words, store)
    code, out, err = answer(["verify"], store)
    assert (code, err.count("\n")) == (1, 0) or (code, out) == (2, ""), (out, err)


@pytest.mark.parametrize("what", ["cut in the last line", "cut in the middle", "no facets"])
def test_without_its_chain_too(store: Path, what: str) -> None:
    (last(store) / "chain.jsonl").unlink()
    rewritten(last(store), CUT[what])
    for words in OPENING:
        one_sentence(words, store)


def test_facts_that_are_missing_or_of_another_type_are_refused_even_under_a_new_chain(store: Path) -> None:
    rewritten(last(store), lambda text: text.replace('"rowCount":80', '"rowCount":"many"'), seal=True)
    for words in OPENING:
        assert "row" in one_sentence(words, store)
    shutil.rmtree(last(store))
    folder = record(store, SECOND, at=0.05)
    rewritten(folder, lambda text: text.replace('"function":"clean"', '"fun":"clean"'), seal=True)
    for words in OPENING:
        assert "function" in one_sentence(words, store)


MAJOR, MINOR, PATCH = map(int, __version__.split("."))
OURS = f"sparklineage.io/{__version__}"
NEWER: dict[str, Callable[[str], str]] = {
    "format": lambda text: text.replace(f"/facets/{FORMAT}/", f"/facets/{FORMAT + 1}/"),
    "release": lambda text: text.replace(OURS, f"sparklineage.io/{MAJOR}.{MINOR + 1}.0"),
    "first number": lambda text: text.replace(OURS, "sparklineage.io/17.0.0"),
}


@pytest.mark.parametrize("what", NEWER)
@pytest.mark.parametrize("seal", [True, False])
def test_a_newer_store_is_refused_with_what_to_do(store: Path, what: str, seal: bool) -> None:
    rewritten(last(store), NEWER[what], seal)
    for words in [*OPENING, ["verify"], ["runs"], ["runs", "--json"], ["status"], ["rebuild"], ["send"]]:
        assert "newer" in one_sentence(words, store)


def test_a_later_correction_of_the_same_version_is_no_newer_format(store: Path) -> None:
    rewritten(last(store), lambda text: text.replace(OURS, f"sparklineage.io/{MAJOR}.{MINOR}.{PATCH + 9}"), seal=True)
    for words in READERS:
        assert answer(words, store)[0] == 0


def killed(store: Path, **process: Any) -> Path:
    shutil.rmtree(last(store))
    seen = shop(run=SECOND, finished=False)
    assert isinstance(seen[0], ProgramStarted)
    seen[0] = replace(seen[0], at=seen[0].at + 0.05)
    ahead = WriteAhead(last(store))
    ahead.append(seen)
    ahead.close()
    document = json.loads((last(store) / PROCESS).read_text())
    (last(store) / PROCESS).write_text(json.dumps({**document, "started": "1", **process}))
    return last(store)


def test_a_killed_run_of_a_newer_version(store: Path) -> None:
    killed(store, format=FORMAT + 1)
    for words in OPENING:
        assert "newer" in one_sentence(words, store)


def test_lines_of_a_killed_run_that_cannot_be_read_are_a_gap(store: Path) -> None:
    folder = killed(store)
    lines = (folder / NAME).read_bytes().splitlines(keepends=True)
    (folder / NAME).write_bytes(b"".join([*lines[:5], b'{"_": "Mode"}\n', b"[]\n", b"\xff\xfe\n", *lines[5:]]))
    code, out, _ = answer(["show"], store)
    assert code == 0
    assert "3 lines of observations.jsonl cannot be read" in out


def test_erased_samples_are_no_damage_and_altered_ones_are(store: Path) -> None:
    path = last(store) / "samples.jsonl"
    kept = path.read_text()
    path.unlink()
    for words in READERS:
        assert answer(words, store)[0] == 0
    path.write_text(kept.replace('\\"1\\"', '\\"2\\"'))
    assert "sample" in one_sentence(["show", "--json"], store)
    code, out, _ = answer(["verify"], store)
    assert (code, "the sample of" in out) == (1, True)
    path.write_text("{}\n")
    assert "samples.jsonl" in one_sentence(["show", "--json"], store)


def test_what_is_no_run_is_no_run(store: Path) -> None:
    (store / "runs" / "notes").mkdir()
    (store / "runs" / "notes" / "events.txt").touch()
    (store / "runs" / "README").touch()
    for words in READERS:
        assert answer(words, store)[0] == 0
    assert "no run notes" in one_sentence(["show", "notes"], store)


def test_a_store_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "runs").write_text("x")
    for words in [each for each in READERS if each != ["status"]]:
        assert "no runs in" in one_sentence(words, tmp_path / "nothing")
        assert "is no store but a file" in one_sentence(words, tmp_path / "file")
        one_sentence(words, tmp_path / "odd")


@pytest.mark.parametrize("name", ["events.jsonl", "chain.jsonl"])
def test_folders_where_files_should_be(store: Path, name: str) -> None:
    (last(store) / name).unlink()
    (last(store) / name).mkdir()
    for words in OPENING:
        assert "Is a directory" in one_sentence(words, store)


def test_what_may_not_be_read(store: Path) -> None:
    """As root reads everything, the refusal is made here."""
    real = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path.name == "events.jsonl" and SECOND in str(path):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    with mock.patch.object(Path, "read_bytes", refuse):
        for words in OPENING:
            assert "Permission denied" in one_sentence(words, store)


def test_the_list_names_the_run_that_cannot_be_read_and_shows_the_others(store: Path) -> None:
    rewritten(last(store), CUT["cut in the last line"])
    code, out, err = answer(["runs"], store)
    assert code == 2
    assert "unreadable" in out
    assert "complete" in out
    assert SECOND in err
    listed = json.loads(answer(["runs", "--json"], store)[1])["runs"]
    assert [each["unreadable"] is None for each in listed] == [False, True]


def test_a_run_from_another_machine_is_read_by_its_folder_alone(store: Path, tmp_path: Path) -> None:
    """No reader needs the program, the paths in it, or the rest of the store."""
    (tmp_path / "elsewhere" / "runs").mkdir(parents=True)
    shutil.move(last(store), tmp_path / "elsewhere" / "runs" / SECOND)
    for words in READERS:
        if words[0] != "diff":
            assert answer(words, tmp_path / "elsewhere")[0] == 0


# --------------------------------------------------------------------------- random damage


def checked(store: Path) -> None:
    for words in READERS:
        code, _, err = answer(words, store)
        assert code == 0 or (code == 1 and words[0] in ("verify", "diff")) or (code == 2 and err), (words, code, err)
        assert len(err.splitlines()) <= 1, err


FUZZ = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FUZZ
@given(st.data())
def test_bytes_at_random(whole: Path, tmp_path: Path, data: st.DataObject) -> None:
    store = fresh(whole, tmp_path)
    path = last(store) / data.draw(st.sampled_from(["events.jsonl", "chain.jsonl", "samples.jsonl"]))
    content = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at : at + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=12))
    path.write_bytes(content)
    if data.draw(st.booleans()):
        (last(store) / "chain.jsonl").unlink(missing_ok=True)
    checked(store)


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(allow_nan=False), st.text(max_size=5),
    st.sampled_from([[], {}, [None], [[]], {"a": []}, "2023-13-45T99:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01"]),
)  # fmt: skip


@FUZZ
@given(st.data())
def test_values_at_random_under_a_chain_that_fits(whole: Path, tmp_path: Path, data: st.DataObject) -> None:
    store = fresh(whole, tmp_path)
    path = last(store) / "events.jsonl"
    events = [json.loads(line) for line in path.read_text().splitlines()]
    places = list(ours(events))
    holder, key = places[data.draw(st.integers(0, len(places) - 1))]
    if data.draw(st.booleans()):
        holder[key] = data.draw(VALUES)
    else:
        del holder[key]
    rewritten(last(store), lambda _: "".join(json.dumps(each) + "\n" for each in events), seal=True)
    checked(store)


@FUZZ
@given(st.data())
def test_observations_at_random(whole: Path, tmp_path: Path, data: st.DataObject) -> None:
    store = fresh(whole, tmp_path)
    folder = killed(store)
    seen = [json.loads(line) for line in (folder / NAME).read_text().splitlines()]
    places = list(inside(seen))
    holder, key = places[data.draw(st.integers(0, len(places) - 1))]
    holder[key] = data.draw(VALUES)
    (folder / NAME).write_text("".join(json.dumps(each) + "\n" for each in seen))
    checked(store)


def fresh(whole: Path, folder: Path) -> Path:
    shutil.rmtree(folder / "fuzzed", ignore_errors=True)
    shutil.copytree(whole, folder / "fuzzed")
    return folder / "fuzzed"


def ours(events: list[Any]) -> Any:
    """Everything in our facets, and what the events stand on."""
    for event in events:
        for facets in [
            event["run"]["facets"],
            *(each.get("facets", {}) for each in event["inputs"] + event["outputs"]),
        ]:
            for name, facet in facets.items():
                if name.startswith("sparkLineage_") or name == "schema":
                    yield facets, name
                    yield from inside(facet)
        yield event["run"], "runId"
        yield event, "eventType"


def inside(value: Any) -> Any:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in list(pairs):
        yield value, key
        yield from inside(each)


def test_the_digest_of_the_chain_is_that_of_the_documentation(store: Path) -> None:
    """``chain.jsonl``: sha256 of the line, and of the chain before with it."""
    chain = "0" * 64
    for line, link in zip(
        (last(store) / "events.jsonl").read_bytes().splitlines(), (last(store) / "chain.jsonl").read_text().splitlines()
    ):
        digest = hashlib.sha256(line).hexdigest()
        chain = hashlib.sha256((chain + digest).encode()).hexdigest()
        assert json.loads(link)["sha256"] == digest
        assert json.loads(link)["chain"] == chain
