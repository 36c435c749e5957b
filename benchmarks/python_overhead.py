"""What capture costs the driver's Python: CPU per DataFrame operation, plain against captured.

    python benchmarks/python_overhead.py [--operations 200] [--rounds 40]

Plain and captured rounds alternate in one process; medians over rounds. CPU is that of the Python thread alone
(``time.thread_time``): what the JVM does for a mark is not in it. ``flat``: operations of one statement; ``calls``:
each pair of operations in a new call of a function, whose input crosses a boundary once.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from spark_lineage import capture  # noqa: E402
from spark_lineage.config import Config  # noqa: E402
from spark_lineage.guard import Guard  # noqa: E402
from spark_lineage.static import read_source  # noqa: E402


class NoJvm:
    """Answers like the JVM half, at once."""

    def mark(self, df: Any, df_id: str, inputs: Sequence[str], why: str) -> None: ...

    def set_op(self, df: Any, op_id: str) -> None: ...


def flat(base: Any, count: int) -> None:
    for _ in range(count // 2):
        base.filter("id > 1").withColumn("a", base.id)


def pair(df: Any) -> Any:
    return df.filter("id > 1").withColumn("a", df.id)


def calls(base: Any, count: int) -> None:
    for _ in range(count // 2):
        pair(base)


def cpu(work: Callable[[Any, int], None], base: Any, count: int) -> float:
    """Microseconds of CPU per operation."""
    began = time.thread_time()
    work(base, count)
    return (time.thread_time() - began) / count * 1e6


def captured_cpu(work: Callable[[Any, int], None], base: Any, count: int) -> float:
    seen: list[Any] = []
    guard = Guard(strict=True)
    config = Config(limits_calls=10**9)
    recorder = capture.Recorder(seen.append, NoJvm(), config, guard, [str(ROOT / "benchmarks")], read_source)
    installation = capture.install(recorder)
    try:
        work(base, 2)  # reads the source of this file: once per file, not per operation
        return cpu(work, base, count)
    finally:
        installation.uninstall()


def per_operation(rounds: int, count: int) -> None:
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    base = spark.range(10)
    for work in (flat, calls):
        cpu(work, base, count)
        plain, captured = [], []
        for _ in range(rounds):
            plain.append(cpu(work, base, count))
            captured.append(captured_cpu(work, base, count))
        middle, more = statistics.median(plain), statistics.median(captured)
        label = f"{work.__name__:<8} plain {middle:7.1f} us  captured {more:7.1f} us"
        print(f"{label}  difference {more - middle:6.1f} us per operation")
    spark.stop()


def start_up(rounds: int) -> None:
    """Wall time of a program that imports pyspark and ends, plain and under ``spark-lineage run``."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "job.py"
        script.write_text("import pyspark.sql\n")
        plain, observed = [], []
        for _ in range(rounds):
            plain.append(_seconds([sys.executable, str(script)], folder))
            observed.append(_seconds([sys.executable, "-m", "spark_lineage", "run", str(script)], folder))
    middle, more = statistics.median(plain), statistics.median(observed)
    print(f"start-up plain {middle:5.2f} s  spark-lineage run {more:5.2f} s  difference {more - middle:5.2f} s")


def _seconds(command: list[str], folder: str) -> float:
    began = time.perf_counter()
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": folder}
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    return time.perf_counter() - began


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--operations", type=int, default=200)
    options.add_argument("--rounds", type=int, default=40)
    options.add_argument("--start-up", action="store_true", help="measure start-up instead")
    chosen = options.parse_args()
    if chosen.start_up:
        start_up(chosen.rounds)
    else:
        per_operation(chosen.rounds, chosen.operations)


if __name__ == "__main__":
    main()
