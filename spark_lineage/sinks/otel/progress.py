"""Which spans of a run a collector has: ``runs/<id>/otel/<collector>.json``, replaced as a whole after each request.

So spans are sent once, though processes are killed, but for the request whose answer nobody saw; the ids are the same
then. ``<collector>.lock`` keeps two processes from sending the spans of the same run.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from spark_lineage.sinks import kept
from spark_lineage.sinks.beside import locked_by
from spark_lineage.sinks.otel.configuration import Collector

FOLDER = "otel"


@dataclass(frozen=True)
class Progress:
    """``done``: it has all. ``left``: spans that it has not got, as known at the end of the run; ``why``: the reason.

    ``ended``: whoever exports the run has come to its end, and will do nothing more.
    """

    title: str = ""
    sent: int = 0
    ids: tuple[str, ...] = ()  # of the spans that it has, until it has all
    left: int = 0
    why: str | None = None
    done: bool = False
    ended: bool = False
    at: float = 0.0  # of the last change

    def with_more(self, ids: Collection[str]) -> Progress:
        return replace(self, sent=self.sent + len(ids), ids=(*self.ids, *ids))


def loaded(path: Path) -> Progress | None:
    with contextlib.suppress(OSError, TypeError):
        if (found := kept.load(path, Progress)) is not None:
            return replace(found, ids=tuple(found.ids))
    return None


def of_run(run: Path) -> dict[str, Progress]:
    """Of each collector that the spans of a run were sent to, or were to be: key -> progress."""
    files = sorted((run / FOLDER).glob("*.json"))
    return {file.stem: progress for file in files if (progress := loaded(file)) is not None}


class ProgressFile:
    """The file of one collector in one run's folder."""

    def __init__(self, run: Path, to: Collector) -> None:
        self._title = to.title
        self.path = run / FOLDER / f"{to.key}.json"
        self.lock = run / FOLDER / f"{to.key}.lock"

    def load(self) -> Progress:
        """Nothing for a file that a broken disk has left: spans that are sent twice are the same ones."""
        return loaded(self.path) or Progress(title=self._title)

    def save(self, progress: Progress) -> None:
        kept.save(self.path, asdict(replace(progress, title=self._title, at=time.time())))

    def locked(self, seconds: float = 0.0) -> contextlib.AbstractContextManager[bool]:
        """True if this process may send the spans of the run now."""
        return locked_by(self.lock, seconds)
