"""What is told of a run while it runs: with what its end says later it is what the end alone would have written."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from observing import shop

from spark_lineage.events import amending, build, read, samples
from spark_lineage.graph import assemble
from spark_lineage.model import LineageGraph, Mode, Observation, ProgramStarted, RepositorySeen
from spark_lineage.sinks.journal import Journal, seal
from spark_lineage.sinks.live import Live
from spark_lineage.store.journal import read_events, read_samples, verify
from spark_lineage.store.runs import Store, open_folder
from spark_lineage.store.wal import PROCESS, WriteAhead
from tests.receiver import Book

RUN = "0197a1b2-0000-7000-8000-000000000001"


def in_mode(mode: Mode) -> list[Observation]:
    seen = shop()
    assert isinstance(seen[0], ProgramStarted)
    return [replace(seen[0], mode=mode), *seen[1:]]


def told_in_pieces(folder: Path, seen: list[Observation], size: int) -> WriteAhead:
    ahead = WriteAhead(folder)
    live = Live(folder)
    for at in range(0, len(seen) - 1, size):  # the last one ends the program
        ahead.append(seen[at : min(at + size, len(seen) - 1)])
        if at == 0:
            assert live.begin()
        live.tick()
    live.tick()
    live.tick()
    return ahead


def of_folder(folder: Path) -> LineageGraph:
    return open_folder(folder).graph


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_the_record_is_that_of_an_end_that_tells_all(tmp_path: Path, size: int, mode: Mode) -> None:
    seen = in_mode(mode)
    folder = tmp_path / RUN
    told_in_pieces(folder, seen, size).remove()
    early = [(event["run"]["runId"], event["eventType"]) for event in read_events(folder)]
    assert len(early) >= 5
    graph = assemble(seen)
    Journal(folder).write(build(graph), samples(graph))

    alone = tmp_path / "alone" / RUN
    Journal(alone).write(build(graph), samples(graph))
    assert of_folder(folder) == of_folder(alone) == read(read_events(folder), read_samples(folder))
    assert verify(folder).intact
    written = read_events(folder)
    every = [(event["run"]["runId"], event["eventType"]) for event in written]
    assert len(every) == len(set(every))
    assert every[: len(early)] == early
    mended = amending.amended((folder / "events.jsonl").read_bytes().splitlines())
    final = {(event["run"]["runId"], event["eventType"]): event for event in map(json.loads, mended)}
    for event in map(json.loads, map(json.dumps, build(graph))):
        same = final[(event["run"]["runId"], event["eventType"])]
        same["run"]["facets"].pop(amending.NAME, None)
        assert same == event
    book = Book()
    for event in written:
        assert book.receive(json.dumps(event).encode()).accepted
    assert book.breaches == []


def test_the_start_of_the_application_comes_first_and_its_end_is_not_told(tmp_path: Path) -> None:
    told_in_pieces(tmp_path, shop(), 5)
    events = read_events(tmp_path)
    assert (events[0]["eventType"], events[0]["job"]["name"]) == ("START", "job")
    assert [event["eventType"] for event in events if event["job"]["name"] == "job"] == ["START"]


def test_a_run_that_was_killed_in_the_middle_is_sealed_to_what_it_would_be_without(tmp_path: Path) -> None:
    seen = shop()[:-6]
    graphs = []
    for folder in (tmp_path / "told" / RUN, tmp_path / "alone" / RUN):
        ahead = told_in_pieces(folder, seen, 4) if folder.parent.name == "told" else WriteAhead(folder)
        if folder.parent.name == "alone":
            ahead.append(seen[:-1])
        ahead.close()
        process = json.loads((folder / PROCESS).read_text())
        (folder / PROCESS).write_text(json.dumps({**process, "started": "1"}))
        assert seal(folder)
        assert verify(folder).intact
        graphs.append(of_folder(folder))
    assert graphs[0] == graphs[1]


def test_an_event_that_the_end_would_not_have_written_is_left_out(tmp_path: Path) -> None:
    graph = assemble(shop())
    other = list(build(graph))[1]
    other["run"]["runId"] = "0197a1b2-0000-7000-8000-0000000000ff"
    Journal(tmp_path).write([next(build(graph)), other])
    Journal(tmp_path).write(build(graph), samples(graph))
    assert of_folder(tmp_path) == read(build(graph), samples(graph))


JSON = st.recursive(
    st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
)
OBJECTS = st.dictionaries(st.sampled_from("abc"), JSON, max_size=3)


@settings(suppress_health_check=[HealthCheck.too_slow])  # the machine may be busy with other tests
@given(OBJECTS, OBJECTS)
def test_a_patch_makes_the_one_from_the_other(before: dict[str, object], after: dict[str, object]) -> None:
    assert amending.patched(before, json.loads(json.dumps(amending.changes(before, after)))) == after


@given(OBJECTS, OBJECTS)
def test_what_is_amended_survives_clients_that_leave_nulls_out(
    before: dict[str, object], after: dict[str, object]
) -> None:
    told, final = ({"run": {"runId": RUN}, "eventType": "START", "of": each} for each in (before, after))
    facet = amending.facet([told], [final])
    if facet is None:
        assert before == after
        return
    sent = json.dumps(facet)
    assert "null" not in sent
    closing = {"run": {"runId": "last", "facets": {amending.NAME: json.loads(sent)}}, "eventType": "COMPLETE"}
    assert amending.amended_documents([told, closing])[0] == final


def test_a_list_of_runs_says_what_was_not_known_when_the_start_was_told(tmp_path: Path) -> None:
    first, *rest = shop()
    seen = RepositorySeen("/src", "0" * 40, "main", None)
    folder = tmp_path / "runs" / RUN
    told_in_pieces(folder, [first, seen, *rest], 1000).remove()
    graph = assemble([first, seen, replace(seen, dirty=True), *rest])
    Journal(folder).write(build(graph), samples(graph))
    (listed,) = Store(tmp_path).runs()
    assert listed.repository == graph.run.repository is not None
    assert listed.repository.dirty
