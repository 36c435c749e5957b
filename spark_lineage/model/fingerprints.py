"""What a fingerprint of rows is over: ``row1:`` all columns, ``row1[1-3,7]:`` those of these positions.

``docs/fingerprint.md`` defines it.
"""

from __future__ import annotations

from collections.abc import Iterable

OF_ROWS = r"^row1(\[[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*\])?:[0-9a-f]{32}$"


def whole(fingerprint: str | None) -> str | None:
    """The fingerprint if it is over all columns."""
    return None if columns(fingerprint) else fingerprint


def columns(fingerprint: str | None) -> str:
    """``1-3,7``; empty where it is over all of them, or there is none."""
    return (fingerprint or "").partition(":")[0].partition("[")[2].rstrip("]")


def differ(a: str | None, b: str | None) -> bool:
    """Whether two fingerprints say that the rows differ. Those over other columns say nothing of each other."""
    return a is not None and b is not None and a != b and columns(a) == columns(b)


def any_differ(fingerprints: Iterable[str]) -> bool:
    """Whether two of these do."""
    one_each = dict.fromkeys(fingerprints)
    return len(one_each) > len({columns(fingerprint) for fingerprint in one_each})


def of_most(fingerprints: Iterable[str | None]) -> str | None:
    """Of equal rows that of whole rows if there is one, else the first."""
    known = [fingerprint for fingerprint in fingerprints if fingerprint is not None]
    return next(filter(whole, known), known[0] if known else None)
