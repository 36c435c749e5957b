"""What Python code asks of a store: ``spark_lineage.store(path).run("last")``. See docs/api.md.

Everything comes from ``answers.ask``, as the commands have it, and is frozen and read at its first use. Nothing here
imports Spark, and pandas or pyarrow only where rows are asked for as such.
"""

from __future__ import annotations

from pathlib import Path

from spark_lineage.answers.errors import AnswerError
from spark_lineage.api.datasets import Dataset
from spark_lineage.api.documents import document
from spark_lineage.api.runs import Run
from spark_lineage.api.samples import Sample
from spark_lineage.api.steps import Step
from spark_lineage.api.stores import Store

__all__ = ["AnswerError", "Dataset", "Run", "Sample", "Step", "Store", "document", "store"]


def store(path: str | Path | None = None) -> Store:
    """The store in a folder; the one that is configured if none is given. Nothing is read yet."""
    return Store(Path(path) if path is not None else None)
