"""The programs whose runs go to a store elsewhere, and how they are started and read."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from spark_lineage.events import build, samples
from spark_lineage.graph import assemble
from spark_lineage.sinks.bringing import BROUGHT, Bringing
from spark_lineage.sinks.journal import Journal
from spark_lineage.store import places
from tests.stores.servers import environ
from tests.unit.observing import shop

PATIENT = 60.0  # seconds
ROWS = [100, 50]  # of the datasets of JOB
JOB = """
import sys
import pandas as pd
from spark_lineage import agent

if agent.current():  # as the pytest plugin does it: datasets without a JVM, which would take the tests minutes
    agent.current().follow_pandas()

def load():
    return pd.DataFrame({"id": range(100), "email": [f"ada{i}@example.org" for i in range(100)]})

def clean(frame):
    return frame[frame["id"] % 2 == 0]

def main():
    print(len(clean(load())), flush=True)
    if len(sys.argv) > 1:
        sys.stdin.readline()

main()
"""


class Place:
    """A store elsewhere as programs and readers of one machine see it; ``spool`` is what makes it another machine."""

    def __init__(self, store: str, spool: Path, variables: Mapping[str, str]) -> None:
        self.store, self.spool = store, spool
        self.variables = dict(variables)

    @property
    def environ(self) -> dict[str, str]:
        return environ(SPARK_LINEAGE__STORE=self.store, SPARK_LINEAGE__SPOOL=str(self.spool), **self.variables)

    def on(self, spool: Path) -> Place:
        return Place(self.store, spool, self.variables)

    def start(self, folder: Path, *words: str, **options: str) -> subprocess.Popen[str]:
        (folder / "job.py").write_text(JOB)
        command = [sys.executable, "-m", "spark_lineage", "run", "job.py", *words]
        more = {f"SPARK_LINEAGE__{name.upper()}": value for name, value in options.items()}
        return subprocess.Popen(
            command, cwd=folder, env={**self.environ, **more}, text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self, folder: Path, **options: str) -> subprocess.CompletedProcess[str]:
        process = self.start(folder, **options)
        out, err = process.communicate("", timeout=PATIENT)
        return subprocess.CompletedProcess([], process.returncode, out, err)

    def killed(self, folder: Path) -> Place:
        """A driver is killed while its program waits; gives the place as another machine sees it, with what it left."""
        process = self.start(folder, "wait")
        there = self.on(folder / "there")
        assert process.stdout is not None
        process.stdout.readline()
        until(there.has_runs)
        assert [run["outcome"] for run in there.runs()] == ["running"]
        # All that was seen is on the disk, from where the process beside the program brings it.
        until(lambda: [dataset["rows"] for dataset in self.document("show")["datasets"]] == ROWS)
        process.send_signal(signal.SIGKILL)
        process.wait()
        until(lambda: self.waiting() == [])
        assert [run["outcome"] for run in there.runs()] == ["abort"]
        return there

    def killed_with_its_machine(self, folder: Path) -> Place:
        """The driver, what runs beside it and the disk are gone at once; gives the place as another machine sees it."""
        process = self.start(folder, "wait")
        there = self.on(folder / "there")
        assert process.stdout is not None
        process.stdout.readline()
        until(lambda: there.has_runs() and [each["rows"] for each in there.document("show")["datasets"]] == ROWS)
        for pid in (process.pid, *_beside(self.spool)):
            os.kill(pid, signal.SIGKILL)
        process.communicate()
        shutil.rmtree(self.spool)
        return there

    def ask(self, *words: str, status: int = 0) -> str:
        command = [sys.executable, "-m", "spark_lineage", *words]
        done = subprocess.run(command, env=self.environ, capture_output=True, text=True, timeout=PATIENT)
        assert done.returncode == status, (words, done.returncode, done.stdout, done.stderr)
        return done.stdout if status == 0 else done.stdout + done.stderr

    def document(self, *words: str, status: int = 0) -> Any:
        return json.loads(self.ask(*words, "--json", status=status))

    def runs(self) -> list[dict[str, Any]]:
        return list(self.document("runs")["runs"])

    def has_runs(self) -> bool:
        """A store in which no run was recorded yet is bad input for a reader."""
        command = [sys.executable, "-m", "spark_lineage", "runs"]
        return subprocess.run(command, env=self.environ, capture_output=True, timeout=PATIENT).returncode == 0

    def brings_the_rest(self) -> bool:
        """Sends what waits; the process beside the program may be at it."""
        command = [sys.executable, "-m", "spark_lineage", "send"]
        subprocess.run(command, env=self.environ, capture_output=True, timeout=PATIENT)
        return self.waiting() == []

    @property
    def mirror(self) -> Path:
        (found,) = self.spool.iterdir()
        return found

    def waiting(self) -> list[str]:
        return sorted(path.name for path in (self.mirror / "pending").iterdir())


def _beside(spool: Path) -> list[int]:
    """The processes that bring what lies in a folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if f"\0{spool}/".encode() in path.read_bytes():
                found.append(int(path.parent.name))
    assert found != []
    return found


def many_runs(place: Place, count: int) -> list[str]:
    """Brings that many small runs, a second apart, without a process for each; gives their ids, oldest first."""
    mirror = places.folder_of(place.store, str(place.spool))
    graph, ids = assemble(shop()), []
    for number in range(count):
        run = str(uuid.UUID(int=(1_700_000_000_000 + number * 1000) << 80 | 0x7 << 76 | 0b10 << 62 | number))
        own = replace(graph, run=replace(graph.run, id=run, started=1_700_000_000.0 + number))
        folder = mirror / "runs" / run
        places.mark_pending(folder)
        Journal(folder, fsync=False).write(build(own), samples(own))
        # Ten commits a run would take the test a quarter of an hour; what reads here has no need of the tables.
        (folder / BROUGHT).write_text(json.dumps({"tables": True}))
        ids.append(run)
    remote = places.place_of(mirror)
    assert remote is not None
    assert Bringing(mirror, remote).bring_waiting().left == 0
    return ids


def winners(place: Place, names: int = 20, drivers: int = 4) -> list[int]:
    """Of each name, of how many that put an object of it at once one is told that it is theirs."""
    remote = places.place_of(places.folder_of(place.store, str(place.spool)))
    assert remote is not None
    objects = remote.objects

    def put(name: int) -> int:
        together = threading.Barrier(drivers)

        def one(driver: int) -> bool:
            together.wait()
            return objects.put_new(f"names/{name}", f"{driver}".encode() * 5000)

        with ThreadPoolExecutor(drivers) as pool:
            return sum(pool.map(one, range(drivers)))

    return [put(name) for name in range(names)]


def until(done: Callable[[], object], seconds: float = PATIENT) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.1)
