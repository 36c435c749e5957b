"""What is observed of tables in memory: operations, fragments, and what they are called."""

from __future__ import annotations

import os
import sys
from types import CodeType
from typing import Any

from spark_lineage.capture.code.calls import Position
from spark_lineage.capture.following.nodes import Node
from spark_lineage.capture.following.tables.held import Columns
from spark_lineage.model import Fragment, Operation, OperationKind
from spark_lineage.model.libraries import TABLE_ENGINES, TABLES

_ENGINES = dict(zip(TABLES, TABLE_ENGINES, strict=True))
LIBRARIES = ("polars", "pyarrow", "duckdb")  # beside pandas


def called(made: CodeType | str | None, obj: Any) -> str:
    """``pandas.DataFrame.merge``: what of the library was called, and on what, where ``obj`` says it."""
    if isinstance(made, str):
        return made
    if made is None:
        root = type(obj).__module__.partition(".")[0].lstrip("_")
        return root if root in LIBRARIES else "pandas"
    name: str = getattr(made, "co_qualname", made.co_name)
    name = name.replace("NDFrame.", f"{type(obj).__name__}.") if obj is not None else name
    return f"{library(made)}.{name.rpartition('<locals>.')[2]}"


def library(made: CodeType | None) -> str:
    """Which library of tables a code is of."""
    for name in LIBRARIES if made is not None else ():
        file = getattr(sys.modules.get(name), "__file__", None)
        if made is not None and file and made.co_filename.startswith(os.path.dirname(file) + os.sep):
            return name
    return "pandas"


def engine(name: str) -> dict[str, str]:
    """What an operation of this name says of its engine."""
    return {"engine": _ENGINES.get(name.partition(".")[0], "python")}


def transform(
    op: str, name: str, position: Position, inputs: tuple[str, ...], output: str | None, started: float, ended: float
) -> Operation:
    kept = tuple(name for name in inputs if name != output)
    return Operation(
        op, name, OperationKind.TRANSFORM, position.path, kept, output, started, ended, detail=engine(name)
    )  # fmt: skip


def fragment(node: Node, columns: Columns, name: str, order: str | None) -> Fragment:
    return Fragment(
        dataset=node.id, columns=tuple((column, type_, True) for column, type_ in columns), plan_hash=name,
        operators=(name,), plan_text="", deterministic=True, nondeterminism=(), inputs=node.frontier, sources=(),
        opaque=("pandas",), definitions=(), indirect=(), sample_key=(),
        covers=(f"order@{order}",) if order is not None else (),
    )  # fmt: skip
