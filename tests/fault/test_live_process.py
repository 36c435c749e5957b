"""Receivers see a run while it runs, by a process beside the program; a killed driver is visible as running."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from spark_lineage.sinks import beside
from spark_lineage.store import wal
from spark_lineage.store.journal import read_events, verify
from spark_lineage.store.runs import Store
from tests.fault.test_delivery import ROOT, _nothing_configured, send, status
from tests.receiver import NeverAnswers, Receiver, Slow

__all__ = ["_nothing_configured"]

PATIENT = 30.0
SLEEPY = """
import os, sys, time
print(sorted(os.environ) == sorted(os.environ), flush=True)
try:
    os.wait()
except ChildProcessError:
    print("no child", flush=True)
print(sys.stdin.read(), flush=True)
"""
# A driver as far as its record is concerned: it writes ahead what capture and the JVM half would have seen.
DRIVER = """
import sys, time
from pathlib import Path
from spark_lineage.sinks import beside
from spark_lineage.store.wal import WriteAhead
from observing import shop
folder, seen = Path(sys.argv[1]), shop()
ahead = WriteAhead(folder)
ahead.append(seen[:2])
assert beside.begin(folder, (), None, False)
ahead.append(seen[2:-2])
print("on", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with Receiver() as made:
        monkeypatch.setenv("OPENLINEAGE_URL", made.url)
        yield made


def started(*words: str) -> subprocess.Popen[str]:
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests" / "unit")))}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([sys.executable, *words], text=True, env=environ, **pipes)  # type: ignore[call-overload, no-any-return]


def until(done: object) -> None:
    end = time.monotonic() + PATIENT
    while not done():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.05)


def is_beside(folder: Path) -> bool:
    """Whether a process works for this run's folder."""
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = each.read_bytes().split(b"\0")
        except OSError:
            continue
        if str(folder).encode() in words and beside.CODE.encode() in words:
            return True
    return False


def test_the_start_is_there_at_once_and_a_killed_program_is_seen_running(receiver: Receiver, tmp_path: Path) -> None:
    (tmp_path / "job.py").write_text(SLEEPY)
    process = started("-m", "spark_lineage", "run", "--store", "lineage", "job.py")
    assert receiver.wait_for(1, PATIENT)
    assert process.poll() is None
    assert [event["eventType"] for event in receiver.events] == ["START"]
    assert process.stdout is not None
    assert [process.stdout.readline() for _ in range(2)] == ["True\n", "no child\n"]
    process.send_signal(signal.SIGKILL)
    process.wait()
    (folder,) = (tmp_path / "lineage" / "runs").iterdir()
    until(lambda: not is_beside(folder))
    assert [event["eventType"] for event in receiver.events] == ["START"]
    left = status(tmp_path / "lineage")["sinks"][0]["left"]
    assert send(tmp_path / "lineage")["delivered"] == left == 1
    assert [event["eventType"] for event in receiver.events] == ["START", "ABORT"]
    receiver.check()
    assert verify(folder).intact


def test_an_end_in_order_only_closes(receiver: Receiver, tmp_path: Path) -> None:
    (tmp_path / "job.py").write_text(SLEEPY)
    process = started("-m", "spark_lineage", "run", "--store", "lineage", "job.py")
    assert receiver.wait_for(1, PATIENT)
    out, err = process.communicate("done", timeout=PATIENT)
    assert (process.returncode, out, err) == (0, "True\nno child\ndone\n", "")
    assert [event["eventType"] for event in receiver.events] == ["START", "COMPLETE"]
    receiver.check()
    (folder,) = (tmp_path / "lineage" / "runs").iterdir()
    until(lambda: not is_beside(folder))
    assert receiver.events == read_events(folder)


def test_steps_come_while_the_program_runs(receiver: Receiver, tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "0197a1b2-0000-7000-8000-000000000001"
    process = started("-c", DRIVER, str(folder))
    ended = {"job.load", "job.clean"}
    until(lambda: ended <= {each["job"]["name"] for each in receiver.events if each["eventType"] == "COMPLETE"})
    assert process.poll() is None
    assert not any(each["job"]["name"] == "job" and each["eventType"] != "START" for each in receiver.events)
    assert Store(tmp_path).open().graph.run.outcome.value == "running"
    process.kill()
    process.wait()
    until(lambda: not is_beside(folder))
    before = len(receiver.events)
    assert send(tmp_path)["left"] == 0
    assert len(receiver.events) > before
    assert len(set(receiver.keys)) == len(receiver.keys)
    assert Store(tmp_path).open().graph.run.outcome.value == "abort"
    assert receiver.events == read_events(folder)


@pytest.mark.parametrize("behaviour", [NeverAnswers(), Slow(1.0)], ids=repr)
def test_a_receiver_in_trouble_neither_holds_up_the_end_nor_gets_an_event_twice(
    receiver: Receiver, tmp_path: Path, behaviour: NeverAnswers | Slow
) -> None:
    receiver.behave(behaviour)
    (tmp_path / "job.py").write_text(SLEEPY)
    process = started("-m", "spark_lineage", "run", "--store", "lineage", "--exit-wait", "3", "job.py")
    until(lambda: receiver.attempts > 0)
    begun = time.monotonic()
    process.communicate("done", timeout=PATIENT)
    assert time.monotonic() - begun < 3 + 4  # most of it is Python's own end, and its imports
    receiver.behave()
    (folder,) = (tmp_path / "lineage" / "runs").iterdir()
    until(lambda: not is_beside(folder))
    assert send(tmp_path / "lineage")["left"] == 0
    assert [event["eventType"] for event in receiver.events] == ["START", "COMPLETE"]


def test_without_a_transport_there_is_no_process(tmp_path: Path) -> None:
    (tmp_path / "job.py").write_text("print(1)\n")
    process = started("-m", "spark_lineage", "run", "--store", "lineage", "job.py")
    assert process.communicate(timeout=PATIENT) == ("1\n", "")
    (folder,) = (tmp_path / "lineage" / "runs").iterdir()
    assert not (folder / "delivery").exists()
    assert not (folder / wal.NAME).exists()
    assert json.loads((folder / "events.jsonl").read_text().splitlines()[0])["eventType"] == "START"
