"""``python -m tests.compat``: the same programs on each line of Spark, compared with the record of the line at home.

    python -m tests.compat                    all programs, the ways of switching on, the wrong jars
    python -m tests.compat --line 3.5_2.12    only this line, and the one at home
    python -m tests.compat --keep             what an earlier call has recorded is taken as it is
    python -m tests.compat --only 'capture/.*'  only these programs, and neither the ways nor the jars
    python -m tests.compat --only 'capture/.*' --java HOME   the same with another Java than the one that is found
    python -m tests.compat --document         writes docs/compatibility.md of what is recorded, and runs nothing

Exit status 1 if a program did not run as plain, or a record differs in what is not known to differ (``known.py``).
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.compat import kept, lines, records, report, ways, wrong_jar
from tests.compat.lines import HOME, Line
from tests.compat.programs import ROOT, programs
from tests.compat.records import WORK


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.compat")
    parser.add_argument("--line", action="append", default=[], help="3.5_2.12, 4.0_2.13, ...")
    parser.add_argument("--only", default=".*", metavar="NAMES", help="a regular expression: capture/.*")
    parser.add_argument("--java", type=Path, metavar="HOME", help="another Java; the line at home keeps its own")
    parser.add_argument("--keep", action="store_true", help="what is recorded already is not recorded again")
    parser.add_argument("--document", action="store_true", help="writes docs/compatibility.md, and runs nothing")
    asked = parser.parse_args()
    if asked.document:
        return _document()
    only, chosen = asked.only, lines.of(asked.line)
    data, shapes = records.data(smoke=False)
    names = [each.name for each in programs(data, shapes) if re.fullmatch(only, each.name)]
    todo = {(line, asked.java): _todo(records.of(line, asked.java), names, asked.keep) for line in chosen}
    if (HOME, None) not in todo:  # with its own Java, which others are compared with
        keep = asked.keep or asked.java is not None
        todo = {(HOME, None): _todo(records.of(HOME), names, keep), **todo}
    lines.provide(*(line for (line, _), left in todo.items() if left))
    print(f"Spark and the jars are there ({_processor_time():.0f} s of processor time)", flush=True)
    with ThreadPoolExecutor(2) as pool:
        made = [pool.submit(records.make, *place, left, data, shapes) for place, left in todo.items() if left]
    for each in made:
        each.result()
    print(f"({_processor_time():.0f} s of processor time so far)", flush=True)
    told = [report.of_line(line, records.of(line, asked.java), records.of(HOME), names) for line in chosen]
    for each in told:
        print(report.text(each))
    failed = sum(not each.good for each in told)
    kept.save(WORK, "told", {_key(each, asked.java): each.document() for each in told})
    if only == ".*" and asked.java is None:
        failed += _ways(chosen, asked.keep) + _jars(chosen, asked.keep)
    print(f"{sum(each.good for each in told)} lines passed, {failed} failed")
    return 1 if failed else 0


def _todo(folder: Path, names: Sequence[str], keep: bool) -> list[str]:
    return [name for name in names if not (keep and (folder / name / "ran.json").exists())]


def _key(told: report.Told, java: Path | None) -> str:
    return told.line.name if java is None else f"{told.line.name} on Java {told.where.rpartition(' ')[2]}"


def _processor_time() -> float:
    """Of this process and of those that it has waited for."""
    return sum(os.times()[:4])


def _ways(chosen: Sequence[Line], keep: bool) -> int:
    """How many lines failed."""
    before = kept.load(WORK, "ways") if keep else {}
    found = {line.name: before.get(line.name) or ways.of_line(line) for line in chosen}
    kept.save(WORK, "ways", found)
    for name, each in found.items():
        print(f"{name}: {each['passed']} of the tests of the ways of switching on passed, {each['failed']} failed")
    return sum(bool(each["failed"] or not each["passed"]) for each in found.values())


def _jars(chosen: Sequence[Line], keep: bool) -> int:
    """How many combinations failed."""
    before = kept.load(WORK, "jars") if keep else {}
    found = {}
    for line in chosen:
        tried = before.get(line.name) or [wrong_jar.document(each) for each in wrong_jar.of_line(line, WORK / "jars")]
        found[line.name] = tried
        for jar in tried:
            print(f"{line.name} with the jar {jar['jar']}: {'; '.join(jar['problems']) or 'as plain'}")
    kept.save(WORK, "jars", found)
    return sum(bool(jar["problems"]) for tried in found.values() for jar in tried)


def _document() -> int:
    told = kept.load(WORK, "told")
    parts = {name: kept.load(WORK, name) for name in ("ways", "jars", "wheel")}
    connectors = report.of_connectors(report.CONNECTORS.read_text())
    (ROOT / "docs" / "compatibility.md").write_text(report.document(told, **parts, connectors=connectors))
    return 0


if __name__ == "__main__":
    sys.exit(main())
