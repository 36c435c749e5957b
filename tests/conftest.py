"""At the end of every session of tests: each event that any test has made holds (see ``every_event``).

With ``pytest -n 3 --dist loadscope`` three processes share the tests. What several tests look at is made once, so that
those tests stay together in one process: see ``sharing``.
"""

from __future__ import annotations

import compileall
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import quick_java, sharing
from tests.every_event import EveryEvent

EVENTS = pytest.StashKey[EveryEvent]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[EVENTS] = EveryEvent()
    quick_java.switch_on()
    # Who starts the tests in the background of a shell has these ignored, and every program would inherit that.
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGQUIT, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)
    if not _is_worker(config):
        # Where PYTHONDONTWRITEBYTECODE is set, as in many containers, each program would compile our modules anew.
        compileall.compile_dir(Path(__file__).parents[1] / "spark_lineage", quiet=1)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if _is_worker(config):
        sharing.order(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from tests.scheduling import GroupScheduling

    return GroupScheduling(config, log)


@pytest.fixture(scope="session", autouse=True)
def _built_events_are_kept(pytestconfig: pytest.Config) -> Iterator[None]:
    with pytestconfig.stash[EVENTS].listening():
        yield


@pytest.fixture(autouse=True)
def _bad_events(request: pytest.FixtureRequest) -> None:
    events, bad = request.config.stash[EVENTS], request.node.get_closest_marker("bad_events") is not None
    events.begin(request.node.nodeid, bad, observes="runs" in request.fixturenames)
    if bad and "tmp_path" in request.fixturenames:
        events.leave_out(request.getfixturevalue("tmp_path"))


def pytest_sessionfinish(session: pytest.Session) -> None:
    events = session.config.stash[EVENTS]
    factory = getattr(session.config, "_tmp_path_factory", None)
    if factory is not None and not session.config.option.collectonly and not _has_workers(session.config):
        events.look(factory.getbasetemp())
        events.judge(complete=not session.testsfailed and not session.shouldstop)
    if _is_worker(session.config):
        session.config.workeroutput["lineage_events"] = events.told()  # type: ignore[attr-defined]
    if events.offenders:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A process that shared the tests has ended: what its events were counts for the whole session."""
    node.config.stash[EVENTS].add(getattr(node, "workeroutput", {}).get("lineage_events", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in config.stash[EVENTS].summary():
        terminalreporter.write_line(line)


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def _has_workers(config: pytest.Config) -> bool:
    return bool(getattr(config.option, "numprocesses", None))
