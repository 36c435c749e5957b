"""The events of real programs break none of the receiver's rules."""

from __future__ import annotations

import pytest
from program_runs import Runs

from spark_lineage.store import Store
from tests.both_readers import check_same_sources
from tests.receiver.replay import check, replay


@pytest.mark.parametrize("program", ["flat", "nested", "plans", "partial"])
def test_programs(runs: Runs, program: str) -> None:
    book = replay(runs.observed(program).succeeded().store)
    assert book.received
    check(book)


@pytest.mark.parametrize(
    "how", ["action", *(pytest.param(how, marks=pytest.mark.wide) for how in ("nothing", "python", "exit"))]
)
def test_endings(runs: Runs, how: str) -> None:
    """Runs that fail end too: every START has its FAIL."""
    book = replay(runs.observed("ending", how).store)
    assert book.received
    check(book)


@pytest.mark.parametrize("program", ["flat", "nested", "plans"])
def test_both_readers_name_the_same_sources(runs: Runs, program: str) -> None:
    assert check_same_sources(Store(str(runs.observed(program).succeeded().store)).open("last").graph) > 0
