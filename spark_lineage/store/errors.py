"""What is wrong with a store, in words."""

from __future__ import annotations

from spark_lineage.refusals import Refusal


class StoreError(Refusal):
    """One sentence for people: what is wrong, where, and how to mend it."""
