"""What the journal of one run looks like on disk, and how it is read and verified.

``events.jsonl`` holds plain OpenLineage events and nothing else, one per line, so that any OpenLineage tool can read
it. ``chain.jsonl`` beside it holds one line per event: ``{"seq": n, "sha256": of the line, "chain": sha256(previous
chain + sha256)}``. Whoever changes, drops or swaps a line breaks the chain from there on. ``samples.jsonl`` holds
sampled rows, which the events only carry hashes of, so that rows can be erased without breaking the chain.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spark_lineage.events.lines import to_line
from spark_lineage.model import Damaged

EVENTS, CHAIN, SAMPLES = "events.jsonl", "chain.jsonl", "samples.jsonl"
GENESIS = "0" * 64
CHUNK = 64 * 1024  # bytes read at once when a file is read from its end

Document = dict[str, Any]


def key(event: Mapping[str, Any]) -> tuple[str, str]:
    return (event["run"]["runId"], event.get("eventType", ""))


def read_lines(folder: Path) -> list[bytes]:
    """The events of a journal, each as its line, as they were written. Raises :class:`Damaged` if they are not.

    A torn last line, as a kill leaves it, is left out; so is nothing else. Events behind the end of the chain are taken
    as they are.
    """
    written = _whole_lines(folder / EVENTS)
    broken = _broken(written, folder)
    if broken is not None:
        raise Damaged(broken)
    return written


def first_line(folder: Path) -> bytes:
    """The first event as it was written, with its line end. Raises FileNotFoundError where there is no journal."""
    with (folder / EVENTS).open("rb") as file:
        return file.readline()


def last_line(path: Path) -> bytes:
    """The last whole line of a file of a journal; a torn one after it is a kill's."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        tail = b""
        while size > 0:
            step = min(CHUNK, size)
            size -= step
            file.seek(size)
            tail = file.read(step) + tail
            lines = tail.split(b"\n")
            if len(lines) > 2:  # the piece before the last line end is whole: another line end stands before it
                return lines[-2]
    return tail.split(b"\n")[0]


def ends(folder: Path) -> tuple[bytes, str] | None:
    """The last event and the last link of the chain, as they stand there; None where one of them is missing.

    Raises ValueError or KeyError for a link that is none.
    """
    try:
        event, sealed = last_line(folder / EVENTS), last_line(folder / CHAIN)
    except FileNotFoundError:
        return None
    return (event, str(json.loads(sealed)["chain"])) if event and sealed else None


def read_events(folder: Path) -> list[Document]:
    """The events of a journal as documents. A torn last line, as a kill leaves it, is left out."""
    return [document for _, document in lines(folder / EVENTS)]


def read_samples(folder: Path) -> list[Document]:
    """The sampled rows that are kept; nothing where they have been erased. Raises :class:`Damaged`.

    Whether they are those that were written is seen when they are looked at, and by ``store.sampled``.
    """
    return list({sample["dataset"]: sample for sample in all_samples(folder)}.values())


def all_samples(folder: Path) -> Iterator[Document]:
    """All lines of sampled rows: of a dataset that has several the last one counts. Raises :class:`Damaged`."""
    from spark_lineage.events import parsing  # for readers only

    for number, line in enumerate(_whole_lines(folder / SAMPLES), 1):
        try:
            yield parsing.sample(line)
        except (ValueError, KeyError, TypeError, RecursionError):
            raise Damaged(f"line {number} of {SAMPLES} is no sample") from None


@dataclass(frozen=True)
class Verification:
    """Whether a journal is as it was written; ``why`` says what is not. ``root`` is the last link of its chain: the
    hash of all that it holds; None unless it is intact.
    """

    intact: bool
    events: int
    why: str | None = None
    root: str | None = None


def verify(folder: Path) -> Verification:
    """Recomputes the chain. Events after its end (a kill between two writes) are not sealed and said to be so."""
    written = _whole_lines(folder / EVENTS)
    broken = _broken(written, folder)
    if broken is not None:
        return Verification(False, len(written), broken)
    sealed = _whole_lines(folder / CHAIN)
    if len(written) > len(sealed):
        return Verification(False, len(written), f"{len(written) - len(sealed)} events at the end are not sealed")
    return Verification(True, len(written), None, json.loads(sealed[-1])["chain"] if sealed else None)


def _broken(written: Sequence[bytes], folder: Path) -> str | None:
    """A sentence about the first event that the chain does not confirm; None if it confirms all that it covers."""
    recorded, made = _whole_lines(folder / CHAIN), links(GENESIS, 0, written)
    if recorded == made[: len(recorded)]:
        return None
    from spark_lineage.store import tampering  # seldom needed

    return tampering.first(written, recorded, made)


def _whole_lines(path: Path) -> list[bytes]:
    """The lines of a file without their line ends, and without a torn last line; empty if there is no such file."""
    try:
        return path.read_bytes().split(b"\n")[:-1]
    except FileNotFoundError:
        return []


def links(chain: str, length: int, lines: Sequence[bytes]) -> list[bytes]:
    """The lines of the chain for events that come after ``length`` others."""
    made = []
    for number, line in enumerate(lines, length + 1):
        chain, sealed = link(chain, number, line)
        made.append(sealed)
    return made


def root(lines: Sequence[bytes]) -> str:
    """The root hash of a journal that has these events: the last link of its chain."""
    chain = GENESIS
    for number, line in enumerate(lines, 1):
        chain, _ = link(chain, number, line)
    return chain


def as_line(event: Mapping[str, Any]) -> bytes:
    """The line of an event, without its line end. An event that was read from a line gives that line again."""
    return to_line(event).encode("ascii")


def link(chain: str, number: int, line: bytes) -> tuple[str, bytes]:
    """The chain after one more event, which is the ``number``-th, and the line that says so."""
    digest = hashlib.sha256(line).hexdigest()
    chain = hashlib.sha256((chain + digest).encode("ascii")).hexdigest()
    return chain, f'{{"seq":{number},"sha256":"{digest}","chain":"{chain}"}}'.encode("ascii")


def lines(path: Path) -> Iterator[tuple[bytes, Document]]:
    """(line, its JSON object) for each line, up to the first one that is torn or is no JSON object."""
    if not path.exists():
        return
    with path.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                return
            try:
                document = json.loads(line)
            except ValueError:
                return
            if not isinstance(document, dict):
                return
            yield line[:-1], document
