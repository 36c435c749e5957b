"""What tells whether the answers about a run have changed since they were given: who asks again need not read again."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from spark_lineage.answers.check.rules import PYTHON_FILE
from spark_lineage.config.files import FILE_NAME
from spark_lineage.store import Store, Summary, journal, wal
from spark_lineage.version import VERSION

RECORDED = (journal.EVENTS, journal.CHAIN, journal.SAMPLES, wal.NAME, wal.PROCESS)
RULES = (FILE_NAME, "pyproject.toml", PYTHON_FILE)


@dataclass(frozen=True)
class Seen:
    """A run with its whole id. ``tag`` is equal as long as its files, and those that rules of checks stand in, are."""

    run: str
    tag: str


def of_run(run: Summary) -> Seen:
    """By sizes and times of the files: nothing is read. Whether the process that writes still lives counts, too."""
    paths = [run.folder / name for name in RECORDED] + [folder / name for folder in _folders(run) for name in RULES]
    return Seen(run.id, _tag([*map(_stamp, paths), _is_written(run.folder)]))


def of_list(store: Store) -> str:
    """A tag that is equal as long as the list of runs is."""
    if (elsewhere := store.tag()) is not None:
        return _tag([elsewhere])
    folders = sorted(store.folders())
    listed = [(folder.name, _stamp(folder / journal.EVENTS), _is_written(folder)) for folder in folders]
    return _tag(listed)


def _is_written(folder: Path) -> bool:
    return (folder / wal.NAME).exists() and wal.is_alive(folder)


def _tag(known: Sequence[object]) -> str:
    return hashlib.sha256(repr((VERSION, *known)).encode()).hexdigest()[:24]


def _folders(run: Summary) -> list[Path]:
    """Where ``check`` looks for rules."""
    return [Path.cwd(), Path(run.program).parent] if os.sep in run.program else [Path.cwd()]


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
