"""What says that a source holds the same in both runs where it was not measured: cheap, and not a proof."""

from __future__ import annotations

import enum

from spark_lineage.model import Dataset


class SourceEvidence(enum.Enum):
    STRONG = "strong"  # the same version of the same table, the same files
    WEAK = "weak"  # files of equal names and sizes at another place
    NONE = "none"


def evidence(a: Dataset, b: Dataset) -> SourceEvidence:
    x, y = a.storage, b.storage
    if x is None or y is None:
        return SourceEvidence.NONE
    same_place = (x.namespace, x.name) == (y.namespace, y.name)
    if same_place and x.version is not None and x.version == y.version:
        return SourceEvidence.STRONG
    if x.files is None or y.files is None:
        return SourceEvidence.NONE
    if same_place and x.files == y.files:
        return SourceEvidence.STRONG
    return SourceEvidence.WEAK if _sizes(x.files) == _sizes(y.files) else SourceEvidence.NONE


def _sizes(files: str) -> list[str]:
    """``files1:<number>:<names and sizes>:<with times>`` without the times."""
    return files.split(":")[:3]
