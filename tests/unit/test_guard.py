"""What the guard takes for a fault of ours, and what it leaves to the program."""

from __future__ import annotations

import _thread
import functools
import logging
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from spark_lineage.guard import LIMIT, Guard, QuietFileHandler, leave, logger

ROOT = Path(__file__).resolve().parents[2]


class Panic(BaseException):
    """As pyo3's PanicException: what a Rust library raises."""


def fail(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize("fault", [ValueError("v"), ImportError("i"), Panic("p"), SystemExit(3), GeneratorExit()])
def test_what_our_code_raises_is_a_fault(fault: BaseException) -> None:
    told: list[tuple[str, str]] = []
    guard = Guard(lambda what, why: told.append((what, why)))
    for _ in range(LIMIT + 2):
        assert guard("part", fail, fault) is None
    text = f"{type(fault).__name__}: {fault}".removesuffix(": ")
    assert told == [("part", f"this part of spark-lineage failed ({text})")] * LIMIT
    assert not guard.allows("part")
    assert guard("another", len, "four") == 4


def test_strict_is_loud() -> None:
    with pytest.raises(Panic):
        Guard(strict=True)("part", fail, Panic())


class Interrupted(Exception):
    pass


def handle(number: int, frame: FrameType | None) -> None:
    raise Interrupted


def exit_by(code: int, number: int, frame: FrameType | None) -> None:
    sys.exit(code)


class Handler:
    def __call__(self, number: int, frame: FrameType | None) -> None:
        raise Interrupted


HANDLERS: list[tuple[Any, type[BaseException]]] = [
    (handle, Interrupted),
    (functools.partial(exit_by, 4), SystemExit),
    (Handler(), Interrupted),
    (signal.default_int_handler, KeyboardInterrupt),
]


@pytest.fixture
def handler(request: pytest.FixtureRequest) -> Iterator[type[BaseException]]:
    """Of SIGUSR1, and what it raises."""
    before = signal.signal(signal.SIGUSR1, request.param[0])
    yield request.param[1]
    signal.signal(signal.SIGUSR1, before)


def interrupted() -> None:
    os.kill(os.getpid(), signal.SIGUSR1)
    time.sleep(1)


@pytest.mark.parametrize("handler", HANDLERS, indirect=True, ids=["function", "partial", "object", "ctrl-c"])
def test_a_signal_is_the_programs_wherever_it_arrives(handler: type[BaseException]) -> None:
    told: list[str] = []
    guard = Guard(lambda what, why: told.append(why))
    with pytest.raises(handler):
        guard("part", interrupted)
    assert (told, guard.off) == ([], set())


@pytest.mark.parametrize("handler", HANDLERS[:1], indirect=True)
def test_a_signal_that_arrives_in_a_finalizer_reaches_the_program_once(handler: type[BaseException]) -> None:
    class Ends:
        def __del__(self) -> None:
            Guard().finalizing("part", interrupted)

    with pytest.raises(handler):
        Ends()
        time.sleep(5)
    time.sleep(0.1)


def test_no_frame_of_a_caller_is_no_fault() -> None:
    """A thread that C has started has no frame of Python's above the hook."""
    seen: list[FrameType | None] = []
    guard = Guard(strict=True)

    def hook() -> None:
        guard.from_caller("part", seen.append)

    _thread.start_new_thread(hook, ())
    deadline = time.monotonic() + 5
    while not seen and time.monotonic() < deadline:
        time.sleep(0.01)
    hook()
    assert seen == [None, sys._getframe()]


def test_faults_without_a_text_and_reports_that_fail() -> None:
    class Silent(Exception):
        def __str__(self) -> str:
            raise ValueError

    told: list[str] = []
    Guard(lambda what, why: told.append(why))("part", fail, Silent())
    assert told == ["this part of spark-lineage failed (Silent: (it has no text))"]
    assert Guard(lambda what, why: fail(ValueError()))("part", fail, ValueError()) is None


def test_leave_asks_nothing_of_an_error_that_refuses_to_be_changed() -> None:
    @dataclass(frozen=True)
    class Frozen(Exception):
        code: int

    def hook(body: Callable[[], None]) -> None:
        try:
            body()
        except BaseException as error:
            leave(error)
            raise

    def program() -> None:
        raise Frozen(3)

    with pytest.raises(Frozen) as raised:
        hook(program)
    assert [entry.name for entry in raised.traceback][-1] == "program"
    assert "hook" not in [entry.name for entry in raised.traceback]


def test_a_log_that_cannot_be_written_says_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for path in (tmp_path / "no" / "folder" / "agent.log", Path("/dev/full")):
        handler = QuietFileHandler(path, delay=True)
        logger.addHandler(handler)
        try:
            logger.warning("nobody hears it")
            Guard()("part", fail, ValueError())
        finally:
            logger.removeHandler(handler)
            handler.close()
    assert capfd.readouterr() == ("", "")
    assert logging.raiseExceptions


def test_a_log_beyond_the_limit_of_file_sizes(tmp_path: Path) -> None:
    program = (
        "import logging, sys\nfrom spark_lineage.guard import QuietFileHandler, logger\n"
        "logger.addHandler(QuietFileHandler(sys.argv[1]))\nlogger.warning('x' * 100_000)\n"
        "logger.warning('y' * 100_000)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "agent.log")], cwd=ROOT, capture_output=True, text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)),
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
