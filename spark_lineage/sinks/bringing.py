"""Brings what was recorded on this machine to a store elsewhere.

A run that goes on is brought as its write-ahead file, in parts that are never larger than some megabytes, so that each
time only what is new goes over the network. A run that has ended is brought as its journal; then its head says so, and
the parts go. What has been brought is noted beside the run, so that the next process goes on where this one ended.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spark_lineage.guard import logger
from spark_lineage.privacy import keys
from spark_lineage.privacy.files import make_folder, write_private
from spark_lineage.sinks.cursors import FOLDER as DELIVERY
from spark_lineage.sinks.delta import DeltaAudit
from spark_lineage.store import locks, places, signatures, wal
from spark_lineage.store.journal import CHAIN, EVENTS, SAMPLES
from spark_lineage.store.places import heads, remote
from spark_lineage.store.places.objects import Unreachable
from spark_lineage.store.places.remote import AHEAD, RUNS, Remote

BROUGHT, LOCK, LOG = "brought.json", "brought.lock", "agent.log"
PART = 4_000_000  # bytes of the write-ahead file in one object, at least; it ends with a line
WHOLE = 8_000_000  # bytes, from which on a file is not read into memory
# Samples before the events that speak of them, and those before their chain.
FILES = (SAMPLES, EVENTS, CHAIN, signatures.FILE, LOG)
TABLES = "the run is in {0}, and its audit tables could not be written ({1}): `spark-lineage rebuild --missing` does it"

Document = dict[str, Any]


@dataclass(frozen=True)
class Brought:
    """``left``: runs that wait here still, and ``why`` the first of them does."""

    runs: int
    left: int
    why: str | None

    def and_then(self, later: Brought | None) -> Brought:
        return self if later is None else Brought(self.runs + later.runs, later.left, later.why)


class Bringing:
    """Of one store elsewhere. One process at a time brings a run."""

    def __init__(self, store: Path, place: Remote) -> None:
        self._store, self._place = store, place

    def waiting(self) -> list[Path]:
        """The folders of the runs that are not whole in the place, oldest first."""
        folder = self._store / places.PENDING
        names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
        return [self._store / RUNS / name for name in names]

    def bring(self, run: Path) -> bool:
        """Brings what is new of a run; True once all of it is there and nothing more comes.

        Raises :class:`Unreachable`, OSError.
        """
        if not run.is_dir():
            self._done(run)  # removed since
            return True
        with locks.locked(run / LOCK, 0.0) as ours:
            return ours and _OneRun(self._store, self._place, run).bring() and self._done(run)

    def bring_waiting(self) -> Brought:
        """All runs that wait and do not run; goes on with the others where one cannot be brought."""
        brought, left, why = 0, 0, None
        for run in self.waiting():
            if wal.is_alive(run):
                continue
            try:
                done, said = self.bring(run), "another process is bringing it"
            except Exception as error:
                done, said = False, reason(error)
            brought, left = brought + done, left + (not done)
            why = why or (None if done else said)
        return Brought(brought, left, why)

    def exchange_key(self) -> None:
        """All machines mask by one key: the first one that comes makes it."""
        name = keys.NAME
        there = self._place.objects.get(name)
        if there is None:
            own = keys.of_store(self._store)
            there = own if self._place.objects.put_new(name, own) else self._place.objects.get(name)
        if there and there != keys.kept(self._store):
            beside = self._store / f".{name}.{os.getpid()}.part"
            write_private(beside, there)
            os.replace(beside, self._store / name)

    def _done(self, run: Path) -> bool:
        (self._store / places.PENDING / run.name).unlink(missing_ok=True)
        return True


class _OneRun:
    def __init__(self, store: Path, place: Remote, run: Path) -> None:
        self._store, self._place, self._run = store, place, run
        self._state = _state(run)
        self._files: dict[str, list[Any]] = self._state.setdefault("files", {})  # name -> size, time, tag
        self._parts: list[list[Any]] = self._state.setdefault("parts", [])  # end, digest, tag

    def bring(self) -> bool:
        alive = wal.is_alive(self._run)  # before anything is read: what comes later is brought the next time
        sealed = not (self._run / wal.NAME).exists()
        try:
            if not sealed:
                self._file(wal.PROCESS, whole=True)
                self._ahead()
            for name in (*FILES, *self._delivery()):
                self._file(name, whole=sealed)
            self._head()
            if sealed:
                self._remove_ahead()
                self._tables()
        finally:
            write_private(self._run / BROUGHT, json.dumps(self._state, separators=(",", ":")).encode())
        if sealed or not alive:
            self._note()
        return sealed or not alive

    def _delivery(self) -> Iterator[str]:
        folder = self._run / DELIVERY
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if path.suffix in (".json", ".jsonl"):
                yield f"{DELIVERY}/{path.name}"

    def _name(self, name: str) -> str:
        return f"{RUNS}/{self._run.name}/{name}"

    def _file(self, name: str, whole: bool) -> None:
        path = self._run / name
        try:
            stat = path.stat()
        except FileNotFoundError:
            return
        if self._files.get(name, [])[:2] == [stat.st_size, stat.st_mtime_ns]:
            return
        content: bytes | Path = path
        if stat.st_size < WHOLE or not whole:
            content = path.read_bytes()
            if not whole and name.endswith("l"):
                content = content[: content.rfind(b"\n") + 1]  # a line is being written just now
        self._files[name] = [stat.st_size, stat.st_mtime_ns, self._place.objects.put(self._name(name), content)]

    def _ahead(self) -> None:
        """The write-ahead file: a measurement that runs is written over in its place, so all parts are looked at."""
        begin = 0
        for number, content in enumerate(_parts(self._run / wal.NAME, [part[0] for part in self._parts])):
            end, digest = begin + len(content), hashlib.sha256(content).hexdigest()
            known = self._parts[number][:2] if number < len(self._parts) else None
            if known != [end, digest]:
                tag = self._place.objects.put(self._name(_part(number)), content)
                self._parts[number : number + 1] = [[end, digest, tag]]
            begin = end

    def _remove_ahead(self) -> None:
        names = [*map(_part, range(len(self._parts))), *([wal.PROCESS] if wal.PROCESS in self._files else [])]
        if not names and "parts_gone" in self._state:
            return
        # Another machine may have brought parts, too: a run that was killed there and is sealed here.
        there = [entry.name for entry in self._place.objects.entries(self._name(AHEAD))]
        try:
            self._place.objects.delete([*there, self._name(wal.PROCESS)])
        except Unreachable as error:  # who may not remove anything has a whole run all the same
            logger.info("spark-lineage.store: %s", error)
        self._parts.clear()
        self._files.pop(wal.PROCESS, None)
        self._state["parts_gone"] = True

    def _head(self) -> None:
        head = heads.of_folder(self._run)
        self._place.objects.put(head.object, head.written())

    def _tables(self) -> None:
        if self._state.get("tables"):
            return
        try:
            DeltaAudit(self._store / "audit").append(self._run)
        except Exception as error:
            logger.warning("spark-lineage.delta: %s", type(error).__name__)
            raise Unreachable(TABLES.format(self._place.name, type(error).__name__)) from None
        self._state["tables"] = True

    def _note(self) -> None:
        """What is here is as it is there: who reads it on this machine need not fetch it."""
        noted = {name: [tag, size] for name, (size, _, tag) in self._files.items()}
        contents = _parts(self._run / wal.NAME, [part[0] for part in self._parts])
        for number, (content, (_, _, tag)) in enumerate(zip(contents, self._parts, strict=False)):
            make_folder(self._run / AHEAD)
            write_private(self._run / _part(number), content)
            noted[_part(number)] = [tag, len(content)]
        remote.note(self._run, noted, 0.0)


def _parts(path: Path, ends: list[int]) -> Iterator[bytes]:
    """The write-ahead file in parts: those that are known end where they did, but the last one may have grown."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        begin = 0
        for end in ends[:-1]:
            yield file.read(end - begin)
            begin = end
        while content := file.read(PART):
            rest = file.readline()
            whole = (content + rest)[: (content + rest).rfind(b"\n") + 1]
            if whole:
                yield whole


def _part(number: int) -> str:
    return f"{AHEAD}{number:05}.jsonl"


def _state(run: Path) -> Document:
    try:
        return dict(json.loads((run / BROUGHT).read_bytes()))
    except (OSError, ValueError, TypeError):
        return {}


def reason(error: BaseException) -> str:
    """Why something could not be brought. Only what we have said ourselves: a library may repeat what is secret."""
    return str(error) if isinstance(error, Unreachable) else f"{type(error).__name__} while it was brought"


def bring_all(store: Path) -> Brought | None:
    """Brings all that waits here for a store elsewhere; None for a store of this machine."""
    place = places.place_of(store)
    return Bringing(store, place).bring_waiting() if place is not None else None


def bring_deliveries(store: Path, since: float, run: str = "*") -> None:
    """How far receivers have come, where that was changed here since a moment, of runs that are whole in the place."""
    place = places.place_of(store)
    for path in (store / RUNS).glob(f"{run}/{DELIVERY}/*.json*") if place is not None else ():
        folder = path.parent.parent
        if path.stat().st_mtime >= since - 1 and path.suffix in (".json", ".jsonl") and not places.is_pending(folder):
            place.bring_file(folder.name, f"{DELIVERY}/{path.name}")  # type: ignore[union-attr]
