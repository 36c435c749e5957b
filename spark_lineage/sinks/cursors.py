"""How far each receiver has come in each run's journal: what the sender remembers from process to process.

``runs/<id>/delivery/<receiver>.json`` is replaced as a whole after each event that the receiver has acknowledged, so
that a killed sender repeats at most the one event whose answer it did not see. ``<receiver>.aside.jsonl`` beside it
lists the events that the receiver refused for good, with the reason. ``<receiver>.lock`` keeps two processes from
sending the same run. ``due`` stands there while a run is meant for the configured receivers, but which those are could
not be found out yet.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from operator import attrgetter
from pathlib import Path
from typing import Any

from spark_lineage.privacy.files import make_folder, open_private, write_private
from spark_lineage.sinks import kept
from spark_lineage.store import locks
from spark_lineage.store.journal import EVENTS

FOLDER, DUE = "delivery", "due"

Document = dict[str, Any]


@dataclass(frozen=True)
class Cursor:
    """The place of one receiver in one journal. ``offset`` counts bytes, ``number`` events, from the beginning."""

    offset: int = 0
    number: int = 0
    delivered: int = 0
    filtered: int = 0
    set_aside: int = 0
    tries: int = 0  # of the event at ``offset`` that the receiver has had and not taken
    at: float = 0.0  # of the last change
    title: str = ""  # of the receiver, for people
    seconds: float = 0.0  # that the receiver took for an event, of late

    def past(self, length: int, **counts: int) -> Cursor:
        """The cursor behind the event at this one, whose line has ``length`` bytes, its line end included."""
        moved = {name: getattr(self, name) + more for name, more in counts.items()}
        return replace(self, offset=self.offset + length, number=self.number + 1, tries=0, **moved)


@dataclass(frozen=True)
class SetAside:
    """An event that a receiver refused for good."""

    number: int
    run: str
    type: str
    job: str
    why: str
    at: float


class ReceiverFiles:
    """The files of one receiver in one run's folder."""

    def __init__(self, folder: Path, receiver: str) -> None:
        self.folder, self.receiver = folder, receiver
        self.journal = folder / EVENTS
        self._cursor = folder / FOLDER / f"{receiver}.json"
        self._aside = folder / FOLDER / f"{receiver}.aside.jsonl"
        self._lock = folder / FOLDER / f"{receiver}.lock"

    def is_due(self) -> bool:
        """Whether this run is meant for this receiver: a sender has taken it on."""
        return self._cursor.exists() or is_marked(self.folder)

    def begin(self, title: str) -> None:
        """This run is meant for this receiver.

        Without the lock, which whoever sends the run just now may hold: a cursor that is there stays.
        """
        make_folder(self._cursor.parent, parents=False)
        with contextlib.suppress(FileExistsError), open_private(self._cursor, "xb") as file:
            file.write(json.dumps(_written(Cursor(title=title))).encode())

    def load(self) -> Cursor:
        return kept.load(self._cursor, Cursor) or Cursor()

    def save(self, cursor: Cursor) -> None:
        kept.save(self._cursor, _written(cursor))

    def set_aside(self, event: SetAside) -> None:
        with open_private(self._aside, "ab") as file:
            file.write((json.dumps(asdict(event)) + "\n").encode())

    def aside(self) -> list[SetAside]:
        """The events that were set aside, each once: a kill between two writes may have listed one twice."""
        found: dict[int, SetAside] = {}
        with contextlib.suppress(FileNotFoundError):
            for line in self._aside.read_text("utf-8", "replace").splitlines():
                with contextlib.suppress(ValueError, TypeError):
                    one = SetAside(**json.loads(line))
                    found[one.number] = one
        return list(found.values())

    def left(self) -> int:
        """The number of whole events behind the cursor."""
        return sum(1 for _ in self.waiting())

    def waiting(self) -> Iterator[bytes]:
        """The lines of the whole events behind the cursor."""
        return tail(self.journal, self.load().offset)

    def has_more(self) -> bool:
        """Whether the journal is longer than what has been dealt with. This only asks for the length of the file."""
        try:
            return self.journal.stat().st_size > self.load().offset
        except FileNotFoundError:
            return False

    def locked(self) -> contextlib.AbstractContextManager[bool]:
        """True if this process may send this run now; False if another one does."""
        make_folder(self._lock.parent, parents=False)
        return locks.locked(self._lock, 0.0)


def _written(cursor: Cursor) -> Document:
    return {**asdict(cursor), "at": time.time()}


def mark(run: Path) -> None:
    """Notes that the run is meant for the configured receivers, whichever they are."""
    make_folder(run / FOLDER, parents=False)
    write_private(run / FOLDER / DUE, b"")


def is_marked(run: Path) -> bool:
    return (run / FOLDER / DUE).exists()


def unmark(run: Path) -> None:
    """Takes the note of :func:`mark` away: the receivers have been found, and each has its cursor."""
    (run / FOLDER / DUE).unlink(missing_ok=True)


def tail(journal: Path, offset: int) -> Iterator[bytes]:
    """The whole lines of a file from ``offset`` on, with their line ends. A torn last line is left out."""
    try:
        file = journal.open("rb")
    except FileNotFoundError:
        return
    with file:
        file.seek(offset)
        for line in file:
            if not line.endswith(b"\n"):
                return
            yield line


def runs(store: Path) -> list[Path]:
    """The folders of all runs, oldest first: their names are ids that sort by time."""
    folder = store / "runs"
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        return sorted((path for path in folder.iterdir() if path.is_dir()), key=attrgetter("name"))
    return []


def known(store: Path) -> dict[str, str]:
    """Receivers that some run of the store was sent to, or was to be: key -> title."""
    found: dict[str, str] = {}
    for run in runs(store):
        for file in (run / FOLDER).glob("*.json"):
            found[file.stem] = ReceiverFiles(run, file.stem).load().title or file.stem
    return found


def pace(store: Path, receiver: str) -> float | None:
    """Seconds that this receiver took for an event in the latest run that it has had anything of; None if in none."""
    for run in reversed(runs(store)):
        if seconds := ReceiverFiles(run, receiver).load().seconds:
            return seconds
    return None


def described(event: SetAside) -> Mapping[str, Any]:
    return asdict(event)
