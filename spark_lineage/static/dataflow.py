"""Which names a statement reads and binds: enough to follow a value through Python from statement to statement."""

from __future__ import annotations

import ast
from collections.abc import Iterator

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def reads(statement: ast.stmt) -> tuple[str, ...]:
    """Names that a statement takes values from; ``self.rows`` for what an instance holds. Headers of compound ones."""
    return tuple(dict.fromkeys(name for part in _own(statement) for name in _loaded(part)))


def outermost_call(statement: ast.stmt) -> str | None:
    """The last name of the function whose result it binds as it is: ``clean`` of ``x, y = job.clean(load())``."""
    value = getattr(statement, "value", None)
    called = value.func if isinstance(value, ast.Call) else None
    if isinstance(called, ast.Name):
        return called.id
    return called.attr if isinstance(called, ast.Attribute) else None


def binds(statement: ast.stmt) -> tuple[str, ...]:
    """Names that it gives values to; with a ``+`` in front where the earlier value stays or may stay a part."""
    return tuple(dict.fromkeys(_bound(statement)))


def _own(statement: ast.stmt) -> Iterator[ast.AST]:
    """A simple statement, or the header of a compound one."""
    if isinstance(statement, _DEFINITIONS):
        return
    if not isinstance(getattr(statement, "body", None), list) and not hasattr(statement, "cases"):
        yield statement
        return
    for name in ("test", "iter", "items", "subject"):
        value = getattr(statement, name, None)
        yield from value if isinstance(value, list) else [value] if value is not None else []


def _loaded(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id in ("self", "cls"):
            yield f"self.{part.attr}"
        elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
            yield part.id


def _bound(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.Assign):
        for target in statement.targets:
            yield from _targets(target, "")
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        yield from _targets(statement.target, "")
    elif isinstance(statement, (ast.AugAssign, ast.For, ast.AsyncFor)):
        yield from _targets(statement.target, "+")
    elif isinstance(statement, (ast.With, ast.AsyncWith)):
        for item in statement.items:
            if item.optional_vars is not None:
                yield from _targets(item.optional_vars, "+")
    elif isinstance(statement, ast.Expr) and isinstance(getattr(statement.value, "func", None), ast.Attribute):
        yield from _targets(statement.value.func.value, "+")  # type: ignore[attr-defined]  # rows.append(x)
    for part in _own(statement):
        for node in ast.walk(part):
            if isinstance(node, ast.NamedExpr):
                yield from _targets(node.target, "+")


def _targets(node: ast.expr, sign: str) -> Iterator[str]:
    if isinstance(node, ast.Name):
        yield sign + node.id
    elif isinstance(node, (ast.Tuple, ast.List)):
        for item in node.elts:
            yield from _targets(item, sign)
    elif isinstance(node, ast.Starred):
        yield from _targets(node.value, sign)
    elif isinstance(node, ast.Subscript):  # counts[key] = 1
        yield from _targets(node.value, "+")
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
        yield f"{sign}self.{node.attr}"
