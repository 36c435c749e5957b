"""The terminal that answers are printed to."""

from __future__ import annotations

from rich.console import Console


def console() -> Console:
    """Standard output. Only what an answer says is coloured: rich is not to guess what looks like a number."""
    return Console(highlight=False, soft_wrap=False)
