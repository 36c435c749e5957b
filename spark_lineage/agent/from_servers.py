"""What servers of Spark Connect have seen for a run: files that they write into the store, where both reach it.

A server writes only where its own conf names the store (``spark.lineage.store``), and one file for each run, which
begins with the first request of that run. Beside it stands the moment up to which it is whole.
"""

from __future__ import annotations

import time
from pathlib import Path

from spark_lineage.jvm.records import UnknownRecord, decode
from spark_lineage.model import JvmGap, Observation

FOLDER = "connect"
LOOK_SECONDS = 0.05
NOT_HEARD = (
    "the server of a Spark Connect session has no jar of spark_lineage, or writes into another store than this: "
    "steps, edges, code and what the client's plans say are recorded; columns, rows and fingerprints are not"
)
FILES = "which file system the server has is not known here: paths without a scheme are named as files"


def observations(store: Path, run: str, until: float, seconds: float) -> list[Observation] | None:
    """What the servers have written for a run, each id as the program knows it; None where none writes here.

    Waits at most ``seconds`` for what happened up to ``until``, in seconds since the epoch. The files are removed.
    """
    file, whole = store / FOLDER / f"{run}.jsonl", store / FOLDER / f"{run}.at"
    if not file.is_file():
        return None
    last = time.monotonic() + seconds
    while _moment(whole) < until and time.monotonic() < last:
        time.sleep(LOOK_SECONDS)
    text = file.read_text(encoding="utf-8").replace(f"{run}~", "")
    found = [_decoded(line) for line in text.splitlines()]
    if _moment(whole) < until:
        why = f"the server had not told all that it saw after {seconds:g} s: facts may be missing"
        found.append(JvmGap("connect", why))
    for each in (file, whole):
        each.unlink()
    return found


def _decoded(line: str) -> Observation:
    try:
        return decode(line)
    except UnknownRecord as error:
        return JvmGap("wire", f"an observation of the server could not be read ({error})")


def _moment(file: Path) -> float:
    try:
        return int(file.read_text(encoding="ascii")) / 1000
    except (OSError, ValueError):
        return 0.0
