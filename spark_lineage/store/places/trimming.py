"""Keeps a mirror small: what is whole in the place need not stay on this machine for ever."""

from __future__ import annotations

import contextlib
import shutil
import time
from pathlib import Path

from spark_lineage.store import wal
from spark_lineage.store.places import FETCHED, is_pending

MOST = 1_000_000_000  # bytes of runs in a mirror
LEFT_ALONE = 3600.0  # seconds since a run was last fetched or looked at: somebody may be reading it


def trim(mirror: Path, most: int = MOST) -> list[str]:
    """Takes runs out of a mirror until it has no more than ``most`` bytes of them; gives their ids.

    Those go first that were not looked at for the longest time. What waits to be brought, what runs, and what is not
    known to be whole in the place stays.
    """
    sizes = {run: _size(run) for run in _folders(mirror / "runs")}
    over, gone = sum(sizes.values()) - most, []
    if over <= 0:
        return []
    for at, run in sorted((at, run) for run in sizes if (at := _looked_at(run)) is not None):
        if over <= 0 or time.time() - at < LEFT_ALONE:
            break
        if is_pending(run) or wal.is_alive(run):
            continue
        (run / FETCHED).unlink(missing_ok=True)  # from here on all of it is fetched again
        shutil.rmtree(run, ignore_errors=True)
        over -= sizes[run]
        gone.append(run.name)
    return gone


def _looked_at(run: Path) -> float | None:
    """When it was last found to be as it is in the place; None for a run that has not been there."""
    try:
        return (run / FETCHED).stat().st_mtime
    except OSError:
        return None


def _folders(runs: Path) -> list[Path]:
    with contextlib.suppress(OSError):
        return [path for path in runs.iterdir() if path.is_dir()]
    return []


def _size(run: Path) -> int:
    total = 0
    for path in run.rglob("*"):
        with contextlib.suppress(OSError):
            total += path.stat().st_size
    return total
