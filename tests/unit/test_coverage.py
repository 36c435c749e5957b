"""docs/coverage.md names tests that are there, says what was seen of each call, and leaves out no public method."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.coverage import page, surface
from tests.coverage.program import calls

ROOT = Path(__file__).parents[2]


def test_each_row_is_held_by_tests_that_are_there() -> None:
    written = (ROOT / "docs" / "coverage.md").read_text("utf-8").partition(page.MARK)[0]
    rows = [line for line in written.splitlines() if line.startswith("| ")]
    named = [re.findall(r"`(tests/[^`]+)`", row.rpartition("| ")[2]) for row in rows[1:]]
    assert [row for row, tests in zip(rows[1:], named, strict=True) if not tests and not row.endswith("| none |")] == []
    for test in (test for tests in named for test in tests):
        file, _, function = test.partition("::")
        assert (ROOT / file).is_file(), test
        assert f"def {function}" in (ROOT / file).read_text("utf-8"), test


def test_the_page_says_what_was_seen() -> None:
    assert page.PAGE.read_text("utf-8") == page.page(page.kept()), "python -m tests.coverage"


@pytest.mark.parametrize("table", ["spark", "frames"])
def test_every_public_method_has_a_call(table: str) -> None:
    there = surface.of_spark() if table == "spark" else surface.of_frames()
    assert list(surface.without_a_call(there, [(call.owner, call.method) for call in calls(table)])) == []


def test_nothing_is_lost_silently() -> None:
    kept = page.kept()
    assert [name for found in kept.values() for name, seen in found.items() if seen.lineage == "lost"] == []
    names = {call.name: call for table in ("spark", "frames") for call in calls(table)}
    seen = {name for found in kept.values() for name in found}
    assert {name for name, call in names.items() if call.mark != "not called"} == seen
    refused = {name for kind in ("classic", "frames") for name, found in kept[kind].items() if found.failed}
    assert refused == set(), "each call is one that the library takes"
