"""What says that a source holds the same in both runs where it was not measured: cheap, and not a proof."""

from __future__ import annotations

import enum

from spark_lineage.model import Dataset, Storage


class Evidence(enum.Enum):
    STRONG = "strong"  # the same version of the same table, the same files
    WEAK = "weak"  # files of equal names and sizes at another place
    NONE = "none"


def evidence(a: Dataset, b: Dataset) -> Evidence:
    x, y = a.storage, b.storage
    if x is None or y is None:
        return Evidence.NONE
    same_place = (x.namespace, x.name) == (y.namespace, y.name)
    if same_place and x.version is not None and x.version == y.version:
        return Evidence.STRONG
    return Evidence.NONE if not same_place or _has_version(x) or _has_version(y) else Evidence.WEAK


def _has_version(storage: Storage) -> bool:
    return storage.version is not None
