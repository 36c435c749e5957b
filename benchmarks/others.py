"""What the same job costs with this package, with OpenLineage's own Spark agent, and with facts that are found by hand.

    python benchmarks/others.py [--scale 1] [--rounds 3] [--actions 200] [--keep FOLDER] [--ways plain,flow,...]

Two programs: ``tpch_job.py`` (scale factor 1), and so many tiny actions in one session (``scale_programs.py``).
``observe`` and ``jobs`` find rows, nulls and fingerprints of each DataFrame that a function returns by
``Dataset.observe`` and by jobs of their own (``by_hand.py``). ``openlineage`` is openlineage-spark with its transport
to a file; its jar comes from Maven Central. Rounds are interleaved as in ``overhead.py``; the first is not counted.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import overhead
from overhead import ROOT, Cost
from scale_programs import program

WAYS = ["plain", "plan", "flow", "used", "exact", "openlineage", "observe", "jobs"]
OPENLINEAGE = "io.openlineage:openlineage-spark_2.13:1.53.0"
BY_HAND = str(ROOT / "benchmarks" / "by_hand.py")


def start(way: str) -> list[str]:
    """As ``overhead.start``."""
    return [BY_HAND, way] if way in ("observe", "jobs") else overhead.start("plain" if way == "openlineage" else way)


def openlineage(folder: Path) -> dict[str, str]:
    """What makes every session of a process one that openlineage-spark listens to."""
    _, name, version = OPENLINEAGE.split(":")
    jar = folder / "jars" / f"{name}-{version}.jar"
    if not jar.exists():
        subprocess.run([sys.executable, ROOT / "project" / "jar.py", "fetch", jar.parent, OPENLINEAGE], check=True)
    conf = {
        "spark.jars": jar,
        "spark.extraListeners": "io.openlineage.spark.agent.OpenLineageSparkListener",
        "spark.openlineage.transport.type": "file",
        "spark.openlineage.transport.location": folder / "openlineage.jsonl",
        "spark.openlineage.namespace": "benchmark",
    }
    words = [word for key, value in conf.items() for word in ("--conf", f"{key}={value}")]
    return {"PYSPARK_SUBMIT_ARGS": " ".join([*words, "pyspark-shell"])}


def measure(job: list[str], folder: Path, rounds: int, ways: list[str]) -> dict[str, list[Cost]]:
    costs: dict[str, list[Cost]] = {way: [] for way in ways}
    for number, way in overhead.turns(ways, rounds):
        variables = overhead.environment(folder) | (openlineage(folder) if way == "openlineage" else {})
        cost = overhead.timed(way, [sys.executable, *start(way), *job], folder, variables)
        print(f"round {number} {way}: cpu {cost.cpu:.1f} s, wall {cost.wall:.1f} s", file=sys.stderr, flush=True)
        if number > 0:
            costs[way].append(cost)
    return costs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="TPC-H scale factor")
    parser.add_argument("--actions", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--keep", type=Path, help="folder for data, jars, logs and stores that stays")
    chosen = parser.parse_args()
    overhead.adopt()
    with tempfile.TemporaryDirectory(prefix="others-") as scratch:
        folder = (chosen.keep or Path(scratch)).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        small = folder / "small_actions.py"
        small.write_text(program("actions", chosen.actions))
        jobs = {
            f"TPC-H, scale factor {chosen.scale:g}": [
                str(overhead.JOB), str(overhead.generate(folder, chosen.scale)), str(folder / "out"),
            ],
            f"{chosen.actions} small actions": [str(small), str(folder / "said.json")],
        }  # fmt: skip
        print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {OPENLINEAGE}")
        for name, job in jobs.items():
            costs = measure(job, folder, chosen.rounds, chosen.ways.split(","))
            print(f"\n{name}, {chosen.rounds} rounds, load at the end {os.getloadavg()[0]:.1f}\n")
            print(overhead.table(costs), flush=True)


if __name__ == "__main__":
    main()
