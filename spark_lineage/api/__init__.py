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
from spark_lineage.config.addresses import is_elsewhere

__all__ = ["AnswerError", "Dataset", "Run", "Sample", "Step", "Store", "document", "store"]


def store(path: str | Path | None = None) -> Store:
    """The store in a folder or at an address (`s3://...`); the configured one if none is given. Nothing is read yet."""
    return Store(path if path is None or is_elsewhere(str(path)) else Path(path))
