"""What observing costs and what it finds: the 22 queries of TPC-H, plain and in each mode in turn, query by query.

    python benchmarks/tpch22.py [--scale 1] [--rounds 5] [--keep FOLDER]

One process runs all queries (``tpch22_job.py``), one after the other, and measures each: the processor time of the
driver's Python, its JVM and whatever they start. Rounds are interleaved as in ``overhead.py``, whose measure of the
whole process is in the first table: it has the start and the end, too. The first round is not counted. A ratio is the
median of the ratios within each round. What a mode has found is read from the record of its last round: interim
datasets whose rows are exact, and columns of them that have a fingerprint.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import overhead

import spark_lineage

JOB = Path(__file__).with_name("tpch22_job.py")
Seconds = Mapping[str, float]  # of processor time, by query


@dataclass(frozen=True)
class Round:
    whole: overhead.Cost
    queries: Seconds


@dataclass(frozen=True)
class Found:
    """What the record of one run says of its interim datasets."""

    datasets: int
    rows: int  # datasets whose rows are exact
    columns: int
    fingerprints: int

    def __str__(self) -> str:
        return f"{self.rows} of {self.datasets} | {self.fingerprints} of {self.columns}"


def measure(data: Path, folder: Path, rounds: int, ways: Sequence[str]) -> dict[str, list[Round]]:
    found: dict[str, list[Round]] = {way: [] for way in ways}
    for number, way in overhead.turns(ways, rounds):
        times = folder / "out"
        times.unlink(missing_ok=True)
        cost = overhead.run(way, data, folder, JOB)
        lines = [line.split() for line in times.read_text().splitlines()]
        queries = {name: float(cpu) for name, _, cpu, _ in lines}
        print(f"round {number} {way}: cpu {cost.cpu:.1f} s, wall {cost.wall:.1f} s", file=sys.stderr, flush=True)
        if number > 0:
            found[way].append(Round(cost, queries))
    return found


def of_record(store: Path, mode: str) -> Found | None:
    """Of the newest run in that mode; None for a plain run, which leaves no record."""
    runs = spark_lineage.store(store).runs() if (store / "runs").is_dir() else ()
    for run in runs:
        if run.mode.value == mode:
            interim = [dataset for dataset in run.datasets if dataset.kind.value == "interim"]
            columns = [column for dataset in interim for column in dataset.columns]
            return Found(
                len(interim), sum(dataset.rows is not None for dataset in interim),
                len(columns), sum(column.fingerprint is not None for column in columns),
            )  # fmt: skip
    return None


def ratios(plain: Sequence[Round], observed: Sequence[Round]) -> Seconds:
    """By query: the median over the rounds."""
    return {
        query: statistics.median(
            mine.queries[query] / bare.queries[query] for mine, bare in zip(observed, plain, strict=True)
        )
        for query in plain[0].queries
    }


def wholes(found: Mapping[str, Sequence[Round]], store: Path) -> str:
    costs = {way: [each.whole for each in rounds] for way, rounds in found.items()}
    lines = [
        "| mode | CPU s | CPU, whole (range) | median query | worst query | wall (range) | rows exact | fingerprints |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for way, rounds in found.items():
        cpu = f"{statistics.median(cost.cpu for cost in costs[way]):.1f}"
        if way == "plain":
            lines.append(f"| plain | {cpu} | 1 | 1 | 1 | 1 | | |")
            continue
        each = ratios(found["plain"], rounds)
        worst = max(each, key=lambda query: each[query])
        what = of_record(store, way)
        lines.append(
            f"| {way} | {cpu} | {overhead.ratio(costs, way, 'cpu')} | {statistics.median(each.values()):.2f} "
            f"| {each[worst]:.2f} ({worst}) | {overhead.ratio(costs, way, 'wall')} | {what or ' | '} |"
        )
    return "\n".join(lines)


def by_query(found: Mapping[str, Sequence[Round]]) -> str:
    observed = {way: ratios(found["plain"], rounds) for way, rounds in found.items() if way != "plain"}
    lines = [f"| query | plain, CPU s | {' | '.join(observed)} |", "|---|---|" + "---|" * len(observed)]
    for query in found["plain"][0].queries:
        seconds = statistics.median(each.queries[query] for each in found["plain"])
        lines.append(f"| {query} | {seconds:.1f} | {' | '.join(f'{each[query]:.2f}' for each in observed.values())} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="TPC-H scale factor; 0.1 to try it out")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keep", type=Path, help="folder for data, logs and the store that stays")
    parser.add_argument("--ways", default=",".join(overhead.WAYS))
    args = parser.parse_args()
    folder = (args.keep or Path(tempfile.mkdtemp(prefix="tpch22-"))).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    overhead.adopt()
    try:
        found = measure(overhead.generate(folder, args.scale), folder, args.rounds, args.ways.split(","))
        load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
        print(f"TPC-H SF {args.scale:g}, {args.rounds} rounds, {os.cpu_count()} cores ({platform.machine()}), "
              f"Python {platform.python_version()}, load at the end {load}\n")  # fmt: skip
        print(wholes(found, folder / "lineage"), by_query(found), sep="\n\n")
    finally:
        if args.keep is None:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
