"""What stands in the arguments of calls: functions that run elsewhere, calls that make Columns."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from spark_lineage.static.definitions import Function
from spark_lineage.static.names import (
    COLUMN_TAKERS,
    EXECUTOR_CALLS,
    EXECUTOR_CALLS_OF_ONE,
    PANDAS_EXECUTOR_CALLS,
    called_name,
)

ALWAYS = ""


def handed_to_executors(function: Function) -> dict[int, str]:
    """The nodes, by id, that are functions handed to a UDF, an RDD or pandas.

    With a name: only where the program has no method of its own of this name; :data:`ALWAYS` where that is the same.
    """
    handed: dict[int, str] = {}
    for node, _ in function.own:
        if not isinstance(node, ast.Call):
            continue
        name = called_name(node)
        alone = len(node.args) == 1 and not node.keywords and isinstance(node.func, ast.Attribute)
        if name in EXECUTOR_CALLS or (name in EXECUTOR_CALLS_OF_ONE and alone):
            unless = ALWAYS
        elif _calls_back(node, name):
            unless = name
        else:
            continue
        for item in [*node.args, *(keyword.value for keyword in node.keywords)]:
            inside: Iterable[ast.AST] = ()
            if isinstance(item, (ast.Name, ast.Attribute)):
                inside = (item,)
            elif isinstance(item, ast.Lambda):
                inside = ast.walk(item)
            for part in inside:
                if handed.get(id(part)) != ALWAYS:
                    handed[id(part)] = unless
    return handed


def _calls_back(node: ast.Call, name: str) -> bool:
    """``frame.apply(f)``, ``frame.groupby("k").transform(f)`` of pandas."""
    if not isinstance(node.func, ast.Attribute):
        return False
    return name in PANDAS_EXECUTOR_CALLS or (name == "transform" and _is_grouped(node.func.value))


def _is_grouped(node: ast.expr) -> bool:
    return any(
        isinstance(part, ast.Attribute) and part.attr in ("groupby", "rolling", "resample") for part in ast.walk(node)
    )


def making_columns(function: Function) -> set[int]:
    """Ids of calls that stand in the arguments of a DataFrame method: most likely they make Columns."""
    inside: set[int] = set()
    for node, _ in function.own:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in COLUMN_TAKERS:
            for item in [*node.args, *(keyword.value for keyword in node.keywords)]:
                inside.update(id(inner) for inner in ast.walk(item) if isinstance(inner, ast.Call))
    return inside
