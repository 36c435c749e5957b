"""What was done to a journal that its chain does not confirm: the first event altered, missing, added or moved.

The chain has the hash of each line, so what the lines were is known as far as telling them apart. Places count from 1.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from spark_lineage.model import SHAPE_ERRORS


def first(written: Sequence[bytes], recorded: Sequence[bytes], made: Sequence[bytes]) -> str | None:
    """A sentence about the first event that the chain does not confirm; None if it confirms all that it covers.

    ``written`` are the events as they are, ``recorded`` the lines of the chain, ``made`` the lines that events give.
    """
    at = next((at for at, (a, b) in enumerate(zip(recorded, made, strict=False)) if a != b), None)
    if at is None:
        if len(recorded) > len(written):
            return f"event {len(written) + 1} is missing: the chain has {len(recorded)}"
        return None
    number = at + 1
    hashes = _hashes(recorded)
    if hashes is None:
        return f"event {number} is not the one that was written: its link in the chain is not whole"
    now = [hashlib.sha256(line).hexdigest() for line in written]
    return f"event {number} is not the one that was written: {_how(now, hashes, at)}{_named(written[at])}"


def _how(now: Sequence[str], then: Sequence[str], at: int) -> str:
    """``now`` and ``then`` are the hashes of the events, which differ at ``at``; or only their links do."""
    if now[at] == then[at]:
        return "the chain itself was altered there"
    later = next((other for other in range(at + 1, len(now)) if now[other] == then[at]), None)
    before = next((other for other in range(at + 1, len(then)) if then[other] == now[at]), None)
    if later is not None and later == before:
        return f"it was swapped with event {later + 1}"
    if later is None and before is None:
        return "it was altered"
    if later is None:
        return f"the event that was written here is missing, and event {(before or 0) + 1} stands in its place"
    if before is None:
        return "it was added"
    return f"event {before + 1} was moved here"


def _hashes(recorded: Sequence[bytes]) -> list[str] | None:
    try:
        return [str(json.loads(line)["sha256"]) for line in recorded]
    except SHAPE_ERRORS:
        return None


def _named(line: bytes) -> str:
    """Which event stands there, as far as it can be read: `` (COMPLETE of shop.clean)``."""
    try:
        event = json.loads(line)
        return f" ({event['eventType']} of {event['job']['name']})"
    except SHAPE_ERRORS:
        return ""
