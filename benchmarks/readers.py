"""What the readers cost: `show` and `diff` of runs with 1,000 datasets, as whole processes, beyond interpreter start.

    python benchmarks/readers.py [--datasets 1000] [--narrow] [--rounds 7] [--keep FOLDER]

Two runs of one program of a thousand functions are put into a store by the real assembling, event building and journal;
only what Spark would have observed is made up: chains of datasets with 10 to 59 columns (3 to 6 with `--narrow`), plan
fragments, a probe result per dataset, samples of 20 rows. In the second run a function in the middle has another
filter, so that half of all datasets differ. Each command runs as its users run it. Seconds are medians over interleaved
rounds, minus those of `python -c pass`; a first round warms the page cache and is not counted.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from spark_lineage.events import build, samples
from spark_lineage.graph import assemble
from spark_lineage.model import (
    CallEnded,
    CallSeen,
    ColumnDefinition,
    ColumnInput,
    Fragment,
    FunctionReading,
    Marked,
    Mode,
    Observation,
    Operation,
    OperationKind,
    Outcome,
    Place,
    Probed,
    ProbedColumn,
    ProgramEnded,
    ProgramStarted,
    RepositorySeen,
    Sample,
    SourceRead,
    SourceReading,
    SparkStarted,
    Statement,
    Storage,
    VariableSeen,
)
from spark_lineage.sinks.journal import Journal

FILE = "/home/ada/pipelines/wide.py"
RUNS = ("0197a1b2-0000-7000-8000-00000000000a", "0197a1b2-0000-7000-8000-00000000000b")
ROWS = 10_000
GOALS = {"show": 0.5, "diff": 1.0}  # seconds beyond interpreter start


@dataclass(frozen=True)
class Shape:
    """``first``: columns that a chain begins with. ``chain``: datasets from one source to the next."""

    datasets: int
    first: int = 10
    chain: int = 50

    def columns(self, number: int) -> tuple[str, ...]:
        """Every step of a chain adds one."""
        return tuple(f"column_{each}_of_orders" for each in range(self.first + number % self.chain))


def digest(*parts: object, digits: int) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:digits]


def observations(run: str, shape: Shape, changed: int | None) -> Iterator[Observation]:
    """The program as capture and the JVM half report it. ``changed``: the function that filters otherwise."""
    datasets = shape.datasets
    clock = 1_700_000_000.0 + (1000 if changed is not None else 0)
    commit = digest("commit", changed is None, digits=40)
    yield ProgramStarted("wide", FILE, (), "3.12.1", clock, Mode.EXACT, {"agent": "ada"}, run)
    yield RepositorySeen("/home/ada/pipelines", commit, "main", None)
    yield SparkStarted("app-1", "wide", "4.2.0", "2.13.16", "17.0.1", "local[2]", clock)
    yield SourceRead(
        SourceReading(FILE, "src1:file", (module(datasets), *(function(n, changed) for n in range(datasets))))
    )
    yield CallSeen("c0", None, "<module>", "__main__", FILE, 1, None, "MainThread", clock, True)
    for number in range(datasets):
        yield from step(number, shape, clock + 0.01 * number, changed)
    yield CallEnded("c0", clock + 0.01 * datasets, None)
    yield ProgramEnded(clock + 0.01 * datasets, Outcome.COMPLETE, None)


def step(number: int, shape: Shape, at: float, changed: int | None) -> Iterator[Observation]:
    """A call of function ``number``: reads a source at the begin of a chain, else goes on from the dataset before."""
    first = number % shape.chain == 0
    # Chains stand on the end of the chain before, so that a change goes on downstream.
    above = [f"d{number - 1}"] if number else []
    site = Place("c0", number, number + 1)
    call = f"c{number + 1}"
    yield CallSeen(call, "c0", f"make_{number}", "__main__", FILE, 2000 + 4 * number, site, "MainThread", at, False)
    path = (site, Place(call, 0, 2001 + 4 * number))
    kind = OperationKind.READ if not above else OperationKind.TRANSFORM
    yield Operation(f"o{number}", "DataFrame.withColumn", kind, path, tuple(above), f"d{number}", at, at + 0.005)
    yield VariableSeen(f"d{number}", f"orders_{number}", "c0")
    yield CallEnded(call, at + 0.006, None)
    yield Marked(f"d{number}", "boundary", tuple(above))
    names = shape.columns(number)
    yield fragment(number, names, above, first and not above, "0" if changed == number else "10")
    yield probe(number, names, changed is not None and number >= changed, number // shape.chain)


def fragment(number: int, names: tuple[str, ...], above: list[str], reads: bool, bound: str) -> Fragment:
    origin = above[0] if above else "source:0"
    sources = (Storage("file", "/data/orders", "parquet", None, None, tuple((each, "string") for each in names)),)
    before = ColumnInput(origin, names[0], "INDIRECT", "FILTER")
    made = ColumnInput(origin, names[1], "DIRECT", "TRANSFORMATION")
    definitions = [
        ColumnDefinition(each, each, (ColumnInput(origin, each, "DIRECT", "IDENTITY"),)) for each in names[:-1]
    ]
    expression = f"CASE WHEN ({names[1]} > {number}) THEN concat({names[1]}, '_{number}') ELSE upper({names[1]}) END"
    definitions.append(ColumnDefinition(names[-1], expression, (made,)))
    operators = (f"Project [{', '.join(names)}]", f"Filter ({names[0]} >= {bound})", "Relation")
    return Fragment(
        dataset=f"d{number}", columns=tuple((each, "string", True) for each in names),
        plan_hash=f"plan1:{digest(number, bound, digits=32)}", operators=operators, plan_text="\n".join(operators),
        deterministic=True, nondeterminism=(), inputs=tuple(above), sources=sources if reads else (), opaque=(),
        definitions=tuple(definitions), indirect=(before,), sample_key=(names[0],),
    )  # fmt: skip


def probe(number: int, names: tuple[str, ...], differs: bool, chain: int = 0) -> Probed:
    rows = ROWS - 7 if differs else ROWS
    probed = tuple(
        ProbedColumn(each, "string", 3, f"xxh64:{digest(each, chain, differs, digits=16)}") for each in names
    )
    cells = tuple(tuple(f"value {row} {each % 7}" for each in range(len(names))) for row in range(20))
    sample = Sample((names[0],), names, cells, (1,) * 20)
    fingerprint = f"row1:{digest(number, differs, digits=32)}"
    return Probed(f"d{number}", f"d{number}/1", 1, rows, True, None, None, (), probed, fingerprint, sample, None)


def module(datasets: int) -> FunctionReading:
    lines = [
        Statement(n, n + 1, n + 1, f"orders_{n}", 1, f"src1:{n}", f"orders_{n} = make_{n}(orders_{n - 1})")
        for n in range(datasets)
    ]
    return FunctionReading("<module>", 1, datasets, True, "src1:module", None, tuple(lines))


def function(number: int, changed: int | None) -> FunctionReading:
    line = 2000 + 4 * number
    bound = "0" if changed == number else "10"
    body = f'return orders.filter("column_0_of_orders >= {bound}").withColumn("column_{number}", made({number}))'
    source = f"def make_{number}(orders):\n    {body}\n"
    reading = Statement(0, line + 1, line + 1, None, 1, f"src1:{digest(body, digits=16)}", body)
    return FunctionReading(
        f"make_{number}", line, line + 2, False, f"src1:{digest(source, digits=16)}", None, (reading,), source
    )


def record(store: Path, shape: Shape) -> None:
    for run, changed in zip(RUNS, (None, shape.datasets // 2), strict=True):
        graph = assemble(list(observations(run, shape, changed)))
        assert len(graph.datasets) >= shape.datasets
        Journal(store / "runs" / run, fsync=False).write(build(graph), samples(graph))


# --------------------------------------------------------------------------- measuring


def commands(store: Path) -> dict[str, list[str]]:
    lineage = [sys.executable, "-m", "spark_lineage"]
    here = ["--store", str(store)]
    found = {
        "show": [*lineage, "show", *here],
        "show --json": [*lineage, "show", "--json", *here],
        "verify --no-tables": [*lineage, "verify", "--no-tables", *here],
        "runs": [*lineage, "runs", *here],
        "history": [*lineage, "history", "make_700", *here],
        "explain": [*lineage, "explain", "make_700.column_5_of_orders", *here],
        "diff": [*lineage, "diff", "last~1", "last", *here],
        "diff --json": [*lineage, "diff", "last~1", "last", "--json", *here],
        "diff, same runs": [*lineage, "diff", "last", "last", *here],
    }
    return {name: words for name, words in found.items() if answers(words)}


def answers(words: list[str]) -> bool:
    """A command that cannot do it is not measured: 2 is bad input, 1 is an answer of `diff`."""
    done = subprocess.run(words, capture_output=True, text=True, timeout=300)
    if done.returncode not in (0, 1):
        print(f"left out: {' '.join(words[3:5])}: {done.stderr.strip()[-300:]}", file=sys.stderr)
    return done.returncode in (0, 1)


@dataclass(frozen=True)
class Took:
    wall: float  # seconds
    cpu: float  # seconds of the processor: what the machine does beside counts little


def run(words: list[str]) -> Took:
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "COLUMNS": "120"})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Took(time.perf_counter() - began, cpu)


def measure(store: Path, rounds: int) -> dict[str, list[Took]]:
    """Beyond the interpreter's start, which is taken in each round anew."""
    words = commands(store)
    found: dict[str, list[Took]] = {name: [] for name in words}
    for number in range(rounds + 1):
        bare = run([sys.executable, "-c", "pass"])
        for name, each in words.items():
            took = run(each)
            if number:
                found[name].append(Took(took.wall - bare.wall, took.cpu - bare.cpu))
    return found


def table(found: dict[str, list[Took]]) -> str:
    lines = ["| command | seconds | fastest | processor seconds | goal |", "|---|---|---|---|---|"]
    for name, each in found.items():
        goal = f"< {GOALS[name]:g}" if name in GOALS else ""
        walls, cpu = [took.wall for took in each], statistics.median(took.cpu for took in each)
        lines.append(f"| {name} | {statistics.median(walls):.2f} | {min(walls):.2f} | {cpu:.2f} | {goal} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--datasets", type=int, default=1000)
    parser.add_argument("--narrow", action="store_true", help="datasets of 3 to 6 columns")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--keep", type=Path, help="make the store here and leave it")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = chosen.keep or Path(folder)
        if not (store / "runs").is_dir():
            record(store, Shape(chosen.datasets, 3, 4) if chosen.narrow else Shape(chosen.datasets))
        size = sum(each.stat().st_size for each in store.glob("runs/*/*")) / 2 / 1e6
        load = f"load {os.getloadavg()[0]:.0f}"
        print(f"{chosen.datasets} datasets, {size:.0f} MB a run; Python {platform.python_version()}, {cpu()}, {load}\n")
        print(table(measure(store, chosen.rounds)))


def cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine()
    )
    return f"{os.cpu_count()} x {model}"


if __name__ == "__main__":
    main()
