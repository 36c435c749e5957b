"""What a long session holds in memory, plain against observed: the driver's Python, its JVM, the write-ahead file.

    python benchmarks/long_session.py actions [--actions 3000] [--modes plain flow]
    python benchmarks/long_session.py stage [--seconds 600] [--columns 100] [--modes plain flow]

``actions`` is a session of many small actions: six functions in turn, each of which makes a DataFrame that another
one counts. ``stage`` writes ten minutes of rows with many string columns to nowhere, in one stage that has about four
tasks a second; every mode runs as many tasks as the plain run, which decides how many that are.

The program measures itself, at equal steps from a tenth of its work to its end: the resident memory of its Python
(after a garbage collection), the heap of its JVM that a full collection leaves, and the size of the write-ahead file.
A figure that grows from the first to the last column grows with the length of the session. ``most`` is the highest
resident memory of Python, the end of the program included, where the record is put together; ``end`` is the time from
the program's last line to the end of the process. ``MB`` are millions of bytes.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from overhead import ROOT, environment, start

PROGRAM = ROOT / "benchmarks" / "long_session_job.py"
MODES = ["plain", "plan", "flow", "exact"]


@dataclass(frozen=True)
class Session:
    """One run of the program: bytes at each of its measurements, in order of time."""

    seconds: float
    python: list[int]
    heap: list[int]
    ahead: list[int]
    most: int
    end: float
    tasks: int


def run(mode: str, folder: Path, work: list[str]) -> Session:
    """Runs the program once. Raises SystemExit with its last output if it fails."""
    store, output = folder / f"lineage-{mode}", folder / f"{mode}.json"
    command = [sys.executable, *start(mode), str(PROGRAM), *work, "--store", str(store), "--output", str(output)]
    log = folder / f"{mode}.log"
    with log.open("w") as written:
        variables = {**environment(folder), "SPARK_LINEAGE__STORE": str(store)}
        began = time.monotonic()
        process = subprocess.Popen(command, cwd=folder, env=variables, stdout=written, stderr=written)
        most = 0
        while process.poll() is None:
            most = max(most, highest(process.pid))
            time.sleep(0.05)
        ended, seconds = time.time(), time.monotonic() - began
    if process.returncode != 0:
        raise SystemExit(f"{mode}: exit code {process.returncode}\n{log.read_text()[-4000:]}")
    said: dict[str, Any] = json.loads(output.read_text())
    return Session(
        seconds, said["python"], said["heap"], said["ahead"], most, ended - said["last_line"], said["tasks"]
    )  # fmt: skip


def highest(pid: int) -> int:
    """Highest resident memory of a process so far, in bytes; 0 once it has gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0)


def table(found: dict[str, Session]) -> str:
    lines = ["| mode | what | " + " | ".join(f"{tenth}0%" for tenth in (1, 4, 7, 10)) + " | most | end s | wall s |"]
    lines.append("|---|---|" + "---|" * 7)
    for mode, session in found.items():
        for what in ("python", "heap", "ahead"):
            values = getattr(session, what)
            picked = [values[round(tenth * len(values) / 10) - 1] for tenth in (1, 4, 7, 10)]
            rest = ["", "", ""]
            if what == "python":
                rest = [megabytes(session.most), f"{session.end:.2f}", f"{session.seconds:.0f}"]
            if any(values):
                lines.append("| " + " | ".join([mode, WHAT[what], *map(megabytes, picked), *rest]) + " |")
    return "\n".join(lines)


WHAT = {"python": "Python, MB resident", "heap": "JVM, MB of heap", "ahead": "write-ahead file, MB"}


def megabytes(size: int) -> str:
    return f"{size / 1e6:.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", choices=["actions", "stage"])
    parser.add_argument("--actions", type=int, default=3000)
    parser.add_argument("--seconds", type=int, default=600, help="that the plain run of the stage is to take")
    parser.add_argument("--columns", type=int, default=100)
    parser.add_argument("--modes", nargs="+", choices=MODES, default=["plain", "flow"])
    chosen = parser.parse_args()
    sizes = ["--actions", str(chosen.actions), "--columns", str(chosen.columns)]
    found: dict[str, Session] = {}
    with tempfile.TemporaryDirectory(prefix="long-session-") as scratch:
        for mode in chosen.modes:
            tasks = next((["--tasks", str(session.tasks)] for session in found.values()), [])
            work = [chosen.work, *sizes, "--seconds", str(chosen.seconds), *tasks]
            found[mode] = run(mode, Path(scratch), work)
            print(f"{mode}: {found[mode].seconds:.0f} s", file=sys.stderr, flush=True)
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {chosen.work}")
    print(table(found))


if __name__ == "__main__":
    main()
