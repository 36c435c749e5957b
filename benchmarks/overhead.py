"""What observing costs: one job over TPC-H, run plain and in each mode in turn; CPU and wall time, medians, ratios.

    python benchmarks/overhead.py [--scale 1] [--rounds 5] [--keep FOLDER]

CPU is user plus system time of the driver's Python, its JVM and Python workers (local mode: executors run in
the driver's JVM). The driver does not wait for its JVM, so this script adopts what outlives it (Linux only). Rounds are
interleaved and their order turns, so that a machine that gets slower hits every mode alike. The first round is
not counted: it warms the page cache. Seconds are medians over the rounds; a ratio is the median of the ratios within
each round, with the least and the most.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
JOB = ROOT / "benchmarks" / "tpch_job.py"
WAYS = ["plain", "plan", "flow", "used", "exact"]


@dataclass(frozen=True)
class Cost:
    cpu: float  # seconds
    python: float  # seconds of it that the driver's Python spent
    wall: float  # seconds


def generate(folder: Path, scale: float) -> Path:
    target = folder / f"tpch-{scale:g}"
    if not target.exists():
        tool = Path(sys.executable).with_name("tpchgen-cli")
        command = [
            str(tool) if tool.exists() else "tpchgen-cli",
            "parquet",
            "-s",
            f"{scale:g}",
            "--output-dir",
            str(target),
        ]
        subprocess.run(command, check=True)
    return target


def environment(folder: Path) -> dict[str, str]:
    conf = folder / "conf"
    conf.mkdir(exist_ok=True)
    (conf / "spark-defaults.conf").write_text(
        "spark.master local[2]\nspark.driver.memory 3g\nspark.ui.enabled false\n"
        "spark.ui.showConsoleProgress false\nspark.sql.shuffle.partitions 8\n"
    )
    inherited = dict(os.environ)
    # An installed package is compiled once; with this a checkout would be compiled in every observed run.
    inherited.pop("PYTHONDONTWRITEBYTECODE", None)
    return {
        **inherited,
        "SPARK_CONF_DIR": str(conf),
        "PYTHONPATH": str(ROOT),
        "SPARK_LINEAGE__STORE": str(folder / "lineage"),
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
    }


def run(way: str, data: Path, folder: Path, job: Path) -> Cost:
    """Runs the job once in a process of its own that ends only when its JVM has."""
    command = [sys.executable, *start(way), str(job), str(data), str(folder / "out")]
    return timed(way, command, folder, environment(folder))


def start(way: str) -> list[str]:
    """The words between Python and the program."""
    return [] if way == "plain" else ["-m", "spark_lineage", "run", "--mode", way]


def turns(ways: Sequence[str], rounds: int) -> Iterator[tuple[int, str]]:
    """Round and way, the ways of each round in another order; round 0 is the one that is not counted."""
    for number in range(rounds + 1):
        turn = number % len(ways)
        for way in (*ways[turn:], *ways[:turn]):
            yield number, way


def timed(way: str, command: list[str], folder: Path, variables: dict[str, str]) -> Cost:
    """Raises SystemExit with its last output if the command fails."""
    log = folder / f"{way}.log"
    began = time.monotonic()
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=folder, env=variables, stdout=output, stderr=output)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
        python = usage.ru_utime + usage.ru_stime
        cpu = python + adopted()
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"{way}: exit code {os.waitstatus_to_exitcode(status)}\n{log.read_text()[-4000:]}")
    return Cost(cpu, python, wall)


def adopt() -> None:
    """Processes that outlive their parent become children of this one (prctl PR_SET_CHILD_SUBREAPER)."""
    if ctypes.CDLL(None).prctl(36, 1, 0, 0, 0) != 0:
        raise SystemExit("this system does not let a process adopt orphans: Linux is needed")


def adopted() -> float:
    """CPU seconds of what outlived the driver, once all of it has ended."""
    seconds = 0.0
    while True:
        try:
            _, _, usage = os.wait4(-1, 0)
        except ChildProcessError:
            return seconds
        seconds += usage.ru_utime + usage.ru_stime


def measure(data: Path, folder: Path, rounds: int, ways: list[str], job: Path) -> dict[str, list[Cost]]:
    costs: dict[str, list[Cost]] = {way: [] for way in ways}
    for number, way in turns(ways, rounds):
        cost = run(way, data, folder, job)
        kind = "round" if number > 0 else "warm-up"
        print(f"{kind} {number} {way}: cpu {cost.cpu:.1f} s, wall {cost.wall:.1f} s", file=sys.stderr, flush=True)
        if number > 0:
            costs[way].append(cost)
    return costs


def ratio(costs: dict[str, list[Cost]], way: str, what: str) -> str:
    """Median over the rounds of the ratio to the plain run of the same round, with the least and the most."""
    pairs = zip(costs[way], costs["plain"], strict=True)
    ratios = sorted(getattr(mine, what) / getattr(plain, what) for mine, plain in pairs)
    return f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} - {ratios[-1]:.2f})"


def table(costs: dict[str, list[Cost]]) -> str:
    lines = [
        "| mode | CPU s | of it Python s | CPU ratio (range) | wall s | wall ratio (range) |",
        "|---|---|---|---|---|---|",
    ]
    for way, found in costs.items():
        cpu, python, wall = (
            statistics.median(getattr(cost, what) for cost in found) for what in ("cpu", "python", "wall")
        )
        ratios = [ratio(costs, way, what) if way != "plain" else "1" for what in ("cpu", "wall")]
        lines.append(f"| {way} | {cpu:.1f} | {python:.1f} | {ratios[0]} | {wall:.1f} | {ratios[1]} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="TPC-H scale factor")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keep", type=Path, help="folder for data and logs that stays")
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--job", type=Path, default=JOB)
    args = parser.parse_args()
    folder = (args.keep or Path(tempfile.mkdtemp(prefix="overhead-"))).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    adopt()
    try:
        data = generate(folder, args.scale)
        costs = measure(data, folder, args.rounds, args.ways.split(","), args.job.absolute())
    finally:
        if args.keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"TPC-H SF {args.scale:g}, {args.rounds} rounds, {os.cpu_count()} cores ({platform.machine()}), "
          f"Python {platform.python_version()}, load at the end {load}\n")  # fmt: skip
    print(table(costs))


if __name__ == "__main__":
    main()
