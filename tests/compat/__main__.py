"""``python -m tests.compat``: the same programs on each line of Spark, compared with the record of the line at home.

    python -m tests.compat                    all programs, the wrong jars; writes docs/compatibility.md
    python -m tests.compat --smoke            five programs on each line
    python -m tests.compat --line 3.5_2.12    only this line, and the one at home

Exit status 1 if a program did not run as plain, or a record differs in what is not known to differ (``known.py``).
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from tests.compat import lines, report, wrong_jar
from tests.compat.lines import HOME, Line
from tests.compat.programs import ROOT, programs

WORK = ROOT / ".tools" / "compat"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.compat")
    parser.add_argument("--smoke", action="store_true", help="five programs")
    parser.add_argument("--line", action="append", default=[], help="3.5_2.12, 4.0_2.13, ...")
    asked = parser.parse_args()
    chosen = lines.of(asked.line)
    everything = not asked.smoke and not asked.line
    shutil.rmtree(WORK, ignore_errors=True)
    data, shapes = _data()
    for line in dict.fromkeys((HOME, *chosen)):
        print(f"== {line.name}: Spark {line.spark}", flush=True)
        lines.provide(line)
        words = [line.python, "-m", "tests.compat.recording", WORK / line.name, data, shapes]
        words += ["--smoke"] if asked.smoke else []
        subprocess.run([str(word) for word in words], cwd=ROOT, check=True)
    names = [each.name for each in programs(data, shapes, asked.smoke)]
    told = [report.of_line(line, WORK / line.name, WORK / HOME.name, names) for line in chosen]
    jars = _wrong_jars(chosen) if everything else []
    for each in told:
        print(report.text(each))
    for jar in jars:
        print(f"{jar.spark} with the jar {jar.jar}: {'; '.join(jar.problems) or 'as plain'}")
    if everything:
        (ROOT / "docs" / "compatibility.md").write_text(report.document(told, jars))
    bad = [each for each in told if not each.good] + [jar for jar in jars if jar.problems]
    print(f"{sum(each.good for each in told)} passed, {len(bad)} failed")
    return 1 if bad else 0


def _data() -> tuple[Path, Path]:
    """The tables of the tests' programs."""
    sys.path[:0] = [str(ROOT / "tests" / "spark")]
    import tables
    from test_shapes import write_tables

    data, shapes = WORK / "data", WORK / "shapes"
    tables.write(data)
    shapes.mkdir(parents=True)
    write_tables(shapes)
    tool = Path(sys.executable).with_name("tpchgen-cli")
    subprocess.run([str(tool), "parquet", "-s", "0.01", "--output-dir", str(data / "tpch")], check=True)
    return data, shapes


def _wrong_jars(chosen: list[Line]) -> list[wrong_jar.Tried]:
    found, plain = [], {}
    for line, jar in wrong_jar.combinations(chosen):
        folder = WORK / "jars" / line.name
        if line not in plain:
            plain[line] = wrong_jar.submit(line, folder / "plain", None, listener=False)
        found.append(wrong_jar.tried(line, jar, plain[line], folder / jar))
    return found


if __name__ == "__main__":
    sys.exit(main())
