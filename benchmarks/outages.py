"""What a receiver in trouble costs a program, and whether it gets every event in the end.

    python benchmarks/outages.py [--rounds 3] [--exit-wait 10]

A small PySpark program is run by ``spark-lineage run`` without a receiver, and once per round with each receiver of
the table; then the receiver works again, and ``spark-lineage send`` is called. "end" is from the program's last line to
the end of the process, "waited" what the agent says that it waited for the receiver. Medians over the rounds; of
events the worst round.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from overhead import environment

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from spark_lineage.store import Store, journal  # noqa: E402
from tests.receiver import BlackHole, DieAfter, Failing, Healthy, Misbehaviour, Receiver, Slow  # noqa: E402

JOB = """
import time
from pyspark.sql import SparkSession
from pyspark.sql import functions as F


def numbers(spark):
    return spark.range(1000).withColumn("half", (F.col("id") / 2).cast("int"))


def per_half(numbers):
    return numbers.groupBy("half").agg(F.count("*").alias("n"))


def large(halves):
    return halves.filter("half > 100")


spark = SparkSession.builder.getOrCreate()
kept = large(per_half(numbers(spark)))
kept.write.mode("overwrite").parquet("out")
spark.stop()
print(time.time())
"""
DOWN = "down from the start"
WAYS: dict[str, Misbehaviour | None] = {
    "healthy": Healthy(),
    DOWN: None,
    "black hole": BlackHole(),
    "answers 500": Failing(500),
    "slow, 2 s an event": Slow(2.0),
    "dies after 3 events": DieAfter(3),
}


@dataclass(frozen=True)
class Ended:
    """One run of the program. Seconds; events of the journal, and what became of them."""

    wall: float
    end: float
    waited: float
    events: int
    left: int
    lost: int
    twice: int
    in_order: bool


def run(way: str | None, wait: float) -> Ended:
    receiver = Receiver(WAYS[way] or Healthy()) if way is not None else None
    if receiver is not None and way != DOWN:
        receiver.up()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "job.py").write_text(JOB)
        url = {"OPENLINEAGE_URL": receiver.url} if receiver is not None else {}
        env = {**environment(folder), **url}
        words = ["run", "--exit-wait", str(wait), "--log-level", "info", "job.py"]
        began = time.time()
        stdout = ours(folder, env, *words)
        ended = time.time()
        run_folder = Store(folder / "lineage").runs()[0].folder
        keys = [(each["run"]["runId"], each["eventType"]) for each in journal.read_events(run_folder)]
        if receiver is None:
            return Ended(ended - began, ended - float(stdout), 0.0, len(keys), 0, 0, 0, True)
        left = len(keys) - len(receiver.keys)
        receiver.down()
        receiver.behave()
        with receiver:
            ours(folder, env, "send")
        counts = Counter(receiver.keys)
        log = run_folder / "agent.log"
        waited = re.findall(r"waited: ([\d.]+) s", log.read_text() if log.exists() else "")
        return Ended(
            ended - began, ended - float(stdout), float(waited[0]), len(keys), left, len(set(keys) - set(counts)),
            sum(counts.values()) - len(counts), list(dict.fromkeys(receiver.keys)) == keys,
        )  # fmt: skip


def ours(folder: Path, env: dict[str, str], *words: str) -> str:
    command = [sys.executable, "-m", "spark_lineage", *words]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(words)}: exit code {done.returncode}\n{done.stderr[-4000:]}")
    return done.stdout


def row(way: str, found: Sequence[Ended], plain: Sequence[Ended]) -> str:
    wall, end, waited = (statistics.median(getattr(each, name) for each in found) for name in ("wall", "end", "waited"))
    more = end - statistics.median(each.end for each in plain)
    worst = [max(getattr(each, name) for each in found) for name in ("events", "left", "lost", "twice")]
    order = "yes" if all(each.in_order for each in found) else "NO"
    return f"| {way} | {wall:.1f} | {end:.2f} | {more:+.2f} | {waited:.2f} | {' | '.join(map(str, worst))} | {order} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="[3]")
    parser.add_argument("--exit-wait", type=float, default=10.0, help="[10]")
    arguments = parser.parse_args()
    found: dict[str | None, list[Ended]] = {}
    for _ in range(arguments.rounds):
        for way in (None, *WAYS):
            found.setdefault(way, []).append(run(way, arguments.exit_wait))
    load = os.getloadavg()[0]
    print(
        f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, load {load:.1f} at the end"
    )
    print("| receiver | wall s | end s | more | waited s | events | left at the end | lost | twice | in order |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for way, each in found.items():
        print(row(way or "none configured", each, found[None]))


if __name__ == "__main__":
    main()
