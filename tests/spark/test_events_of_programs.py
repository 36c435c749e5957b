"""The events of real programs break none of the receiver's rules."""

from __future__ import annotations

import pytest
from program_runs import Runs

from tests.receiver.replay import check, replay


@pytest.mark.parametrize("program", ["flat", "nested", "plans", "partial"])
def test_programs(runs: Runs, program: str) -> None:
    book = replay(runs.observed(program).succeeded().store)
    assert book.received
    check(book)


@pytest.mark.parametrize("how", ["nothing", "python", "action", "exit"])
def test_endings(runs: Runs, how: str) -> None:
    """Runs that fail end too: every START has its FAIL."""
    book = replay(runs.observed("ending", how).store)
    assert book.received
    check(book)
