"""What nodes of a syntax tree of Python are called."""

from __future__ import annotations

import ast


def name_of(node: ast.AST) -> str | None:
    """The name that a variable, an attribute or a literal is; None of anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    return text_of(node)


def text_of(node: ast.AST) -> str | None:
    """The text of a literal."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def called(call: ast.Call) -> str:
    """The name of what is called: of ``a.b.c(...)`` it is ``c``."""
    return name_of(call.func) or ""
