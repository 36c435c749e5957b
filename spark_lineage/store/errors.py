"""What is wrong with a store, in words."""

from __future__ import annotations


class StoreError(Exception):
    """One sentence for people: what is wrong, where, and how to mend it."""


class Damaged(ValueError):
    """A file of a run is not as it was written; says how."""


# What data of the wrong shape makes code raise that trusts it.
SHAPE_ERRORS = (ValueError, KeyError, TypeError, AttributeError, IndexError, ArithmeticError, RecursionError)
