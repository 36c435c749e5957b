"""Does ``spark-lineage diff`` name the faulty step? Faults and harmless changes in twelve programs, in three modes.

    python benchmarks/localisation.py [--only PROGRAM[/CHANGE]] [--mode flow|used|exact] [--jobs N] [--keep FOLDER]
                                      [--doc]

Each program is recorded once as it is and once with each change, by ``spark-lineage run`` in a process of its own;
then ``spark-lineage diff`` is asked about every pair. With ``--keep`` what is recorded stays in a folder, and only what
has changed since is recorded again. ``--doc`` writes the table into docs/localisation.md;
what was not asked for stays there as it is.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import pyspark  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: E402
from rich.table import Table  # noqa: E402

from tests import quick_java  # noqa: E402
from tests.localisation.suite import CONF, MODES, Bench, Verdict, judge  # noqa: E402
from tests.localisation.table import CHANGES, Change  # noqa: E402
from tests.warm_jvm import WarmJvm  # noqa: E402

DOC = ROOT / "docs" / "localisation.md"
HEAD = """
# Localisation: which step does `diff` name?

Twelve ordinary programs in different styles (`tests/localisation/programs`) are seeded with one fault at a time
(`tests/localisation/table.py`, with the step that has to be named, written by hand). Ten of them are made of
DataFrames and functions; `stock` keeps its tables by SQL and Delta commands (CTAS, MERGE, UPDATE, DELETE, INSERT in
several forms, `VERSION AS OF`); `churn` has a model between `fit` and `transform`, and results without rows. Each is
recorded as it is and with the fault, by `spark-lineage run` in a process of its own (the JVM stays warm between
them). *Right* means for a fault: exit status 1, the faulty function or statement and nothing else in
`first_divergences`, no source called changed; for a harmless change: exit status 0 and `same`. One pair in eight runs
from the same folder into the same output and store; in the others program, output and store are elsewhere. That a
fault does change what the program writes, and a harmless change does not, is checked without this package.

Measured by `make localisation`:
"""
Group = tuple[str, str, list[Change]]


def groups(changes: Iterable[Change], modes: list[str]) -> list[Group]:
    """Changes of one program in one mode follow each other: they share a folder."""
    by_program: dict[str, list[Change]] = {}
    for change in changes:
        by_program.setdefault(change.program, []).append(change)
    return [(program, mode, each) for mode in modes for program, each in by_program.items()]


def measured(folder: Path, group: Group, jvm: WarmJvm, progress: Progress, record_only: bool) -> list[Verdict]:
    program, mode, changes = group
    bench = Bench(folder, jvm)
    verdicts = []
    task = progress.add_task(f"{program} {mode}", total=len(changes))
    for change in changes:
        try:
            a, b = bench.pair(change, mode)
            if not record_only:
                verdicts.append(judge(change, mode, a, b, *bench.diff(a, b)))
        except (RuntimeError, AssertionError, subprocess.TimeoutExpired) as error:
            verdicts.append(Verdict(change, mode, (), (str(error),), {}))
            progress.console.print(f"{program} {change.name} {mode}: {error}", markup=False)
        progress.advance(task)
    progress.remove_task(task)
    return verdicts


def measure(folder: Path, todo: list[Group], jobs: int, record_only: bool, console: Console) -> list[Verdict]:
    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()]
    with Progress(*columns, console=console) as progress, ThreadPoolExecutor(jobs) as pool:
        everything = progress.add_task("programs", total=len(todo))
        jvms = [WarmJvm(folder / f"jvm-{number}", CONF) for number in range(jobs)]
        free = list(jvms)

        def one(group: Group) -> list[Verdict]:
            jvm = free.pop()
            try:
                return measured(folder, group, jvm, progress, record_only)
            finally:
                free.append(jvm)
                progress.advance(everything)

        try:
            return [verdict for verdicts in pool.map(one, todo) for verdict in verdicts]
        finally:
            for jvm in jvms:
                jvm.stop()


def show(verdicts: list[Verdict], console: Console) -> None:
    table = Table("program", "change", "kind", "mode", "named", "right")
    for each in verdicts:
        named = ", ".join(each.named) or ("same" if each.answer.get("same") else "-")
        mark = "[green]yes" if each.right else "[red]" + "; ".join(each.wrong)
        table.add_row(each.change.program, each.change.name, each.change.kind, each.mode, named, mark)
    console.print(table)
    console.print("\n".join(summary([(each.change, each.mode, each.right) for each in verdicts])))


def summary(judged: list[tuple[Change, str, bool]]) -> list[str]:
    """``judged``: change, mode, and whether the answer was right."""
    lines = []
    for mode in dict.fromkeys(mode for _, mode, _ in judged):
        faults = [right for change, each, right in judged if each == mode and not change.harmless]
        calm = [right for change, each, right in judged if each == mode and change.harmless]
        lines.append(
            f"- {mode} mode: {sum(faults)} of {len(faults)} faults named exactly, "
            f"{sum(calm)} of {len(calm)} harmless changes called the same"
        )
    return lines


def document(verdicts: list[Verdict], before: str) -> str:
    """The page with these verdicts; what was not measured now stays as ``before`` has it."""
    rows = {**measured_before(before), **{key(each): row(each) for each in verdicts}}
    programs = list(dict.fromkeys(change.program for change in CHANGES))
    changes = sorted(CHANGES, key=lambda change: programs.index(change.program))
    known = [(change, mode) for mode in MODES for change in changes if (change.program, change.name, mode) in rows]
    listed = [rows[change.program, change.name, mode] for change, mode in known]
    judged = [(change, mode, line.endswith("| yes |")) for (change, mode), line in zip(known, listed, strict=True)]
    measured = dates(before, {(each.mode, each.change.program) for each in verdicts}, programs)
    table = ["| program | change | kind | mode | named | right |", "|---|---|---|---|---|---|", *listed]
    parts = [HEAD.strip(), "\n".join(measured), "\n".join(summary(judged)), "\n".join(table)]
    return "\n\n".join(parts) + "\n"


def key(each: Verdict) -> tuple[str, str, str]:
    return each.change.program, each.change.name, each.mode


def measured_before(page: str) -> dict[tuple[str, str, str], str]:
    """The rows of the table, by program, change and mode."""
    cells = [(line, [cell.strip() for cell in line.split(" | ")]) for line in page.splitlines() if line.endswith(" |")]
    return {(each[0].lstrip("| "), each[1], each[3]): line for line, each in cells if each[3:4] and each[3] in MODES}


def dates(page: str, now: set[tuple[str, str]], programs: list[str]) -> list[str]:
    """One line for each mode, day and versions, with the programs that were measured then. ``now``: mode, program."""
    found = {(mode, program): day for mode, day, names in re.findall(r"^- (\w+), (20.*): (.*)$", page, re.MULTILINE)
             for program in names.split(", ")}  # fmt: skip
    today = f"{time.strftime('%Y-%m-%d')}, Spark {pyspark.__version__}, Python {platform.python_version()}"
    found.update(dict.fromkeys(now, today))
    days: dict[tuple[str, str], list[str]] = {}
    for mode, program in ((mode, program) for mode in MODES for program in programs if (mode, program) in found):
        days.setdefault((mode, found[mode, program]), []).append(program)
    return [f"- {mode}, {day}: {', '.join(names)}" for (mode, day), names in days.items()]


def row(each: Verdict) -> str:
    named = ", ".join(f"`{step}`" for step in each.named) or ("same" if each.answer.get("same") else "nothing")
    right = "yes" if each.right else "**no**: " + "; ".join(each.wrong).replace("\n", " ").replace("|", "\\|")[:300]
    return f"| {each.change.program} | {each.change.name} | {each.change.kind} | {each.mode} | {named} | {right} |"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", action="append", metavar="PROGRAM[/CHANGE]", help="may be given more than once")
    parser.add_argument("--mode", choices=MODES, action="append")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="programs at a time, a JVM for each")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="recordings stay there and are used again")
    parser.add_argument("--doc", action="store_true", help=f"write the table into {DOC.relative_to(ROOT)}")
    parser.add_argument("--record-only", action="store_true", help="record what is missing, ask nothing")
    return parser.parse_args()


def wanted(change: Change, only: list[str] | None) -> bool:
    return not only or any(each in (change.program, f"{change.program}/{change.name}") for each in only)


def main() -> int:
    quick_java.switch_on()
    options = arguments()
    console = Console(highlight=False)
    todo = groups([each for each in CHANGES if wanted(each, options.only)], options.mode or list(MODES))
    if not todo:
        raise SystemExit(f"no program or change called {' or '.join(options.only)}")
    with tempfile.TemporaryDirectory() as passing:
        folder = options.keep or Path(passing)
        folder.mkdir(parents=True, exist_ok=True)
        verdicts = measure(folder.resolve(), todo, options.jobs, options.record_only, console)
        answers = {f"{each.change.program}/{each.change.name} {each.mode}": each.answer for each in verdicts}
        (folder / "answers.json").write_text(json.dumps(answers, indent=1))
    if verdicts:
        show(verdicts, console)
    if options.doc:
        DOC.write_text(document(verdicts, DOC.read_text()))
    return 0 if all(each.right for each in verdicts) else 1


if __name__ == "__main__":
    raise SystemExit(main())
