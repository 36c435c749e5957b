"""Writes the journal of one run (what it looks like: ``store.journal``), the one source of truth for all readers.

An event is written at most once per (run id, event type): writing the same events again adds nothing.
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spark_lineage.events import amending, build, samples
from spark_lineage.model import Outcome
from spark_lineage.privacy.files import make_folder, open_private
from spark_lineage.sinks.sealing import Sealing
from spark_lineage.store import places, wal
from spark_lineage.store.journal import CHAIN, EVENTS, GENESIS, SAMPLES, Document, as_line, key, lines, link, links
from spark_lineage.store.runs import open_folder

if TYPE_CHECKING:
    from spark_lineage.sinks.signing import Signer


class Journal:
    """Appends to the journal in ``folder``. One writer at a time; readers may read meanwhile.

    ``fsync`` forces each write to the disk: without it a crash of the machine (not of the program) may lose the end.
    """

    def __init__(self, folder: Path, fsync: bool = True) -> None:
        self.folder = Path(folder)
        self._fsync = fsync

    def write(
        self, events: Iterable[Mapping[str, Any]], samples: Iterable[Mapping[str, Any]] = (),
        proof: Sealing | None = None,
    ) -> int:  # fmt: skip
        """Appends what is not there yet; returns how many events were. Raises OSError if the folder takes nothing.

        ``proof`` goes with the event that closes the application: which runs ended before it, and a signature.

        Events and samples are written while they are made, so that memory holds few of them at a time. The event that
        closes the application comes last: it says what the end knows better than events that are there.
        """
        make_folder(self.folder)
        mended = _mend(self.folder)
        there = set(_lines(self.folder / SAMPLES))
        rows = (json.dumps(sample, separators=(",", ":")).encode("ascii") for sample in samples)
        # Samples first: an event that speaks of a sample never stands without it.
        self._append(SAMPLES, (row for row in rows if row not in there))
        sealing = _Sealing(mended.chain, mended.length)
        fresh = _fresh(mended.events, events)
        try:
            self._append(EVENTS, sealing.sealed(fresh, proof))
            self._append(CHAIN, sealing.links)
            if proof is not None:
                proof.sealed(self.folder)
        finally:
            if proof is not None:
                proof.let_go()
        return len(sealing.links)

    def _append(self, name: str, fresh: Iterable[bytes]) -> None:
        first = next(lines := iter(fresh), None)
        if first is None:
            return
        with open_private(self.folder / name, "ab") as file:
            for line in itertools.chain((first,), lines):
                file.write(line + b"\n")
            file.flush()
            if self._fsync:
                os.fsync(file.fileno())


class _Sealing:
    """Makes the line of the chain for each event that passes."""

    def __init__(self, chain: str, length: int) -> None:
        self._chain = chain
        self._length = length
        self.links: list[bytes] = []

    def sealed(self, events: Iterable[Document], proof: Sealing | None) -> Iterator[bytes]:
        """The line of each event, one after the other. The one that closes the application gets its proof before."""
        for event in events:
            number = self._length + len(self.links) + 1
            if proof is not None and amending.closes(event):
                event = proof.closed(event, self._chain, number)
            line = as_line(event)
            self._chain, sealed = link(self._chain, number, line)
            self.links.append(sealed)
            yield line


def _fresh(told: Sequence[Document], events: Iterable[Mapping[str, Any]]) -> Iterator[Document]:
    """The events that are not in the journal yet, each once; with the closing one goes what amends those that are."""
    there = set(map(key, told))
    known = set(there)
    again: list[Document] = []  # as they would be read from the journal, to compare them with what was told
    for event in events:
        document = dict(event)
        if key(document) in there:
            again.append(json.loads(as_line(document)))
        elif key(document) not in known:
            known.add(key(document))
            if told and amending.closes(document) and (facet := amending.facet(told, again)) is not None:
                document["run"].setdefault("facets", {})[amending.NAME] = facet
            yield document


def seal(folder: Path, signer: Signer | None = None) -> bool:
    """Writes the journal of a run that was killed, from its write-ahead file; False if it still runs or is sealed.

    What was written ahead is gone afterwards, as after an orderly end; so is what a kill during that has left.
    ``signer`` signs it; who seals a run says when it was sealed, and nothing of what happened before.
    """
    record = open_folder(folder)
    proof = Sealing.of_folder(folder, signer)
    if not record.recovered:
        if not wal.is_alive(folder):
            _mend(folder)
            if proof is not None and (folder / wal.NAME).exists():
                proof.sealed(folder)
            wal.remove(folder)
        return False
    if record.graph.run.outcome is Outcome.RUNNING:
        return False
    if places.place_of(folder.parent.parent) is not None:
        places.mark_pending(folder)
    Journal(folder).write(build(record.graph), samples(record.graph), proof)
    wal.remove(folder)
    return True


def unsealed(folder: Path) -> list[Document]:
    """The events that :func:`seal` would add to a journal, the last one without its proof. Nothing is changed.

    Raises as it does.
    """
    if not (folder / wal.NAME).exists():
        return []
    record = open_folder(folder)
    if not record.recovered or record.graph.run.outcome is Outcome.RUNNING:
        return []
    known = {key(document) for _, document in lines(folder / EVENTS)}
    return [event for event in build(record.graph) if key(event) not in known]


@dataclass(frozen=True)
class _Mended:
    events: list[Document]
    chain: str
    length: int


def _mend(folder: Path) -> _Mended:
    """Cuts off torn last lines, and seals events that a kill left unsealed, before more is appended."""
    for name in (EVENTS, CHAIN, SAMPLES):
        _cut_torn_line(folder / name)
    read = list(lines(folder / EVENTS))
    sealed = [document for _, document in lines(folder / CHAIN)]
    chain = str(sealed[-1]["chain"]) if sealed else GENESIS
    if len(sealed) < len(read):
        fresh = links(chain, len(sealed), [line for line, _ in read[len(sealed) :]])
        with open_private(folder / CHAIN, "ab") as file:
            file.write(b"".join(link + b"\n" for link in fresh))
        chain = str(json.loads(fresh[-1])["chain"])
    return _Mended([document for _, document in read], chain, len(read))


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().split(b"\n")[:-1] if path.exists() else []


def _cut_torn_line(path: Path) -> None:
    if not path.exists() or path.stat().st_size == 0:
        return
    with path.open("rb+") as file:
        file.seek(-1, os.SEEK_END)
        if file.read(1) == b"\n":
            return
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)
