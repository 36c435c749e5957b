"""Events per second written to journal and Delta, and bytes per step.

    python benchmarks/events.py                     # made-up runs of 1,000 steps, with 8 and with 25 columns
    python benchmarks/events.py --store lineage     # the runs of a store that was recorded, such as that of `make demo`

Per run: its graph is built into events and written to a journal (with fsync, as at the end of a program), and the
journal is appended to the Delta tables. Medians over the rounds. Bytes per step are those of its START and its terminal
event; "bare" leaves out the facet of the sample and the text of the plan.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from spark_lineage import model
from spark_lineage.events import build, samples
from spark_lineage.sinks.delta import DeltaAudit
from spark_lineage.sinks.journal import Journal
from spark_lineage.store import Store

T0 = 1_767_225_600.0
HEX = "0123456789abcdef"
SOURCE = '''def step(orders):
    """Keeps what was paid, and adds the tax."""
    paid = orders.filter("state = 'paid'")
    return paid.withColumn("tax", F.col("amount") * RATE)
'''


@dataclass(frozen=True)
class Measured:
    """One run, once."""

    steps: int
    events: int
    journal_seconds: float
    delta_seconds: float
    journal_bytes: int
    bare_bytes: int
    delta_bytes: int


# --------------------------------------------------------------------------- made-up runs


def made_up(steps: int, columns: int) -> model.LineageGraph:
    """A chain of function calls, each with one output that was measured as a whole."""
    datasets = tuple(_dataset(number, columns) for number in range(steps))
    calls = tuple(_step(number) for number in range(steps))
    run = model.Run(
        id="019b7700-0000-7000-8000-000000000001", app="orders", program="/srv/jobs/orders.py", argv=("2026-01-01",),
        started=T0, ended=T0 + steps + 1, outcome=model.Outcome.COMPLETE, error=None, mode=model.Mode.FLOW, labels={},
        spark=model.SparkStarted("app-1", "orders", "4.2.0", "2.13.16", "17.0.1", "local[2]", T0), python="3.11.9",
    )  # fmt: skip
    top = model.Step(
        "orders", 1, model.StepKind.APPLICATION, "<module>", run.program, 1, 400, None, None, (), (), T0, run.ended,
        run.outcome, None, (), None, None, None, None, "MainThread",
    )  # fmt: skip
    return model.LineageGraph(run, (top, *calls), datasets, ())


def _step(number: int) -> model.Step:
    name = f"orders.step_{number}"
    ran = model.Execution(
        number, f"o{number}", "count at orders.py:10", T0 + number, T0 + number + 0.5, model.Outcome.COMPLETE, None,
        (number,), {"task_ms": 400, "cpu_ms": 300, "rows_read": 100_000, "bytes_read": 1_000_000}, (), (),
    )  # fmt: skip
    return model.Step(
        name, 1, model.StepKind.FUNCTION, f"step_{number}", "/srv/jobs/orders.py", 10, 14, 200, ("orders", 1),
        (f"step_{number - 1}",) if number else (), (f"step_{number}",), T0 + number, T0 + number + 0.9,
        model.Outcome.COMPLETE, None, (ran,), f"orders_{number}", "src1:" + HEX, SOURCE, "Keeps what was paid.",
        "MainThread",
    )  # fmt: skip


def _dataset(number: int, columns: int) -> model.Dataset:
    names = [f"column_{each}" for each in range(columns)]
    before = f"step_{number - 1}"
    facts = tuple(
        model.Column(
            name, "double" if each % 4 == 0 else "string", True, each, f"xxh64:{HEX}",
            *((1234567.891, 2345678901.23, -345.67) if each % 4 == 0 else ()),
        )
        for each, name in enumerate(names)
    )  # fmt: skip
    passed = [_passed(before, name) for name in names[:-1]] if number else []
    taxed = (model.ColumnInput(before, names[0], "DIRECT", "TRANSFORMATION"),) if number else ()
    made = model.ColumnDefinition(names[-1], f"{names[0]} * 0.19", taxed)
    fragment = model.Fragment(
        f"step_{number}", tuple((name, each.type, True) for name, each in zip(names, facts, strict=True)),
        "plan1:" + HEX, ("Project", "Filter"), "Project [...]\n+- Filter (state = 'paid')\n" * 8, True, (),
        (before,) if number else (), (), (), (*passed, made),
        (model.ColumnInput(before, names[1], "INDIRECT", "FILTER"),) if number else (), (names[1],),
    )  # fmt: skip
    rows = tuple(tuple(f"value {row} {name}" for name in names) for row in range(20))
    return model.Dataset(
        f"step_{number}", f"step_{number}", "inmemory://orders", model.DatasetKind.INTERIM, f"orders.step_{number}", 1,
        f"orders_{number}", "spark", facts, 100_000 - number, True, None, None, (), f"row1:{HEX}{HEX}",
        model.Sample((names[1],), tuple(names), rows, (1,) * 20), None, fragment, 1,
    )  # fmt: skip


def _passed(dataset: str, name: str) -> model.ColumnDefinition:
    return model.ColumnDefinition(name, name, (model.ColumnInput(dataset, name, "DIRECT", "IDENTITY"),))


# --------------------------------------------------------------------------- measuring


def measure(graph: model.LineageGraph) -> Measured:
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder, "runs", graph.run.id)
        begun = time.perf_counter()
        events = Journal(run).write(build(graph), samples(graph))
        journalled = time.perf_counter()
        DeltaAudit(Path(folder, "audit")).append(run)
        appended = time.perf_counter()
        lines = (run / "events.jsonl").read_bytes().splitlines(keepends=True)
        tables = sum(each.stat().st_size for each in Path(folder, "audit").rglob("*") if each.is_file())
    return Measured(
        len(graph.steps), events, journalled - begun, appended - journalled, sum(map(len, lines)),
        sum(map(bare, lines)), tables,
    )  # fmt: skip


def bare(line: bytes) -> int:
    """Bytes of an event without samples and plan texts."""
    event = json.loads(line)
    for made in event["run"].get("facets", {}).get("sparkLineage_plan", {}).get("outputs", ()):
        made.pop("text", None)
    for dataset in (*event.get("inputs", ()), *event.get("outputs", ())):
        (dataset.get("facets") or {}).pop("sparkLineage_sample", None)
    return len(json.dumps(event, separators=(",", ":"))) + 1


def row(name: str, rounds: list[Measured]) -> str:
    first = rounds[0]
    journal = first.events / statistics.median(each.journal_seconds for each in rounds)
    delta = first.events / statistics.median(each.delta_seconds for each in rounds)
    per_step = [each / first.steps / 1000 for each in (first.journal_bytes, first.bare_bytes, first.delta_bytes)]
    figures = " | ".join(f"{each:.1f}" for each in per_step)
    return f"| {name} | {first.steps} | {first.events} | {journal:,.0f} | {delta:,.0f} | {figures} |"


def runs(arguments: argparse.Namespace) -> Iterator[tuple[str, model.LineageGraph]]:
    if arguments.store is None:
        for columns in (8, 25):
            yield f"made up, {columns} columns", made_up(arguments.steps, columns)
    else:
        store = Store(arguments.store)
        for summary in store.runs():
            yield f"{summary.app} {summary.id[:13]}", store.open(summary).graph


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", type=Path, help="measure the runs of this store")
    parser.add_argument("--steps", type=int, default=1000, help="of a made-up run [1000]")
    parser.add_argument("--rounds", type=int, default=3, help="[3]")
    arguments = parser.parse_args()
    python, load = platform.python_version(), os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, {platform.system()}, Python {python}, load {load:.1f} when it began")
    print("| run | steps | events | journal, events/s | Delta, events/s | kB per step | kB bare | kB in Delta |")
    print("|---|---|---|---|---|---|---|---|")
    for name, graph in runs(arguments):
        print(row(name, [measure(graph) for _ in range(arguments.rounds)]), flush=True)


if __name__ == "__main__":
    main()
