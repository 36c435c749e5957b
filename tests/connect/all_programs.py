"""``python -m tests.connect.all_programs``: the programs of ``tests.compat`` over Spark Connect, compared with classic.

    python -m tests.connect.all_programs                     all, with our jar on the server and without
    python -m tests.connect.all_programs --only 'capture/.*'  only these programs
    python -m tests.connect.all_programs --keep              what an earlier call has recorded is taken as it is
    python -m tests.connect.all_programs --told              runs nothing, and says once more what was recorded
    python -m tests.connect.all_programs --document          runs nothing, and writes that into docs/connect.md

By the Python of another line (``tests/compat/lines.py``) they run with its client and server, and are compared with the
record of the line at home, which has to be there.
A server of each kind is started once for all programs. Exit status 1 if a program did not run as plain, or a record
says something else than a classic session's that is not known to differ (``otherwise.py``), or lacks a fact unmarked.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyspark

from tests.compat import records
from tests.compat.lines import HOME
from tests.compat.programs import QUICK, ROOT, programs
from tests.connect import judged
from tests.connect.servers import server, with_our_jar

FOLDER = records.WORK / "connect" / pyspark.__version__
PAGE = ROOT / "docs" / "connect.md"
MARK = "<!-- made by python -m tests.connect.all_programs --document -->\n"
KINDS = ("ours", "plain")
CONF = {
    "spark.sql.shuffle.partitions": "4",
    "spark.driver.extraJavaOptions": QUICK,
    "spark.ui.showConsoleProgress": "false",
    # A plain Python UDF straight over a Parquet scan hangs in Spark 4.2.0 otherwise.
    "spark.sql.execution.arrow.pythonUDF.columnarInput.enabled": "false",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.connect.all_programs")
    parser.add_argument("--only", default=".*", metavar="NAMES", help="a regular expression: capture/.*")
    parser.add_argument("--kind", action="append", choices=KINDS, help="of server; else each")
    parser.add_argument("--keep", action="store_true", help="what is recorded already is not recorded again")
    parser.add_argument("--told", action="store_true", help="runs nothing")
    parser.add_argument("--document", action="store_true", help="runs nothing, and writes docs/connect.md")
    asked = parser.parse_args()
    data, shapes = records.data(smoke=False)
    names = [each.name for each in programs(data, shapes) if re.fullmatch(asked.only, each.name)]
    kinds = asked.kind or KINDS
    if not (asked.told or asked.document):
        home = [name for name in names if not (records.of(HOME) / name / "ran.json").exists()]
        if home:
            records.make(HOME, None, home, data, shapes)
        for kind in kinds:
            record(kind, [name for name in names if not (asked.keep and _is_there(kind, name))], data, shapes)
    told = [judged.of_kind(kind, FOLDER / kind, records.of(HOME), names) for kind in kinds]
    for each in told:
        print(judged.text(each))
    if asked.document:
        written = PAGE.read_text("utf-8").partition(MARK)[0].rstrip("\n")
        PAGE.write_text(f"{written}\n\n{MARK}\n{judged.document(told)}", "utf-8")
    return 0 if all(each.good for each in told) else 1


def _is_there(kind: str, name: str) -> bool:
    return (FOLDER / kind / name / "ran.json").exists()


def record(kind: str, names: Sequence[str], data: Path, shapes: Path) -> None:
    """Anew, whatever is there."""
    if not names:
        return
    folder = FOLDER / kind
    for name in names:
        shutil.rmtree(folder / name, ignore_errors=True)
    only = "|".join(map(re.escape, names))
    words = [sys.executable, "-m", "tests.compat.recording", folder, data, shapes, only]
    with _server(kind, folder) as env:
        subprocess.run([str(word) for word in words], cwd=ROOT, env={**os.environ, **env}, check=True)


@contextmanager
def _server(kind: str, folder: Path) -> Iterator[Mapping[str, str]]:
    """Gives what its clients need in their environment."""
    work, store = folder / "server", folder / "store"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    conf = {**CONF, **(with_our_jar(store) if kind == "ours" else {})}
    with server(work, conf, folder / "server.log") as address:
        seen = {"SERVER_STORE": str(store)} if kind == "ours" else {}
        yield {"SPARK_REMOTE": address, "SERVER_FOLDER": str(work), **seen}


if __name__ == "__main__":
    sys.exit(main())
