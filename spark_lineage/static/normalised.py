"""The text by which two versions of a function are equal or not: without comments, formatting and docstrings.

``ast`` recurses over what it is given, some three times per level, and a chain of 200 ``withColumn`` or a sum of 500
terms has that many levels: here nothing goes deeper than a fixed number of them.
"""

from __future__ import annotations

import ast
import copy
import hashlib
from collections.abc import Iterator

TRIES = (ast.Try, *((ast.TryStar,) if hasattr(ast, "TryStar") else ()))  # 3.11
BLOCKS = ("body", "handlers", "orelse", "finalbody", "cases")
_LEVELS = 60  # of an expression that ast.unparse is given at once


class Normaliser:
    """Text of statements by ``ast.unparse`` without docstrings: comments and formatting do not matter.

    Each statement is unparsed once; bodies are put together from their statements' texts.
    """

    def __init__(self) -> None:
        self._texts: dict[ast.AST, str] = {}

    def hash(self, node: ast.AST) -> str:
        """16 hex digits. Of a compound statement other than a definition: its header alone."""
        definition = isinstance(node, (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        text = self._text(node) if definition or not _is_compound(node) else _unparsed(_emptied(node))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def _text(self, node: ast.AST) -> str:
        for part in reversed(list(_with_nested(node))):
            if part not in self._texts:
                self._texts[part] = self._compound(part) if _is_compound(part) else _unparsed(part)
        return self._texts[node]

    def _compound(self, node: ast.AST) -> str:
        header = "" if isinstance(node, (ast.Module, *TRIES)) else _unparsed(_emptied(node))
        parts = [type(node).__name__, header]
        for name in BLOCKS:
            parts.extend([name, *(self._texts[item] for item in _block(node, name))])
        return "\n".join(parts)


def body_of(node: ast.AST) -> list[ast.stmt]:
    """The statements of a module, function, class or compound statement without the docstring."""
    body: list[ast.stmt] = list(getattr(node, "body", []))
    return body[1:] if body and _is_docstring(body[0]) else body


def _unparsed(node: ast.AST) -> str:
    """``ast.unparse``; of what is deep, text in which an expression of every so many levels stands in parentheses.

    f-strings are written as calls. ``node`` stays as it is.
    """
    every = list(ast.walk(node))
    if len(every) < _LEVELS and not any(isinstance(part, (ast.JoinedStr, ast.FormattedValue)) for part in every):
        return ast.unparse(node)
    heights: dict[ast.AST, int] = {}
    texts: dict[ast.AST, ast.AST] = {}  # a node -> what stands for it: its text, or a copy that has such a part
    for part in reversed(every):  # parts before wholes
        parts = list(ast.iter_child_nodes(part))
        heights[part] = 1 + max((heights[part] for part in parts), default=0)
        if any(part in texts for part in parts):
            texts[part] = _with_parts(part, texts)
        if isinstance(part, (ast.JoinedStr, ast.FormattedValue)):
            texts[part] = _as_call(texts.get(part, part))
        if heights[part] >= _LEVELS and isinstance(part, ast.expr):
            texts[part] = ast.Name(id=f"({ast.unparse(texts.get(part, part))})")
            heights[part] = 1
    return ast.unparse(texts.get(node, node))


def _as_call(node: ast.AST) -> ast.AST:
    """An f-string as calls: how they are unparsed differs between 3.11 and 3.12."""
    parts: list[ast.expr]
    if isinstance(node, ast.JoinedStr):
        # 3.12.1 has empty texts in format specifications.
        parts = [value for value in node.values if not (isinstance(value, ast.Constant) and value.value == "")]
        name = "format"
    else:
        assert isinstance(node, ast.FormattedValue)
        spec = [node.format_spec] if node.format_spec is not None else []
        parts = [node.value, ast.Constant(value=node.conversion), *spec]
        name = "value"
    return ast.Call(func=ast.Name(id=name, ctx=ast.Load()), args=parts, keywords=[])


def _with_parts(node: ast.AST, texts: dict[ast.AST, ast.AST]) -> ast.AST:
    made = copy.copy(node)
    for name, value in ast.iter_fields(node):
        if isinstance(value, list):
            setattr(made, name, [texts.get(item, item) if isinstance(item, ast.AST) else item for item in value])
        elif isinstance(value, ast.AST):
            setattr(made, name, texts.get(value, value))
    return made


def _with_nested(node: ast.AST) -> Iterator[ast.AST]:
    """``node`` and, after it, all statements in its blocks."""
    waiting = [node]
    while waiting:
        part = waiting.pop()
        yield part
        if _is_compound(part):
            waiting.extend(inner for name in BLOCKS for inner in _block(part, name))


def _block(node: ast.AST, name: str) -> list[ast.AST]:
    return [*(body_of(node) if name == "body" else getattr(node, name, None) or ())]


def _is_compound(node: ast.AST) -> bool:
    return isinstance(getattr(node, "body", None), list) or hasattr(node, "cases")


def _emptied(node: ast.AST) -> ast.AST:
    """A compound statement with an empty body."""
    if isinstance(node, ast.match_case):
        return ast.Match(subject=node.guard or ast.Constant(value=True), cases=[
            ast.match_case(pattern=node.pattern, guard=None, body=[ast.Pass()])])  # fmt: skip
    if isinstance(node, ast.ExceptHandler):
        return node.type or ast.Pass()
    fields = {name: [] if name in BLOCKS else value for name, value in ast.iter_fields(node)}
    if "body" in fields:
        fields["body"] = [ast.Pass()]
    return ast.copy_location(type(node)(**fields), node)


def _is_docstring(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )
