"""What a method is called on: whether it is surely no DataFrame."""

from __future__ import annotations

import ast

from spark_lineage.static.definitions import Function, Imported, Module
from spark_lineage.static.names import BUILTINS, ENTRY_NAMES
from spark_lineage.static.program import Program

_DATAFRAMEISH = ("DataFrame", "Spark", "SQLContext", "Any", "object", "RDD", "Reader", "Delta", "Grouped", "Session")


def is_foreign(node: ast.expr, function: Function, program: Program) -> bool:
    """Whether the receiver at the bottom of a chain is surely no DataFrame: a literal, a module, a Column."""
    root = _root(node)
    if not isinstance(root, ast.Name):
        return not isinstance(root, (ast.Subscript, ast.Call, ast.Await, ast.IfExp, ast.NamedExpr, ast.BoolOp))
    for scope in function.scopes():
        if root.id in scope.parameters:
            return _annotated_foreign(scope.parameters[root.id])
        if root.id in scope.values:
            return all(_plain_value(value) for value in scope.values[root.id])
        if root.id in scope.iterated or root.id in scope.functions or root.id in scope.classes:
            return False
        if root.id in scope.imports:
            if root.id in ENTRY_NAMES or scope.imports[root.id].name in ENTRY_NAMES:
                return False
            return program.resolve(scope.imports[root.id], scope.module) is None and not _user_value(
                program, scope.imports[root.id], scope.module
            )
    return root.id in BUILTINS and root.id != "super"


def _root(node: ast.expr) -> ast.expr:
    while True:
        if isinstance(node, ast.Attribute):
            node = node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, (ast.Attribute, ast.Name)):
            node = node.func
        elif isinstance(node, ast.Subscript):
            node = node.value
        else:
            return node


def _annotated_foreign(annotation: ast.expr | None) -> bool:
    if annotation is None:
        return False
    text = ast.unparse(annotation)
    if "pd." in text or "pandas." in text or "pl." in text:
        return True
    if len(text) <= 2:  # a type variable
        return False
    words = ("str", "int", "float", "bool", "bytes", "list", "List", "dict", "Dict", "set", "Set", "Path", "Column",
             "tuple", "Tuple", "Series", "Row", "date", "datetime")  # fmt: skip
    return not any(word in text for word in _DATAFRAMEISH) and any(word in text for word in words)


def _plain_value(node: ast.expr) -> bool:
    """A literal, a comparison or the result of a builtin: no DataFrame."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in BUILTINS and node.func.id not in ("getattr", "next")
    return isinstance(node, (ast.Constant, ast.JoinedStr, ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp,
                             ast.SetComp, ast.Compare))  # fmt: skip


def _user_value(program: Program, imported: Imported, importer: Module) -> bool:
    """``from session import spark``: a variable of a user module."""
    if imported.name is None:
        return False
    module = program.resolve(Imported(imported.module, None, imported.level), importer)
    return isinstance(module, Module) and imported.name in module.body.values
