"""``python -m tests.compat.smoke``: five programs on each line, compared with the record of the line at home.

Made to be cheap: what is downloaded, what is compiled and what runs go on beside each other, and two lines run at once.
Exit status 1 if a program did not run as plain, or a record differs in what is not known to differ (``known.py``), or a
jar does not compile. A line whose Spark cannot be downloaded, asked for twice, is said and left out.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from tests.compat import lines, records, report
from tests.compat.lines import HOME, LINES, Line, NotHad
from tests.compat.programs import SMOKE

BEGUN = time.monotonic()


def main() -> int:
    data, shapes = records.data(smoke=True)
    # First those whose jar is there: while they run, the compiler makes the others.
    order = sorted(LINES, key=lambda line: (not lines.has_jar(line), line.spark))
    with ThreadPoolExecutor(1) as compiler, ThreadPoolExecutor(2) as places, ThreadPoolExecutor(2) as recorders:
        jars = compiler.submit(_jars)
        # What Maven Central sends jar by jar takes longest.
        downloads = sorted(order, key=lambda line: not lines.is_of_maven(line))
        there = {line: places.submit(lines.environment, line) for line in downloads}
        recorded = {line: recorders.submit(_record, line, there[line], jars, data, shapes) for line in order}
    return _judged(recorded)


def _jars() -> None:
    lines.build_jars(*LINES)
    _tell("the jars are there")


def _record(line: Line, there: Future[None], jars: Future[None], data: Path, shapes: Path) -> None:
    there.result()
    if not lines.has_jar(line):
        jars.result()
    records.make(line, None, SMOKE, data, shapes)
    _tell(f"{line.name} has run")


def _judged(recorded: dict[Line, Future[None]]) -> int:
    """Each line against the one at home, which is judged by itself: as plain, and no rule broken."""
    bad = 0
    recorded[HOME].result()
    for line in LINES:
        try:
            recorded[line].result()
        except NotHad as error:
            print(f"LEFT OUT {line.name}: {error}")
            continue
        told = report.of_line(line, records.of(line), records.of(HOME), SMOKE)
        print(report.text(told))
        bad += not told.good
    _tell(f"{bad} of {len(LINES)} lines failed")
    return 1 if bad else 0


def _tell(what: str) -> None:
    print(f"{what} ({time.monotonic() - BEGUN:.0f} s)", flush=True)


if __name__ == "__main__":
    sys.exit(main())
