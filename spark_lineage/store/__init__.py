"""Reads runs back from the store. Readers see nothing but this: no reader opens a journal itself."""

from __future__ import annotations

import sys
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


class _Called(type(sys)):  # type: ignore[misc]
    """This package, which answers as the function of the API that has its name: ``spark_lineage.store(path)``.

    Importing a package puts it where its parent had something else of that name, here the function.
    """

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return sys.modules["spark_lineage"].__getattr__("store")(*args, **kwargs)


sys.modules[__name__].__class__ = _Called
