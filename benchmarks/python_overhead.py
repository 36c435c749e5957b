"""What capture costs the driver's Python: CPU per DataFrame operation, plain against captured.

    python benchmarks/python_overhead.py [--operations 1000] [--rounds 20]

Plain and captured rounds alternate in one process on one session that has the listener; medians over rounds of the
differences. CPU is that of Python (``time.thread_time``), calls into the JVM half included, what the JVM itself does
for them not. ``flat``: operations of one statement; ``calls``: each pair of operations in a new call of a function,
and four such calls in a chain, so that three of four outputs cross a boundary and are marked; ``deep``: the same below
30 more frames of the program's own. ``in calls`` is spent inside the program's calls, ``behind`` by the agent's
thread, which makes observations of what was noted down, takes those of the JVM half and writes all ahead. The first
operations after the patches are in place cost more (the interpreter specialises its code anew) and are not counted.

``in calls`` is a difference of two numbers that are several times as large and vary by more than it does. ``in hooks``
adds up what the thread spent in our functions while the program ran, and leaves out what it costs the program to find
its caches changed. ``warm`` is the difference with methods that do nothing and a JVM that is not asked: what our Python
costs while it stays in the processor's caches. Between two calls into a JVM it does not stay there, and how much a call
costs Python is up to the machine: the last line says what one that does nothing takes, and what a few microseconds of
any Python take after one.
"""

from __future__ import annotations

import argparse
import itertools
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
WORKS: tuple[Work, ...] = (flat, calls, deep)
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
    observed: queue.SimpleQueue[capture.Deferred] = queue.SimpleQueue()
    installation = captured(observed.put, bridge)
    ahead = WriteAhead(folder)

    def write() -> None:
        made = [capture.observation(observed.get()) for _ in range(observed.qsize())]
        ahead.append([*itertools.chain.from_iterable(bridge.drain()), *made])

    try:
        work(base, WARM_UP)  # reads the source of this file, too: once per file, not per operation
        write()
        inside = cpu(lambda: work(base, count))
        bridge.settle(10)  # all that was marked has been described
        return Cost(inside / count, cpu(write) / count)
    finally:
        installation.uninstall()
        ahead.remove()


def hooks_cpu(work: Work, base: Any, count: int, bridge: Bridge) -> float:
    """Microseconds of CPU per operation that the recorder takes: at its start, at its end, and for new objects."""
    spent = 0.0
    recorder = capture.Recorder
    entries = {name: vars(recorder)[name] for name in ("begin", "end", "frame_appeared")}

    def timed(entry: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            nonlocal spent
            began = time.thread_time()
            try:
                return entry(*args)
            finally:
                spent += time.thread_time() - began

        return call

    for name, entry in entries.items():
        setattr(recorder, name, timed(entry))
    observed: queue.SimpleQueue[capture.Deferred] = queue.SimpleQueue()
    installation = captured(observed.put, bridge)
    try:
        work(base, WARM_UP)
        spent = 0.0
        work(base, count)
        return spent * 1e6 / count
    finally:
        installation.uninstall()
        for name, entry in entries.items():
            setattr(recorder, name, entry)
        for _ in bridge.drain():
            pass


def cpu(work: Callable[[], None]) -> float:
    """Microseconds of CPU."""
    began = time.thread_time()
    work()
    return (time.thread_time() - began) * 1e6


class NoJvm:
    """A port into the JVM that is not asked."""

    def mark(self, df: Any, df_id: str, inputs: Any, why: str) -> None: ...

    def read(self, df: Any, df_id: str) -> None: ...

    def same(self, df: Any, df_id: str) -> None: ...

    def place(self, path: str) -> None: ...

    def set_op(self, op_id: str | None) -> None: ...

    def function(self, udf: Any, code: str) -> None: ...

    def ask(self, df_id: str, questions: Any) -> None: ...


def warm_costs(rounds: int, count: int) -> dict[str, float]:
    """By program: what capture adds to operations that do nothing."""
    from pyspark.sql.classic.dataframe import DataFrame

    def hollow(*_: Any) -> Any:
        return object.__new__(DataFrame)

    does_nothing = {"filter": hollow, "withColumn": hollow, "__getattr__": lambda *_: None}
    replaced = {name: vars(DataFrame)[name] for name in does_nothing}
    for name, method in does_nothing.items():
        setattr(DataFrame, name, method)
    try:
        base = hollow()
        return {work.__name__: statistics.median(_warm(work, base, count) for _ in range(rounds)) for work in WORKS}
    finally:
        for name, method in replaced.items():
            setattr(DataFrame, name, method)


def _warm(work: Work, base: Any, count: int) -> float:
    plain = plain_cpu(work, base, count)
    observed: list[capture.Deferred] = []
    installation = captured(observed.append, NoJvm())
    try:
        return plain_cpu(work, base, count) - plain
    finally:
        installation.uninstall()


def captured(emit: Callable[[capture.Deferred], None], port: Any) -> capture.Installation:
    roots = [str(ROOT / "benchmarks")]
    config = Config(limits_calls=10**9)
    return capture.install(capture.Recorder(emit, port, config, Guard(strict=True), roots, SourceReader(roots).read))


def machine(spark_context: Any) -> str:
    """What calls into the JVM cost on this machine."""
    nothing = spark_context._jvm.java.lang.System.nanoTime

    def some_python() -> None:
        made: dict[int, tuple[int, str]] = {}
        for number in range(12):
            made[number] = (number, str(number))
            list(made[number])

    def median(before: Callable[[], Any], work: Callable[[], Any]) -> float:
        costs = []
        for _ in range(3000):
            before()
            costs.append(cpu(work))
        return statistics.median(costs[1000:])

    call, alone = median(int, nothing), median(int, some_python)
    return (
        f"a call into the JVM that does nothing: {call:.0f} us of Python's CPU; "
        f"Python of {alone:.1f} us takes {median(nothing, some_python):.1f} us after one"
    )


def per_operation(rounds: int, count: int) -> None:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.jars", str(jar_for(find_spark()))).config("spark.extraListeners", LISTENER)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    bridge = Bridge(spark.sparkContext)
    base = spark.range(10)
    warm = warm_costs(rounds, count)
    print("| program | plain us | in calls, more | in hooks | behind, more | warm |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for work in WORKS:
            plain_cpu(work, base, count)
            pairs = [
                (plain_cpu(work, base, count), captured_cpu(work, base, count, Path(folder), bridge))
                for _ in range(rounds)
            ]
            hooks = statistics.median(hooks_cpu(work, base, count, bridge) for _ in range(rounds))
            print(row(work.__name__, pairs, hooks, warm[work.__name__]))
    print(machine(spark.sparkContext))
    spark.stop()


def row(name: str, pairs: list[tuple[float, Cost]], hooks: float, warm: float) -> str:
    plain = statistics.median(plain for plain, _ in pairs)
    inside = statistics.median(cost.inside - plain for plain, cost in pairs)
    behind = statistics.median(cost.behind for _, cost in pairs)
    return f"| {name} | {plain:.0f} | {inside:+.1f} | {hooks:.1f} | {behind:+.1f} | {warm:.1f} |"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--operations", type=int, default=1000)
    options.add_argument("--rounds", type=int, default=20)
    chosen = options.parse_args()
    per_operation(chosen.rounds, chosen.operations)


if __name__ == "__main__":
    main()
