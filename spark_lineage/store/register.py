"""The register of a store: which runs began, ended and were removed, in the order in which that happened.

``register.jsonl`` has one line for each of these::

    {"began": run}
    {"ended": run, "root": its root hash, "previous": [root hashes]}
    {"removed": run, "root": ..., "names": [[run, root hash]], "at": ..., "why": ..., "signature": ...}

A run that ends finds here the runs that had ended last, whose root hashes its own then covers. The register is no proof
by itself, since whoever can remove a run can remove its lines: what counts is that the journals of later runs name it.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from spark_lineage.model import SHAPE_ERRORS
from spark_lineage.privacy.files import open_private
from spark_lineage.store import locks, places

NAME, LOCK = "register.jsonl", "register.lock"
TAIL = 1_000_000  # bytes of the end of the register in which the runs that ended last are looked for


class Kind(str, Enum):
    BEGAN = "began"
    ENDED = "ended"
    REMOVED = "removed"


@dataclass(frozen=True)
class Entry:
    """One line. ``root`` is None for a run that began, and where a run without an intact journal was removed.

    ``previous`` are the root hashes that a run that ended covers. All else is of a removal: ``names`` are the runs that
    the one that was removed had named, with their root hashes, so that none of those is left alone.
    """

    kind: Kind
    run: str
    root: str | None = None
    previous: tuple[str, ...] = ()
    names: tuple[tuple[str, str], ...] = ()
    at: str = ""
    why: str = ""
    signature: Mapping[str, str] | None = None

    @property
    def statement(self) -> bytes:
        """What the signature of a removal is over."""
        names = "".join(f"{run} {root}\n" for run, root in self.names)
        text = f"{self.run}\n{self.root or ''}\n{self.at}\n{json.dumps(self.why)}\n{names}"
        return f"spark-lineage signature of a removal\n{text}".encode()


def locked(store: Path, seconds: float) -> contextlib.AbstractContextManager[bool]:
    """From reading who ended last to being entered as ended only one run at a time. Raises OSError."""
    return locks.locked(store / LOCK, seconds)


def began(store: Path, run: str) -> None:
    """Raises OSError, as the other functions that write do. The program that begins does not wait for the disk."""
    _append(store, {Kind.BEGAN.value: run}, wait=False)


def ended(store: Path, run: str, root: str, previous: Sequence[str]) -> None:
    _append(store, {Kind.ENDED.value: run, "root": root, "previous": list(previous)})


def removed(store: Path, entry: Entry) -> None:
    signature = {"signature": dict(entry.signature)} if entry.signature is not None else {}
    names = [list(each) for each in entry.names]
    line = {"removed": entry.run, "root": entry.root, "names": names, "at": entry.at, "why": entry.why, **signature}
    place = places.place_of(store)
    if place is not None:
        place.remove(entry.run, line)
    _append(store, line)


def _append(store: Path, line: Mapping[str, Any], wait: bool = True) -> None:
    path = store / NAME
    text = json.dumps(line, separators=(",", ":")).encode("ascii") + b"\n"
    with open_private(path, "ab", buffering=0) as file:
        # A torn last line, as a kill leaves it, gets its line end, so that it stays the only one.
        file.write(b"\n" + text if _is_torn(path) else text)
        if wait:
            os.fsync(file.fileno())


def _is_torn(path: Path) -> bool:
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return False
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"


def read(store: Path) -> tuple[list[Entry], list[int]]:
    """All entries, and the numbers of the lines that cannot be read; none where there is no register.

    Raises OSError if it cannot be read.
    """
    entries: list[Entry] = []
    unreadable: list[int] = []
    try:
        lines = (store / NAME).read_bytes().split(b"\n")[:-1]
    except FileNotFoundError:
        return [], []
    for number, line in enumerate(lines, 1):
        entry = _entry(line)
        if entry is not None:
            entries.append(entry)
        else:
            unreadable.append(number)
    return entries, unreadable


def last(store: Path) -> list[tuple[str, str]]:
    """(id, root hash) of the runs that ended last: those that no run names yet. Several, if they ended at once.

    Raises OSError.
    """
    ends = {entry.run: entry for entry in _tail(store) if entry.kind is Kind.ENDED}
    named = {root for entry in ends.values() for root in entry.previous}
    return [(run, entry.root) for run, entry in ends.items() if entry.root is not None and entry.root not in named]


def is_ended(store: Path, run: str) -> bool:
    """Raises OSError. Of a register of many runs only the lines that name this one are read."""
    try:
        naming = [line for line in (store / NAME).read_bytes().split(b"\n")[:-1] if run.encode() in line]
    except FileNotFoundError:
        return False
    return any(entry.kind is Kind.ENDED and entry.run == run for entry in map(_entry, naming) if entry is not None)


def _tail(store: Path) -> Iterator[Entry]:
    try:
        with (store / NAME).open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - TAIL))
            lines = file.read().split(b"\n")
    except FileNotFoundError:
        return
    for line in lines if size <= TAIL else lines[1:]:
        entry = _entry(line)
        if entry is not None:
            yield entry


def _entry(line: bytes) -> Entry | None:
    try:
        document = json.loads(line)
        kind = next(kind for kind in Kind if kind.value in document)
        signature = document.get("signature")
        return Entry(
            kind, _text(document[kind.value]), _text(document["root"]) if document.get("root") is not None else None,
            tuple(map(_text, document.get("previous", ()))),
            tuple((_text(run), _text(root)) for run, root in document.get("names", ())), _text(document.get("at", "")),
            _text(document.get("why", "")), dict(signature) if signature is not None else None,
        )  # fmt: skip
    except (*SHAPE_ERRORS, StopIteration):
        return None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("it is no text")
    return value
