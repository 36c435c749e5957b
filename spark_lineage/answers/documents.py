"""What the JSON documents of several answers have in common."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]


def duration_ms(started: float, ended: float | None) -> float | None:
    """Seconds since 1970 -> milliseconds between them; None while it has not ended."""
    return round((ended - started) * 1000, 3) if ended is not None else None
