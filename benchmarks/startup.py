"""What observing adds before a program's first action and after its last line: wall seconds, plain against observed.

    python benchmarks/startup.py [--rounds 7]

The program makes a session, counts a range and stops. "start" is from the start of the process to the answer of
that first count, "end" from the program's last line to the end of the process. Medians over interleaved rounds; a
first round warms the page cache and is not counted.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from overhead import environment, start

JOB = """
import time
from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
spark.range(10).count()
first = time.time()
spark.stop()
print(first, time.time())
"""
WAYS = ["plain", "plan", "flow"]


@dataclass(frozen=True)
class Wall:
    start: float  # seconds
    end: float  # seconds


def run(way: str, job: Path, folder: Path) -> Wall:
    command = [sys.executable, *start(way), str(job)]
    began = time.time()
    done = subprocess.run(command, cwd=folder, env=environment(folder), capture_output=True, text=True)
    ended = time.time()
    if done.returncode != 0:
        raise SystemExit(f"{way}: exit code {done.returncode}\n{done.stderr[-4000:]}")
    first, last = map(float, done.stdout.split())
    return Wall(first - began, ended - last)


def table(found: dict[str, list[Wall]]) -> str:
    lines = ["| mode | start s | more than plain | end s | more than plain |", "|---|---|---|---|---|"]
    for way, walls in found.items():
        cells = [way]
        for what in ("start", "end"):
            median = statistics.median(getattr(wall, what) for wall in walls)
            more = statistics.median(
                getattr(wall, what) - getattr(plain, what) for wall, plain in zip(walls, found["plain"], strict=True)
            )
            cells += [f"{median:.2f}", f"{more:+.2f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    found: dict[str, list[Wall]] = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory(prefix="startup-") as scratch:
        folder = Path(scratch)
        job = folder / "startup_job.py"
        job.write_text(JOB)
        for number in range(rounds + 1):
            turn = number % len(WAYS)
            for way in WAYS[turn:] + WAYS[:turn]:
                wall = run(way, job, folder)
                if number > 0:
                    found[way].append(wall)
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    where = f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, load {load}"
    print(f"{rounds} rounds, {where}\n")
    print(table(found))


if __name__ == "__main__":
    main()
