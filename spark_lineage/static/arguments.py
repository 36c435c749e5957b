"""What stands in the arguments of calls: functions that run elsewhere, calls that make Columns."""

from __future__ import annotations

import ast
from collections.abc import Container

from spark_lineage.static.definitions import Function
from spark_lineage.static.names import (
    COLUMN_TAKERS,
    EXECUTOR_CALLS,
    EXECUTOR_CALLS_OF_ONE,
    PANDAS_EXECUTOR_CALLS,
    called_name,
)


def handed_to_executors(function: Function, methods: Container[str]) -> set[int]:
    """Ids of the nodes that are functions handed to a UDF, an RDD or pandas; ``methods`` are the program's own."""
    handed: set[int] = set()
    for node, _ in function.own:
        if not isinstance(node, ast.Call):
            continue
        name = called_name(node)
        alone = len(node.args) == 1 and not node.keywords and isinstance(node.func, ast.Attribute)
        if name in EXECUTOR_CALLS or (name in EXECUTOR_CALLS_OF_ONE and alone) or _calls_back(node, name, methods):
            for item in [*node.args, *(keyword.value for keyword in node.keywords)]:
                if isinstance(item, (ast.Name, ast.Attribute)):
                    handed.add(id(item))
                elif isinstance(item, ast.Lambda):
                    handed.update(id(inner) for inner in ast.walk(item))
    return handed


def _calls_back(node: ast.Call, name: str, methods: Container[str]) -> bool:
    """``frame.apply(f)``, ``frame.groupby("k").transform(f)`` of pandas."""
    if not isinstance(node.func, ast.Attribute) or name in methods:
        return False
    return name in PANDAS_EXECUTOR_CALLS or (name == "transform" and _is_grouped(node.func.value))


def _is_grouped(node: ast.expr) -> bool:
    return any(
        isinstance(each, ast.Attribute) and each.attr in ("groupby", "rolling", "resample") for each in ast.walk(node)
    )


def making_columns(function: Function) -> set[int]:
    """Ids of calls that stand in the arguments of a DataFrame method: most likely they make Columns."""
    inside: set[int] = set()
    for node, _ in function.own:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in COLUMN_TAKERS:
            for item in [*node.args, *(keyword.value for keyword in node.keywords)]:
                inside.update(id(inner) for inner in ast.walk(item) if isinstance(inner, ast.Call))
    return inside
