"""``python -m tests.compat``: the same programs on each line of Spark, compared with the record of the line at home.

    python -m tests.compat                    all programs, the ways of switching on, the wrong jars
    python -m tests.compat --smoke            five programs on each line
    python -m tests.compat --smoke --turn     five programs on two lines, which are others on the next day
    python -m tests.compat --line 3.5_2.12    only this line, and the one at home
    python -m tests.compat --keep             what an earlier call has recorded is taken as it is
    python -m tests.compat --document         writes docs/compatibility.md of what is recorded, and runs nothing

Exit status 1 if a program did not run as plain, or a record differs in what is not known to differ (``known.py``).
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.compat import kept, lines, report, ways, wrong_jar
from tests.compat.lines import HOME, Line
from tests.compat.programs import ROOT, SMOKE, programs

WORK = ROOT / ".tools" / "compat"
RECORDS = WORK / "records"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.compat")
    parser.add_argument("--smoke", action="store_true", help="five programs, and neither ways nor jars")
    parser.add_argument("--turn", action="store_true", help="two lines, by the day of the last commit")
    parser.add_argument("--line", action="append", default=[], help="3.5_2.12, 4.0_2.13, ...")
    parser.add_argument("--only", default=".*", metavar="NAMES", help="a regular expression: capture/.*")
    parser.add_argument("--keep", action="store_true", help="what is recorded already is not recorded again")
    parser.add_argument("--document", action="store_true", help="writes docs/compatibility.md, and runs nothing")
    asked = parser.parse_args()
    if asked.document:
        return _document()
    only = SMOKE if asked.smoke else asked.only
    chosen = lines.in_turn(_day_of_commit()) if asked.turn else lines.of(asked.line)
    data, shapes = _data(asked.smoke)
    names = [each.name for each in programs(data, shapes) if re.fullmatch(only, each.name)]
    todo = {line: _todo(RECORDS / line.name, names, asked.keep) for line in dict.fromkeys((HOME, *chosen))}
    lines.provide(*(line for line in todo if todo[line]))
    print(f"Spark and the jars are there ({_processor_time():.0f} s of processor time)", flush=True)
    for line in todo:
        _record(line, todo[line], data, shapes)
    told = [report.of_line(line, RECORDS / line.name, RECORDS / HOME.name, names) for line in chosen]
    for each in told:
        print(report.text(each))
    failed = sum(not each.good for each in told)
    kept.save(WORK, "told", {each.line.name: each.document() for each in told})
    if only == ".*":
        failed += _ways(chosen, asked.keep) + _jars(chosen, asked.keep)
    print(f"{sum(each.good for each in told)} lines passed, {failed} failed")
    return 1 if failed else 0


def _day_of_commit() -> int:
    told = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True)
    return int(told.stdout or 0) // 86400


def _todo(folder: Path, names: Sequence[str], keep: bool) -> list[str]:
    return [name for name in names if not (keep and (folder / name / "ran.json").exists())]


def _record(line: Line, names: Sequence[str], data: Path, shapes: Path) -> None:
    if not names:
        return
    folder = RECORDS / line.name
    for name in names:
        shutil.rmtree(folder / name, ignore_errors=True)
    only = "|".join(map(re.escape, names))
    print(f"== {line.name}: Spark {line.spark}", flush=True)
    words = [line.python, "-m", "tests.compat.recording", folder, data, shapes, only]
    subprocess.run([str(word) for word in words], cwd=ROOT, check=True)
    print(f"({_processor_time():.0f} s of processor time so far)", flush=True)


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
    (ROOT / "docs" / "compatibility.md").write_text(report.document(told, **parts))
    return 0


def _data(smoke: bool) -> tuple[Path, Path]:
    """The tables of the tests' programs."""
    sys.path[:0] = [str(ROOT / "tests" / "spark")]
    data, shapes = WORK / "data", WORK / "shapes"
    if not data.exists():
        import tables

        tables.write(data)
    if not smoke and not shapes.exists():
        from test_shapes import write_tables

        shapes.mkdir(parents=True)
        write_tables(shapes)
        tool = Path(sys.executable).with_name("tpchgen-cli")
        subprocess.run([str(tool), "parquet", "-s", "0.01", "--output-dir", str(data / "tpch")], check=True)
    return data, shapes


if __name__ == "__main__":
    sys.exit(main())
