"""What the JSON documents of several answers have in common."""

from __future__ import annotations

from typing import Any

from spark_lineage.events.identity import iso

Document = dict[str, Any]


def moment(seconds: float) -> str:
    """Seconds since 1970 -> RFC 3339."""
    return iso(seconds)


def duration_ms(started: float, ended: float | None) -> float | None:
    """Seconds since 1970 -> milliseconds between them; None while it has not ended."""
    return round((ended - started) * 1000, 3) if ended is not None else None
