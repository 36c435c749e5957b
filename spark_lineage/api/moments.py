"""Moments as Python has them."""

from __future__ import annotations

from datetime import datetime, timezone


def moment(seconds: float) -> datetime:
    """In UTC."""
    return datetime.fromtimestamp(seconds, timezone.utc)
