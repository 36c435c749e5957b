"""A store elsewhere as its mirror shows it: which runs it has, and what of each is fetched."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from spark_lineage.config.addresses import Address
from spark_lineage.model import Outcome
from spark_lineage.privacy import keys
from spark_lineage.privacy.files import make_folder, open_private, write_private
from spark_lineage.store import register, wal
from spark_lineage.store.errors import StoreError
from spark_lineage.store.places import FETCHED, HEARD, PENDING, heads, is_pending
from spark_lineage.store.places.heads import Head
from spark_lineage.store.places.objects import Entry, Objects, at_once, opened
from spark_lineage.store.places.trimming import trim
from spark_lineage.store.summaries import Summary, summary

RUNS = "runs"
AHEAD = "observations/"  # in the folder of a run: its write-ahead file, in parts that end with a line
HEADS = "heads.jsonl"  # in the mirror: the heads that were fetched
FRESH = 1.0  # seconds for which what was listed is taken to be as it was
SPARE = 32  # heads that are read beside those asked for: some are of runs that were removed
SETTLED = 60.0  # seconds, for a run that has ended: only who takes it away or falsifies it changes anything
GROWS = ("events.jsonl", "chain.jsonl", "samples.jsonl")  # nothing of them changes while they grow


class Remote:
    """One store elsewhere. Everything that asks it raises StoreError where it cannot be reached."""

    def __init__(self, address: Address, mirror: Path) -> None:
        self.address, self.mirror = address, mirror
        self._turn = threading.RLock()
        self._heads: dict[str, tuple[Entry, Head]] = {}
        self._folders: frozenset[str] = frozenset()
        self._listed = -FRESH
        self._trimmed = False
        self._fetched: dict[str, float] = {}  # run -> when it was found to be as it is there

    @property
    def name(self) -> str:
        return self.address.text

    @cached_property
    def objects(self) -> Objects:
        return opened(self.address)

    # -- the list of runs

    def summaries(self) -> list[Summary]:
        """All runs of the store and those that wait here for it, in no order."""
        self.refresh()
        pending = _names(self.mirror / PENDING)
        found = [self._summary(entry, head) for entry, head in self._heads.values() if head.removed is None]
        known = {run.id for run in found if run.id not in pending}
        bare = sorted(self._folders - {head.run for _, head in self._heads.values()} - pending)
        self.fetch_all(bare)  # copied there by other means
        others = (summary(self.mirror / RUNS / run) for run in [*bare, *sorted(pending)])
        return [run for run in found if run.id in known] + [run for run in others if run is not None]

    def newest(self, count: int) -> list[Summary]:
        """The runs that began last, oldest first; as many as asked for, where there are so many.

        Ids begin with the moment, so that the heads of older runs need not be read, which would be one request for each
        run of the store.
        """
        with self._turn:
            listed, folders = at_once(lambda ask: ask(), (self._list_heads, self._list_folders))
            began = {entry.name: heads.began(entry.name) for entry in listed}
            late = sorted(listed, key=lambda entry: began[entry.name] or 0.0)[-count - SPARE :]
            pending = _names(self.mirror / PENDING)
            without = set(folders) - {heads.run_of(entry.name) for entry in listed} - pending
            if len(listed) > len(late) and None not in began.values() and not without:
                self._folders = frozenset(folders)
                self._read(late)
                named = [self._heads[entry.name] for entry in late if entry.name in self._heads]
                found = [self._summary(entry, head) for entry, head in named if head.removed is None]
                found += [own for run in sorted(pending) if (own := summary(self.mirror / RUNS / run)) is not None]
                there = {run.id: run for run in found}
                chosen = sorted(there.values(), key=lambda run: (run.started, run.id))[-count:]
                if len(chosen) == count and chosen[0].started >= (began[late[0].name] or 0.0):
                    return chosen
        return sorted(self.summaries(), key=lambda run: (run.started, run.id))[-count:]

    def _read(self, entries: Iterable[Entry]) -> None:
        """Reads the heads of these that are new."""
        self._heads = self._heads or self._kept()
        fresh = [entry for entry in entries if not self._knows(entry)]
        contents = zip(fresh, at_once(lambda entry: self.objects.get(entry.name), fresh), strict=True)
        read = {entry.name: (entry, heads.read(entry.name, c)) for entry, c in contents if c is not None}
        if read:
            self._heads = {**self._heads, **read}
            self._keep()
            self._enter([head for _, head in read.values()])

    def refresh(self) -> None:
        """The heads as they are there now; those that are not new are not read again."""
        with self._turn:
            if time.monotonic() - self._listed < FRESH:
                return
            asks = (self._list_heads, self._list_folders, self._fetch_key)
            listed, folders, _ = at_once(lambda ask: ask(), asks)
            self._read(listed)
            at = {entry.name: entry for entry in listed}
            gone = self._heads.keys() - at.keys()
            self._heads = {name: (at[name], head) for name, (_, head) in self._heads.items() if name in at}
            self._folders, self._listed = frozenset(folders), time.monotonic()
            if gone:
                self._keep()

    def tag(self) -> str:
        """Another one when the list of runs is."""
        self.refresh()
        return repr(sorted((entry.name, entry.tag) for entry, _ in self._heads.values()))

    def head(self, run: str) -> tuple[Entry, Head] | None:
        self.refresh()
        return self._heads.get(f"{heads.FOLDER}{run}.json")

    def _list_heads(self) -> Any:
        return self.objects.entries(heads.FOLDER)

    def _list_folders(self) -> Any:
        return self.objects.folders(f"{RUNS}/")

    def _fetch_key(self) -> None:
        """The key of the hashes of masked values, which some answers hold code against."""
        if keys.kept(self.mirror) is None and (key := self.objects.get(keys.NAME)):
            _write(self.mirror / keys.NAME, key)

    def _knows(self, entry: Entry) -> bool:
        known = self._heads.get(entry.name)
        return known is not None and known[0].tag == entry.tag

    def _summary(self, entry: Entry, head: Head) -> Summary:
        found = head.summary(self.mirror / RUNS / head.run, time.time() - entry.at < HEARD)
        if found.why is None and head.run not in self._folders:
            why = f"{head.run} is in the register of {self.name}, and its folder is gone"
            return Summary(found.id, found.app, found.program, found.started, found.labels, found.path, why=why)
        return found

    def _kept(self) -> dict[str, tuple[Entry, Head]]:
        found = {}
        try:
            for line in (self.mirror / HEADS).read_bytes().split(b"\n")[:-1]:
                document = json.loads(line)
                entry = Entry(**document["entry"])
                found[entry.name] = (entry, heads.read(entry.name, json.dumps(document["head"]).encode()))
        except (OSError, ValueError, KeyError, TypeError):
            return {}
        return found

    def _keep(self) -> None:
        lines = (
            json.dumps({"entry": vars(entry), "head": json.loads(head.written())}, separators=(",", ":")) + "\n"
            for entry, head in self._heads.values()
        )
        _write(self.mirror / HEADS, "".join(lines).encode())

    def _enter(self, fresh: Iterable[Head]) -> None:
        """What is new goes into the register of the mirror, which is that of every store."""
        with register.locked(self.mirror, HEARD / 60):
            path = self.mirror / register.NAME
            known = set(path.read_bytes().split(b"\n")) if path.exists() else set()
            lines = (json.dumps(line, separators=(",", ":")).encode() for head in fresh for line in head.lines())
            new = [line for line in dict.fromkeys(lines) if line not in known]
            if new:
                with open_private(path, "ab") as file:
                    file.write(b"".join(line + b"\n" for line in new))

    # -- what a run holds

    def fetch(self, run: str) -> None:
        """The files of a run as they are there. What waits here is not looked at: what is here is the record then."""
        self.fetch_all([run])

    def fetch_all(self, runs: Iterable[str]) -> None:
        now = time.monotonic()
        due = [run for run in runs if self._is_due(run, now) and not is_pending(self.mirror / RUNS / run)]
        if len(due) > 50:  # one listing of all of them
            listed: dict[str, list[Entry]] = {run: [] for run in due}
            for entry in self.objects.entries(f"{RUNS}/"):
                run = entry.name.split("/")[1]
                if run in listed:
                    listed[run].append(entry)
        else:
            listed = dict(zip(due, at_once(lambda run: self.objects.entries(f"{RUNS}/{run}/"), due), strict=True))
        list(at_once(lambda run: self._fetch(run, listed[run]), due))
        if due and not self._trimmed:
            self._trimmed = True
            trim(self.mirror)

    def fetch_everything(self) -> None:
        self.refresh()
        self.fetch_all(sorted(self._folders))

    def _is_due(self, run: str, now: float) -> bool:
        at = self._fetched.get(run)
        return at is None or now - at >= (SETTLED if self._has_ended(run) else FRESH)

    def _has_ended(self, run: str) -> bool:
        known = self._heads.get(f"{heads.FOLDER}{run}.json")
        return known is not None and known[1].root is not None

    def _fetch(self, run: str, entries: list[Entry]) -> None:
        folder = self.mirror / RUNS / run
        there = {entry.name.split("/", 2)[2]: entry for entry in entries}
        if self._has_ended(run):  # what was written ahead has served, also where nobody may remove it
            there = {name: entry for name, entry in there.items() if not name.startswith(AHEAD) and name != wal.PROCESS}
        kept = _fetched(folder)
        if there:
            make_folder(folder)
        changed = [name for name, entry in there.items() if not _is_kept(folder / name, kept.get(name), entry)]
        list(at_once(lambda name: self._get(folder / name, there[name], kept.get(name)), changed))
        gone = kept.keys() - there.keys()
        for name in gone:
            (folder / name).unlink(missing_ok=True)
        if any(name.startswith(AHEAD) for name in (*changed, *gone)):
            _put_together(folder, sorted(name for name in there if name.startswith(AHEAD)))
        if there or kept:
            self._note(folder, {name: [entry.tag, entry.size] for name, entry in there.items()}, entries)
        self._fetched[run] = time.monotonic()

    def _get(self, path: Path, entry: Entry, kept: Any) -> None:
        """A file that only grows is read from where it ended."""
        make_folder(path.parent)
        had = kept[1] if kept and path.name in GROWS and path.exists() and path.stat().st_size == kept[1] else 0
        if 0 < had < entry.size:
            more = self.objects.get(entry.name, had)
            if more is not None and len(more) == entry.size - had:
                _write(path, path.read_bytes() + more)
                return
        content = self.objects.get(entry.name)
        if content is not None:
            _write(path, content)

    def _note(self, folder: Path, files: Mapping[str, Any], entries: Iterable[Entry]) -> None:
        known = self._heads.get(f"{heads.FOLDER}{folder.name}.json")
        times = [entry.at for entry in entries] + ([known[0].at] if known is not None else [])
        over = known is not None and known[1].outcome not in (None, Outcome.RUNNING.value)
        note(folder, files, 0.0 if over else max(times, default=0.0))

    # -- what is changed by readers

    def remove(self, run: str, line: Mapping[str, Any]) -> None:
        """Takes a run out of the store; its head says from now on that it was removed."""
        known = self.head(run)
        self.objects.put(f"{heads.FOLDER}{run}.json", _removed(known[1] if known else Head(run), line).written())
        self.objects.delete([entry.name for entry in self.objects.entries(f"{RUNS}/{run}/")])
        (self.mirror / PENDING / run).unlink(missing_ok=True)
        self._listed = -FRESH

    def remove_file(self, run: str, name: str) -> None:
        self.objects.delete([f"{RUNS}/{run}/{name}"])

    def bring_file(self, run: str, name: str) -> None:
        """What was changed here of a run that is whole in the place."""
        self.objects.put(f"{RUNS}/{run}/{name}", (self.mirror / RUNS / run / name).read_bytes())


def note(folder: Path, files: Mapping[str, Any], heard: float) -> None:
    """What of a run is here as it is in the place: file -> its tag and length."""
    _write(folder / FETCHED, json.dumps({"files": files, "heard": heard}, separators=(",", ":")).encode())


def _removed(head: Head, line: Mapping[str, Any]) -> Head:
    from dataclasses import replace

    return replace(head, removed=dict(line))


def _fetched(folder: Path) -> dict[str, Any]:
    try:
        return dict(json.loads((folder / FETCHED).read_bytes())["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _is_kept(path: Path, kept: Any, entry: Entry) -> bool:
    return kept is not None and list(kept) == [entry.tag, entry.size] and path.exists()


def _put_together(folder: Path, parts: list[str]) -> None:
    if parts:
        _write(folder / wal.NAME, b"".join((folder / part).read_bytes() for part in parts))
    else:
        (folder / wal.NAME).unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    """As a whole: another reader of this machine may look at the same time."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.part")
    write_private(beside, content)
    os.replace(beside, path)


def _names(folder: Path) -> set[str]:
    try:
        return {path.name for path in folder.iterdir()}
    except FileNotFoundError:
        return set()
    except OSError as error:
        raise StoreError(f"{folder} cannot be read: {error.strerror or error}") from error
