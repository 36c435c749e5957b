"""A store of a thousand runs lists in three seconds, and its last run is shown in one and a half."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.stores.programs import Place, many_runs

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
RUNS = 1_000
LIST, SHOW = 3.0, 1.5  # seconds, the start of Python included


def test_a_thousand_runs(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in place.variables.items():
        monkeypatch.setenv(name, value)
    many_runs(place, RUNS)
    there, took = place.on(tmp_path / "there"), {}
    asked = (
        ("show last, first", ("show", "last")), ("list, first", ("runs",)), ("list, again", ("runs",)),
        ("show last", ("show", "last")),
    )  # fmt: skip
    for what, words in asked:
        began = time.monotonic()
        found = there.document(*words)
        took[what] = round(time.monotonic() - began, 2)
        assert words[0] == "show" or len(found["runs"]) == RUNS
    print(took)
    assert max(took["list, first"], took["list, again"]) <= LIST
    assert max(took["show last, first"], took["show last"]) <= SHOW
