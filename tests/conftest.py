"""At the end of every session of tests: each event that any test has made holds (see ``every_event``)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.every_event import EveryEvent

EVENTS = pytest.StashKey[EveryEvent]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[EVENTS] = EveryEvent()


@pytest.fixture(scope="session", autouse=True)
def _built_events_are_kept(pytestconfig: pytest.Config) -> Iterator[None]:
    with pytestconfig.stash[EVENTS].listening():
        yield


@pytest.fixture(autouse=True)
def _bad_events(request: pytest.FixtureRequest) -> None:
    events, bad = request.config.stash[EVENTS], request.node.get_closest_marker("bad_events") is not None
    events.begin(request.node.nodeid, bad)
    if bad and "tmp_path" in request.fixturenames:
        events.leave_out(request.getfixturevalue("tmp_path"))


def pytest_sessionfinish(session: pytest.Session) -> None:
    factory = getattr(session.config, "_tmp_path_factory", None)
    if factory is None or session.config.option.collectonly:
        return
    events = session.config.stash[EVENTS]
    events.look(factory.getbasetemp())
    observed = any("runs" in getattr(item, "fixturenames", ()) for item in session.items)
    events.judge(must_have_journals=observed and not session.testsfailed and not session.shouldstop)
    if events.offenders:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in config.stash[EVENTS].summary():
        terminalreporter.write_line(line)
