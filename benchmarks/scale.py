"""What observing costs as a program grows, plain beside observed: a curve for each thing that there may be many of.

    python benchmarks/scale.py [--kinds steps calls actions chain columns partitions unions batches]
                               [--sizes 10 100] [--mode flow] [--rounds 1] [--keep FOLDER]

Each program (``scale_programs.py``) runs in a process of its own, plain and observed in turn; seconds and bytes are
medians over the rounds. CPU is that of the whole process, its JVM included, with start and end. "More each" is what one
more of the thing costs: the difference to the size before, observed less plain. Where that grows from line to line, the
cost grows faster than the program. Memory: the most that Python held, the end of the program included (there the record
is put together), and the heap of the JVM that a full garbage collection leaves after the last line. "End" is the time
from the last line to the end of the process, "store" what the run left in it. ``MB`` are millions of bytes.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import overhead
from long_session import highest
from scale_programs import KINDS, program


@dataclass(frozen=True)
class Held:
    """One process: seconds and bytes."""

    cpu: float
    end: float
    python: int
    heap: int
    store: int

    @property
    def memory(self) -> int:
        return self.python + self.heap


def run(way: str, kind: str, size: int, folder: Path) -> Held:
    """Raises SystemExit with its last output if the program fails."""
    folder.mkdir(parents=True, exist_ok=True)
    script, said, log = folder / f"{kind}.py", folder / "said.json", folder / f"{way}.log"
    script.write_text(program(kind, size))
    store = folder / "lineage"
    before = bytes_below(store)
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, *overhead.start(way), str(script), str(said)],
            cwd=folder, env=overhead.environment(folder), stdout=output, stderr=output,
        )  # fmt: skip
        most, pid = 0, 0
        while not pid:
            most = max(most, highest(process.pid))
            time.sleep(0.02)
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        ended = time.time()
        cpu = usage.ru_utime + usage.ru_stime + overhead.adopted()
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"{kind} {size} {way}:\n{log.read_text()[-4000:]}")
    told: dict[str, Any] = json.loads(said.read_text())
    return Held(cpu, ended - told["last_line"], most, told["heap"], bytes_below(store) - before)


def bytes_below(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def middle(rounds: Sequence[Held]) -> Held:
    values = [[getattr(each, name) for each in rounds] for name in Held.__dataclass_fields__]
    return Held(*map(statistics.median, values))  # type: ignore[arg-type]


def measure(kind: str, sizes: Sequence[int], mode: str, rounds: int, folder: Path) -> list[tuple[Held, Held]]:
    found = []
    for size in sizes:
        pairs = []
        for number in range(rounds):
            ways = ("plain", mode) if number % 2 == 0 else (mode, "plain")
            costs = {way: run(way, kind, size, folder / f"{kind}-{size}") for way in ways}
            pairs.append((costs["plain"], costs[mode]))
            print(f"{kind} {size}: {pairs[-1]}", file=sys.stderr, flush=True)
        found.append((middle([plain for plain, _ in pairs]), middle([observed for _, observed in pairs])))
    return found


def table(kind: str, sizes: Sequence[int], mode: str, found: Sequence[tuple[Held, Held]]) -> str:
    lines = [
        f"| {kind} | plain CPU s | {mode} CPU s | ratio | more each, ms | end s (plain) | Python MB (plain) "
        "| JVM MB (plain) | more MB | more each, kB | store MB |",
        "|" + "---|" * 11,
    ]
    for number, (size, (plain, observed)) in enumerate(zip(sizes, found, strict=True)):
        each = ["", ""]
        if number > 0:
            (plain_before, observed_before), more = found[number - 1], size - sizes[number - 1]
            cpu = (observed.cpu - plain.cpu) - (observed_before.cpu - plain_before.cpu)
            memory = (observed.memory - plain.memory) - (observed_before.memory - plain_before.memory)
            each = [f"{1e3 * cpu / more:.2f}", f"{memory / more / 1e3:.1f}"]
        lines.append(
            f"| {size:,} | {plain.cpu:.1f} | {observed.cpu:.1f} | {observed.cpu / plain.cpu:.2f} | {each[0]} "
            f"| {observed.end:.2f} ({plain.end:.2f}) | {observed.python / 1e6:.0f} ({plain.python / 1e6:.0f}) "
            f"| {observed.heap / 1e6:.0f} ({plain.heap / 1e6:.0f}) | {(observed.memory - plain.memory) / 1e6:.0f} "
            f"| {each[1]} | {observed.store / 1e6:.2f} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--sizes", nargs="+", type=int, help="instead of those of each kind, in ascending order")
    parser.add_argument("--mode", default="flow", choices=["plan", "flow", "used", "exact"])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="folder for programs, logs and stores that stays")
    chosen = parser.parse_args()
    overhead.adopt()
    with tempfile.TemporaryDirectory(prefix="scale-") as scratch:
        folder = (chosen.keep or Path(scratch)).absolute()
        print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
              f"load at the start {os.getloadavg()[0]:.1f}")  # fmt: skip
        for kind in chosen.kinds:
            sizes = chosen.sizes or KINDS[kind][1]
            print("\n" + table(kind, sizes, chosen.mode, measure(kind, sizes, chosen.mode, chosen.rounds, folder)))


if __name__ == "__main__":
    main()
