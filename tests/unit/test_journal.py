"""The journal: nothing twice, torn ends, the chain; samples apart."""

from __future__ import annotations

import json
import re
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


TAMPERED = {
    "altered": (lambda e: [*e[:3], e[3].replace(b"job.main", b"job.mine"), *e[4:]], "event 4 .*: it was altered"),
    "one byte": (lambda e: [e[0].replace(b"nightly", b"nightlx"), *e[1:]], "event 1 .*: it was altered"),
    "missing": (lambda e: [*e[:3], *e[4:]], "event 4 .* is missing, and event 5 stands in its place"),
    "missing at the end": (lambda e: e[:-1], "event 12 is missing: the chain has 12"),
    "added": (lambda e: [*e[:3], e[0].replace(b"nightly", b"nightlx"), *e[3:]], "event 4 .*: it was added"),
    "repeated": (lambda e: [*e[:3], e[0], *e[3:]], "event 4 .*: it was added"),
    "added at the end": (lambda e: [*e, e[-1]], "1 events at the end are not sealed"),
    "swapped": (lambda e: [*e[:2], e[5], *e[3:5], e[2], *e[6:]], "event 3 .*: it was swapped with event 6"),
    "moved": (lambda e: [*e[:2], e[6], *e[2:6], *e[7:]], "event 3 .*: event 7 was moved here"),
}  # fmt: skip


@pytest.mark.parametrize("how", TAMPERED)
@pytest.mark.bad_events
def test_the_first_event_that_was_altered_missing_added_or_swapped_is_named(folder: Path, how: str) -> None:
    change, says = TAMPERED[how]
    events = (folder / EVENTS).read_bytes().splitlines()
    (folder / EVENTS).write_bytes(b"".join(line + b"\n" for line in change(events)))
    verdict = verify(folder)
    assert not verdict.intact
    assert re.search(says, verdict.why or ""), verdict.why
    if "end" not in how:
        assert re.search(r" \((START|COMPLETE) of \S+\)$", verdict.why or ""), "which event stands there is said, too"


@pytest.mark.parametrize(
    ("line", "says"),
    [(b'{"seq":4,"sha256":"%s","chain":"0"}', "event 4 .*: the chain itself was altered there"),
     (b"no link", "event 4 .*: its link in the chain is not whole")],
)  # fmt: skip
def test_a_chain_that_was_altered_is_told_from_events_that_were(folder: Path, line: bytes, says: str) -> None:
    chain = (folder / CHAIN).read_bytes().splitlines()
    if b"%s" in line:
        line = line % json.loads(chain[3])["sha256"].encode()
    (folder / CHAIN).write_bytes(b"".join(each + b"\n" for each in [*chain[:3], line, *chain[4:]]))
    assert re.search(says, verify(folder).why or ""), verify(folder).why


def test_erasing_samples_leaves_the_chain_whole(folder: Path) -> None:
    assert (folder / SAMPLES).read_text().count("\n") == 3
    (folder / SAMPLES).unlink()
    assert verify(folder).intact


def test_sampled_values_are_not_in_the_events(folder: Path) -> None:
    for event in read_events(folder):
        for each in event.get("outputs", []):
            assert "rows" not in each["facets"].get("sparkLineage_sample", {})
