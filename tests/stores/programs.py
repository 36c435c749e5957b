"""The programs whose runs go to a store elsewhere, and how they are started and read."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.stores.servers import environ

PATIENT = 60.0  # seconds
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

    def ask(self, *words: str, status: int = 0) -> str:
        command = [sys.executable, "-m", "spark_lineage", *words]
        done = subprocess.run(command, env=self.environ, capture_output=True, text=True, timeout=PATIENT)
        assert done.returncode == status, (words, done.returncode, done.stdout, done.stderr)
        return done.stdout if status == 0 else done.stdout + done.stderr

    def document(self, *words: str, status: int = 0) -> Any:
        return json.loads(self.ask(*words, "--json", status=status))

    def runs(self) -> list[dict[str, Any]]:
        return list(self.document("runs")["runs"])

    @property
    def mirror(self) -> Path:
        (found,) = self.spool.iterdir()
        return found

    def waiting(self) -> list[str]:
        return sorted(path.name for path in (self.mirror / "pending").iterdir())


def until(done: Callable[[], object], seconds: float = PATIENT) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.1)
