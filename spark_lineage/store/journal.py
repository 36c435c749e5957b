"""What the journal of one run looks like on disk, and how it is read and verified.

``events.jsonl`` holds plain OpenLineage events and nothing else, one per line, so that any OpenLineage tool can read
it. ``chain.jsonl`` beside it holds one line per event: ``{"seq": n, "sha256": of the line, "chain": sha256(previous
chain + sha256)}``. Whoever changes, drops or swaps a line breaks the chain from there on. ``samples.jsonl`` holds
sampled rows, which the events only carry hashes of, so that rows can be erased without breaking the chain.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EVENTS, CHAIN, SAMPLES = "events.jsonl", "chain.jsonl", "samples.jsonl"
GENESIS = "0" * 64

Document = dict[str, Any]


def key(event: Mapping[str, Any]) -> tuple[str, str]:
    return (event["run"]["runId"], event.get("eventType", ""))


def read_events(folder: Path) -> list[Document]:
    """The events of a journal. A torn last line, as a kill leaves it, is left out."""
    return [document for _, document in lines(folder / EVENTS)]


def read_samples(folder: Path) -> list[Document]:
    """The sampled rows that are kept; nothing where they have been erased."""
    latest = {document["dataset"]: document for _, document in lines(folder / SAMPLES) if "dataset" in document}
    return list(latest.values())


@dataclass(frozen=True)
class Verdict:
    """Whether a journal is as it was written; ``why`` says what is not."""

    intact: bool
    events: int
    why: str | None = None


def verify(folder: Path) -> Verdict:
    """Recomputes the chain. Events after its end (a kill between two writes) are not sealed and said to be so."""
    written = [line for line, _ in lines(folder / EVENTS)]
    links = [document for _, document in lines(folder / CHAIN)]
    chain = GENESIS
    for number, link in enumerate(links):
        if number >= len(written):
            return Verdict(False, len(written), f"event {number + 1} is missing: the chain has {len(links)}")
        digest = hashlib.sha256(written[number]).hexdigest()
        chain = hashlib.sha256((chain + digest).encode("ascii")).hexdigest()
        if link.get("sha256") != digest or link.get("chain") != chain or link.get("seq") != number + 1:
            return Verdict(False, len(written), f"event {number + 1} is not the one that was written")
    if len(written) > len(links):
        return Verdict(False, len(written), f"{len(written) - len(links)} events at the end are not sealed")
    return Verdict(True, len(written))


def links(chain: str, length: int, lines: Sequence[bytes]) -> list[bytes]:
    """The lines of the chain for events that come after ``length`` others."""
    made = []
    for number, line in enumerate(lines, length + 1):
        digest = hashlib.sha256(line).hexdigest()
        chain = hashlib.sha256((chain + digest).encode("ascii")).hexdigest()
        link = {"seq": number, "sha256": digest, "chain": chain}
        made.append(json.dumps(link, separators=(",", ":")).encode("ascii"))
    return made


def lines(path: Path) -> Iterator[tuple[bytes, Document]]:
    """Whole lines and what they say; ends before the first one that is torn or no JSON object."""
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
