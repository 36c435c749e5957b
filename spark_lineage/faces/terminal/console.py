"""The terminal that answers are printed to."""

from __future__ import annotations

from rich.console import Console


def console(stderr: bool = False) -> Console:
    """Standard output, or standard error. Nothing is coloured because it looks like a number: answers say what is."""
    return Console(stderr=stderr, highlight=False, soft_wrap=False)
