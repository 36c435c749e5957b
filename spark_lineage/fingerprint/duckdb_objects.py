"""What is known of a relation of DuckDB: its columns. Its rows are computed only where the program asks for them."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from spark_lineage.fingerprint.arrow_objects import incomplete
from spark_lineage.model import Probed, RuleAnswer

INSTANCE = "duckdb"


def columns_of(obj: Any) -> tuple[tuple[str, str], ...]:
    """(name, type as DuckDB names it) of each column; none where its connection is closed."""
    try:
        return tuple((str(name), str(kind)) for name, kind in zip(obj.columns, obj.types, strict=True))
    except Exception:  # the program will hear of it when it asks for rows
        return ()


def measured(obj: Any, sample_rows: int) -> tuple[Probed, str | None]:
    why = "a relation of DuckDB holds no rows: they are computed where the program asks for them"
    return incomplete(columns_of(obj), None, "never_executed", why, INSTANCE), None


def answer(obj: Any, kind: str, arguments: Sequence[str]) -> RuleAnswer:
    return RuleAnswer(kind, tuple(arguments), None, "a relation of DuckDB holds no rows")


def digest(obj: Any) -> Hashable:
    """A relation never changes."""
    return "duckdb"


def shape(obj: Any) -> Hashable:
    return "duckdb"
