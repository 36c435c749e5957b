"""What every part raises when it cannot do what the user asks for."""

from __future__ import annotations


class Refusal(Exception):
    """One sentence for the user: what is wrong, where, and how to mend it where that is known."""
