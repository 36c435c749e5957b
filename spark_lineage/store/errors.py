"""What is wrong with a store, in words."""

from __future__ import annotations


class StoreError(Exception):
    """One sentence for people: what is wrong, where, and how to mend it."""
