"""Reads runs back from the store. Readers see nothing but this: no reader opens a journal itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spark_lineage.store.runs import RunRecord, Store, StoreError, Summary

__all__ = ["RunRecord", "Store", "StoreError", "Summary"]


def __getattr__(name: str) -> Any:
    # On first use: the agent needs the write-ahead file only, and start-up must stay cheap.
    if name not in __all__:
        raise AttributeError(f"module 'spark_lineage.store' has no attribute {name!r}")
    from spark_lineage.store import runs

    return getattr(runs, name)
