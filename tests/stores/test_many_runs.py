"""A store of a thousand runs lists in three seconds, and its last run is shown in one and a half."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import replace
from pathlib import Path

import pytest

from spark_lineage.events import build, samples
from spark_lineage.graph import assemble
from spark_lineage.sinks.bringing import BROUGHT, Bringing
from spark_lineage.sinks.journal import Journal
from spark_lineage.store import places
from tests.stores.programs import Place
from tests.unit.observing import shop

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
RUNS = 1_000
LIST, SHOW = 3.0, 1.5  # seconds, the start of Python included


def test_a_thousand_runs(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in place.variables.items():
        monkeypatch.setenv(name, value)
    mirror = places.folder_of(place.store, str(place.spool))
    graph = assemble(shop())
    for number in range(RUNS):
        run = str(uuid.UUID(int=(1_700_000_000_000 + number * 1000) << 80 | 0x7 << 76 | 0b10 << 62 | number))
        own = replace(graph, run=replace(graph.run, id=run, started=1_700_000_000.0 + number))
        folder = mirror / "runs" / run
        places.mark_pending(folder)
        Journal(folder, fsync=False).write(build(own), samples(own))
        # Ten commits a run would take the test a quarter of an hour; what reads here has no need of the tables.
        (folder / BROUGHT).write_text(json.dumps({"tables": True}))
    remote = places.place_of(mirror)
    assert remote is not None
    assert Bringing(mirror, remote).bring_waiting().left == 0
    there = place.on(tmp_path / "there")
    took = {}
    for what, words in (("list, first", ("runs",)), ("list, again", ("runs",)), ("show last", ("show", "last"))):
        began = time.monotonic()
        found = there.document(*words)
        took[what] = round(time.monotonic() - began, 2)
        assert what == "show last" or len(found["runs"]) == RUNS
    fresh = place.on(tmp_path / "fresh")
    began = time.monotonic()
    fresh.document("show", "last")
    took["show last, first"] = round(time.monotonic() - began, 2)
    print(took)
    assert max(took["list, first"], took["list, again"], took["show last, first"]) <= LIST
    assert took["show last"] <= SHOW
