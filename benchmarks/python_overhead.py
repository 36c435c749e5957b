"""What capture costs the driver's Python: CPU per DataFrame operation, plain against captured.

    python benchmarks/python_overhead.py [--operations 1000] [--rounds 20]

Plain and captured rounds alternate in one process on one session that has the listener; medians over rounds of the
differences. CPU is that of Python (``time.thread_time``), calls into the JVM half included, what the JVM itself does
for them not. ``flat``: operations of one statement; ``calls``: each pair of operations in a new call of a function,
and four such calls in a chain, so that three of four outputs cross a boundary and are marked; ``deep``: the same below
30 more frames of the program's own. ``in calls`` is spent inside the program's calls, ``behind`` by the agent's
thread, which makes observations of what was noted down, takes those of the JVM half and writes all ahead. The first
operations after the patches are in place cost more (the interpreter specialises its code anew) and are not counted.
"""

from __future__ import annotations

import argparse
import queue
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from spark_lineage import capture  # noqa: E402
from spark_lineage.activation.jars import LISTENER, find_spark, jar_for  # noqa: E402
from spark_lineage.config import Config  # noqa: E402
from spark_lineage.guard import Guard  # noqa: E402
from spark_lineage.jvm.bridge import Bridge  # noqa: E402
from spark_lineage.static import SourceReader  # noqa: E402
from spark_lineage.store.wal import WriteAhead  # noqa: E402


def flat(base: Any, count: int) -> None:
    for _ in range(count // 2):
        base.filter("id > 1").withColumn("a", base.id)


def pair(df: Any) -> Any:
    return df.filter("id > 1").withColumn("a", df.id)


def calls(base: Any, count: int) -> None:
    for _ in range(count // 8):
        pair(pair(pair(pair(base))))


def deep(base: Any, count: int, frames: int = 30) -> None:
    if frames > 0:
        deep(base, count, frames - 1)
    else:
        calls(base, count)


Work = Callable[[Any, int], None]
WARM_UP = 200  # operations


@dataclass(frozen=True)
class Cost:
    """Microseconds of CPU per operation."""

    inside: float  # of the program's calls
    behind: float


def plain_cpu(work: Work, base: Any, count: int) -> float:
    work(base, WARM_UP)
    return cpu(lambda: work(base, count)) / count


def captured_cpu(work: Work, base: Any, count: int, folder: Path, bridge: Bridge) -> Cost:
    notes: queue.SimpleQueue[capture.Note] = queue.SimpleQueue()
    config = Config(limits_calls=10**9)
    roots = [str(ROOT / "benchmarks")]
    recorder = capture.Recorder(notes.put, bridge, config, Guard(strict=True), roots, SourceReader(roots).read)
    installation = capture.install(recorder)
    ahead = WriteAhead(folder)

    def write() -> None:
        made = [capture.observation(notes.get()) for _ in range(notes.qsize())]
        ahead.append([*bridge.drain(), *made])

    try:
        work(base, WARM_UP)  # reads the source of this file, too: once per file, not per operation
        write()
        inside = cpu(lambda: work(base, count))
        bridge.settle(10)  # all that was marked has been described
        return Cost(inside / count, cpu(write) / count)
    finally:
        installation.uninstall()
        ahead.remove()


def cpu(work: Callable[[], None]) -> float:
    """Microseconds of CPU."""
    began = time.thread_time()
    work()
    return (time.thread_time() - began) * 1e6


def per_operation(rounds: int, count: int) -> None:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.jars", str(jar_for(find_spark()))).config("spark.extraListeners", LISTENER)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    bridge = Bridge(spark.sparkContext)
    base = spark.range(10)
    print("| program | plain us | in calls, more | behind, more | together |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for work in (flat, calls, deep):
            plain_cpu(work, base, count)
            pairs = [
                (plain_cpu(work, base, count), captured_cpu(work, base, count, Path(folder), bridge))
                for _ in range(rounds)
            ]
            print(row(work.__name__, pairs))
    spark.stop()


def row(name: str, pairs: list[tuple[float, Cost]]) -> str:
    plain = statistics.median(plain for plain, _ in pairs)
    inside = statistics.median(cost.inside - plain for plain, cost in pairs)
    behind = statistics.median(cost.behind for _, cost in pairs)
    together = statistics.median(cost.inside - plain + cost.behind for plain, cost in pairs)
    return f"| {name} | {plain:.0f} | {inside:+.1f} | {behind:+.1f} | {together:+.1f} |"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--operations", type=int, default=1000)
    options.add_argument("--rounds", type=int, default=20)
    chosen = options.parse_args()
    per_operation(chosen.rounds, chosen.operations)


if __name__ == "__main__":
    main()
