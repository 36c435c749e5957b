"""docs/coverage.md names tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_each_row_is_held_by_tests_that_are_there() -> None:
    rows = [line for line in (ROOT / "docs" / "coverage.md").read_text("utf-8").splitlines() if line.startswith("| ")]
    named = [re.findall(r"`(tests/[^`]+)`", row.rpartition("| ")[2]) for row in rows[1:]]
    assert [row for row, tests in zip(rows[1:], named, strict=True) if not tests and not row.endswith("| none |")] == []
    for test in (test for tests in named for test in tests):
        file, _, function = test.partition("::")
        assert (ROOT / file).is_file(), test
        assert f"def {function}" in (ROOT / file).read_text("utf-8"), test
