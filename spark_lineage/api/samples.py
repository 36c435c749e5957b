"""Sampled rows, as Python code takes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spark_lineage.answers.errors import AnswerError
from spark_lineage.model import Damaged
from spark_lineage.model import Sample as Recorded

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


@dataclass(frozen=True)
class Sample:
    """Some rows of a dataset: of each run the same entities, chosen by the hash of ``key``.

    Values are texts as they were recorded, None for NULL: masked where the run masked them.
    """

    recorded: Recorded

    @property
    def key(self) -> tuple[str, ...]:
        return self.recorded.key

    @property
    def columns(self) -> tuple[str, ...]:
        return self.recorded.columns

    @property
    def rows(self) -> tuple[tuple[str | None, ...], ...]:
        """The rows, with values in the order of ``columns``. Raises :class:`AnswerError` if they were altered."""
        try:
            return tuple(self.recorded.rows)
        except Damaged as error:
            raise AnswerError(str(error)) from error

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, str | None]]:
        """Each row by the names of its columns; of columns that share a name the last one is left."""
        return (dict(zip(self.columns, row, strict=True)) for row in self.rows)

    def to_arrow(self) -> pa.Table:
        """A table of texts. Columns that share a name stay apart, in their order."""
        import pyarrow as pa

        values = list(zip(*self.rows, strict=True)) or [() for _ in self.columns]
        return pa.table([pa.array(list(column), pa.string()) for column in values], names=list(self.columns))

    def to_pandas(self) -> pd.DataFrame:
        """A DataFrame of texts. Raises :class:`AnswerError` where pandas is not installed."""
        try:
            import pandas as pd
        except ImportError as error:
            message = "samples as a DataFrame need pandas: pip install 'spark-lineage-agent[pandas]'"
            raise AnswerError(message) from error
        rows: Any = [list(row) for row in self.rows]
        return pd.DataFrame(rows, columns=list(self.columns), dtype=object)
