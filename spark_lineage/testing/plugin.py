"""The pytest plugin: what pytest calls, and when. It does nothing where no test asks for the fixture ``lineage``."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from spark_lineage.testing.facts import Lineage
    from spark_lineage.testing.observing import Observing

OBSERVING: pytest.StashKey[Observing] = pytest.StashKey()
LINEAGE: pytest.StashKey[Lineage] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("lineage", "what the code under test does to its data (spark-lineage)")
    group.addoption(
        "--lineage-record", action="store_true",
        help="keep what the tests with the fixture `lineage` did as golden facts, in __lineage__ beside them",
    )  # fmt: skip
    group.addoption(
        "--lineage-mode", choices=("exact", "used", "flow"), default="exact",
        help="exact (default): every row and column of every interim dataset; used: every row, with the columns that "
        "are used later; flow: what flows anyway",
    )  # fmt: skip
    group.addoption("--lineage-store", metavar="PATH", help="where the runs are kept; a temporary folder if not given")


@pytest.fixture
def lineage(request: pytest.FixtureRequest) -> Lineage:
    """What the test's code does to its data, in the test's own Spark session: facts after an action."""
    found: Lineage = request.node.stash[LINEAGE]
    return found


def pytest_collection_finish(session: pytest.Session) -> None:
    if any(map(_asks, session.items)) and not session.config.option.collectonly:
        from spark_lineage.testing.observing import Observing

        # Now, since a session that a fixture makes for all tests has to be an observed one.
        session.config.stash[OBSERVING] = Observing(session.config).install()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if _asks(item):  # before its fixtures: what they make is a part of what the test does
        item.stash[LINEAGE] = item.config.stash[OBSERVING].begin(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    lineage = item.stash.get(LINEAGE, None)
    if lineage is None:
        yield
        return
    try:
        yield
    except BaseException as error:
        skipped = isinstance(error, pytest.skip.Exception)
        if (text := lineage.after(error)) is not None and not skipped:
            item.add_report_section("call", "lineage", text)
        raise
    if (text := lineage.after(None)) is not None:
        pytest.fail(text, pytrace=False)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    if (lineage := item.stash.get(LINEAGE, None)) is not None:
        lineage.end(None)  # of a test whose fixtures failed


def pytest_unconfigure(config: pytest.Config) -> None:
    if (observing := config.stash.get(OBSERVING, None)) is not None:
        observing.remove()


def _asks(item: pytest.Item) -> bool:
    """Whether a test has our fixture, and not one of its own that is called so."""
    if "lineage" not in getattr(item, "fixturenames", ()):
        return False
    known = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})
    found = known.get("lineage") or ()
    return any(fixture.func.__module__ == __name__ for fixture in found[-1:])
