"""Which functions handle frames of pandas or polars, as far as the source tells.

Asked only of programs that import one of them.

Functions of single columns are none: a body that calls them is one step all the same.
"""

from __future__ import annotations

import ast

from spark_lineage.model.libraries import ESTIMATORS, TABLES
from spark_lineage.static.definitions import Function
from spark_lineage.static.names import MODEL_METHODS, PANDAS_MAKERS, PANDAS_METHODS
from spark_lineage.static.program import Program
from spark_lineage.static.receivers import is_foreign

_PREFIXES = ("pd.", "pandas.", "pl.", "polars.")
_OTHERS = ("pa.Table", "pyarrow.Table", "RecordBatch", "DuckDBPyRelation")


def imports_pandas(function: Function) -> bool:
    return any(imported.module.split(".")[0] in TABLES for imported in function.imports.values())


def uses_pandas(function: Function, program: Program) -> bool:
    if _annotated(function):
        return True
    for node, parent in function.own:
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and _is_method(node, function, program):
            return True
        if isinstance(node, ast.Subscript) and _is_frame(node, parent, function):
            return True
    return False


def _annotated(function: Function) -> bool:
    """``frame: pd.DataFrame``, ``-> DataFrame`` of pandas."""
    returns = getattr(function.node, "returns", None)
    texts = [ast.unparse(kind) for kind in (*function.parameters.values(), returns) if kind is not None]
    return any(
        (any(name in text for name in _PREFIXES) and "Frame" in text)
        or any(name in text for name in _OTHERS)
        or ("DataFrame" in text and _of_pandas("DataFrame", function))
        for text in texts
    )


def _is_method(node: ast.Attribute, function: Function, program: Program) -> bool:
    if isinstance(node.value, ast.Name) and _of_pandas(node.value.id, function):
        return node.attr in PANDAS_MAKERS or node.attr.startswith(("read_", "scan_", "write_"))
    known = node.attr in PANDAS_METHODS or (node.attr in MODEL_METHODS and _imports_models(function))
    return known and not is_foreign(node.value, function, program)


def _imports_models(function: Function) -> bool:
    imported = (each.module for scope in function.scopes() for each in scope.imports.values())
    return any(module.partition(".")[0] in ESTIMATORS for module in imported)


def _is_frame(node: ast.Subscript, parent: ast.AST | None, function: Function) -> bool:
    """``frame["x"] = ...``, ``frame[["x", "y"]]``, ``frame[frame["x"] > 0]`` of a parameter."""
    if not isinstance(node.value, ast.Name) or node.value.id not in function.parameters:
        return False
    key = node.slice
    if isinstance(node.ctx, ast.Store):
        return isinstance(key, ast.Constant) and isinstance(key.value, str) and isinstance(parent, ast.Assign)
    if isinstance(key, ast.List):
        return all(isinstance(part, ast.Constant) and isinstance(part.value, str) for part in key.elts)
    return any(
        isinstance(part, (ast.Subscript, ast.Attribute)) and isinstance(part.value, ast.Name)
        and part.value.id == node.value.id
        for part in ast.walk(key)
    )  # fmt: skip


def _of_pandas(name: str, function: Function) -> bool:
    for scope in function.scopes():
        if name in scope.imports:
            return scope.imports[name].module.split(".")[0] in TABLES
        if name in scope.parameters or name in scope.values:
            return False
    return False
