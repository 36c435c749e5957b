"""The journal: nothing twice, torn ends, the chain; samples apart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from observing import shop

from spark_lineage.events import build, samples
from spark_lineage.graph import assemble
from spark_lineage.sinks.journal import Journal
from spark_lineage.store.journal import CHAIN, EVENTS, SAMPLES, read_events, verify


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    graph = assemble(shop())
    Journal(tmp_path).write(build(graph), samples(graph))
    return tmp_path


def test_a_line_is_an_openlineage_event_and_nothing_else(folder: Path) -> None:
    lines = (folder / EVENTS).read_text().splitlines()
    assert len(lines) == 12  # START and COMPLETE of the application and five steps
    assert all(
        {"eventTime", "eventType", "producer", "schemaURL", "run", "job"} <= set(json.loads(line)) for line in lines
    )
    assert verify(folder).intact


def test_writing_again_adds_nothing(folder: Path) -> None:
    before = (folder / EVENTS).read_bytes()
    assert Journal(folder).write(build(assemble(shop()))) == 0
    assert (folder / EVENTS).read_bytes() == before


def test_start_first_and_the_rest_later_is_one_journal(tmp_path: Path) -> None:
    from spark_lineage.events import start

    graph = assemble(shop())
    assert Journal(tmp_path).write([start(assemble(shop()[:2]))]) == 1
    assert Journal(tmp_path).write(build(graph)) == 11
    assert verify(tmp_path).intact


@pytest.mark.parametrize("name", [EVENTS, CHAIN])
def test_a_torn_last_line_is_left_out_and_mended_by_the_next_writer(folder: Path, name: str) -> None:
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[:-20])
    assert len(read_events(folder)) == (11 if name == EVENTS else 12)
    Journal(folder).write(build(assemble(shop())))
    assert len(read_events(folder)) == 12
    if name == CHAIN:
        assert verify(folder).intact


def test_no_byte_of_an_event_changes_unseen(folder: Path) -> None:
    text = (folder / EVENTS).read_text()
    (folder / EVENTS).write_text(text.replace('"rowCount":80', '"rowCount":81', 1))
    verdict = verify(folder)
    assert not verdict.intact
    assert "event" in (verdict.why or "")


def test_dropped_swapped_and_added_events_are_seen(folder: Path) -> None:
    lines = (folder / EVENTS).read_bytes().splitlines(keepends=True)
    for broken in (lines[:-1], [lines[1], lines[0], *lines[2:]], [*lines, lines[-1]]):
        (folder / EVENTS).write_bytes(b"".join(broken))
        assert not verify(folder).intact


def test_erasing_samples_leaves_the_chain_whole(folder: Path) -> None:
    assert (folder / SAMPLES).read_text().count("\n") == 3
    (folder / SAMPLES).unlink()
    assert verify(folder).intact


def test_sampled_values_are_not_in_the_events(folder: Path) -> None:
    for event in read_events(folder):
        for each in event.get("outputs", []):
            assert "rows" not in each["facets"].get("sparkLineage_sample", {})
