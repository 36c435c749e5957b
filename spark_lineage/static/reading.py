"""``read_source``: one file -> :class:`SourceReading`."""

from __future__ import annotations

import ast
import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Sequence

from spark_lineage.model import FunctionReading, SourceReading, Statement
from spark_lineage.static import dataflow
from spark_lineage.static.definitions import Function
from spark_lineage.static.handling import composites
from spark_lineage.static.program import Program

SOURCE_LIMIT = 20_000  # characters of one function's text that are kept


def read_source(text: str, file: str, folders: Sequence[str] = ()) -> SourceReading:
    """Reads one user file.

    ``folders`` are the program's folders, in which imports of user modules are looked up; the file's own folder
    is always one. Raises SyntaxError if ``text`` is not Python.
    """
    tree = ast.parse(text)
    program = Program((*folders, os.path.dirname(os.path.abspath(file))))
    module = program.add(file, tree)
    divided = composites(program, module)
    lines = [line + "\n" for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]  # as ast counts
    tree = _PlainFormats().visit(tree)
    normaliser = Normaliser()
    functions = tuple(_function(function, function in divided, lines, normaliser) for function in module.functions)
    return SourceReading(file=file, source_hash=normaliser.hash(tree), functions=functions)


def _function(function: Function, composite: bool, lines: Sequence[str], normaliser: Normaliser) -> FunctionReading:
    node = function.node
    line = first_line(node)
    end_line = (getattr(node, "end_lineno", None) or len(lines)) if not isinstance(node, ast.Module) else len(lines)
    return FunctionReading(
        qualname=function.qualname,
        line=line,
        end_line=max(end_line, line),
        composite=composite,
        source_hash=normaliser.hash(node),
        doc=ast.get_docstring(node),  # type: ignore[arg-type]
        statements=tuple(_statements(node, lines, normaliser)),
        source="" if isinstance(node, ast.Module) else "".join(lines[line - 1 : end_line])[:SOURCE_LIMIT],
        wrapper=function.wrapper,
        guarded=tuple(_guarded(node)),
    )


def first_line(node: ast.AST) -> int:
    """As ``co_firstlineno`` has it: that of the first decorator."""
    if isinstance(node, ast.Module):
        return 1
    line: int = node.lineno  # type: ignore[attr-defined]
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([line, *(decorator.lineno for decorator in decorators)])


# --------------------------------------------------------------------------- normalised source


class Normaliser:
    """Text of statements by ``ast.unparse`` without docstrings: comments and formatting do not matter.

    Each statement is unparsed once; bodies are put together from their statements' texts.
    """

    def __init__(self) -> None:
        self._texts: dict[ast.AST, str] = {}

    def hash(self, node: ast.AST) -> str:
        """16 hex digits. Of a compound statement other than a definition: its header alone."""
        definition = isinstance(node, (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        text = self._text(node) if definition or not _is_compound(node) else ast.unparse(_emptied(node))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def _text(self, node: ast.AST) -> str:
        if node not in self._texts:
            self._texts[node] = self._compound(node) if _is_compound(node) else ast.unparse(node)
        return self._texts[node]

    def _compound(self, node: ast.AST) -> str:
        header = "" if isinstance(node, (ast.Module, *_TRIES)) else ast.unparse(_emptied(node))
        parts = [type(node).__name__, header]
        for name in _BLOCKS:
            block = getattr(node, name, None) or []
            parts.extend([name, *(self._text(item) for item in (_body(node) if name == "body" else block))])
        return "\n".join(parts)


class _PlainFormats(ast.NodeTransformer):
    """f-strings as calls: how they are unparsed differs between 3.11 and 3.12."""

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        # 3.12.1 has empty texts in format specifications.
        parts = [value for value in node.values if not (isinstance(value, ast.Constant) and value.value == "")]
        return self._call("format", node, [self.visit(value) for value in parts])

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.AST:
        spec = [self.visit(node.format_spec)] if node.format_spec is not None else []
        return self._call("value", node, [self.visit(node.value), ast.Constant(value=node.conversion), *spec])

    @staticmethod
    def _call(name: str, node: ast.expr, parts: list[ast.expr]) -> ast.AST:
        return ast.copy_location(ast.Call(func=ast.Name(id=name, ctx=ast.Load()), args=parts, keywords=[]), node)


_TRIES = (ast.Try, *((ast.TryStar,) if hasattr(ast, "TryStar") else ()))  # 3.11
_BLOCKS = ("body", "handlers", "orelse", "finalbody", "cases")


def _is_compound(node: ast.AST) -> bool:
    return isinstance(getattr(node, "body", None), list) or hasattr(node, "cases")


def _emptied(node: ast.AST) -> ast.AST:
    """A compound statement with an empty body."""
    if isinstance(node, ast.match_case):
        return ast.Match(subject=node.guard or ast.Constant(value=True), cases=[
            ast.match_case(pattern=node.pattern, guard=None, body=[ast.Pass()])])  # fmt: skip
    if isinstance(node, ast.ExceptHandler):
        return node.type or ast.Pass()
    fields = {name: [] if name in _BLOCKS else value for name, value in ast.iter_fields(node)}
    if "body" in fields:
        fields["body"] = [ast.Pass()]
    return ast.copy_location(type(node)(**fields), node)


def _is_docstring(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


# --------------------------------------------------------------------------- statements


def _statements(node: ast.AST, lines: Sequence[str], normaliser: Normaliser) -> Iterator[Statement]:
    seen: Counter[str] = Counter()
    for index, (statement, end_line) in enumerate(_in_order(_body(node))):
        variable = assigned(statement)
        if variable is not None:
            seen[variable] += 1
        line = first_line(statement)
        yield Statement(
            index=index,
            line=line,
            end_line=max(end_line, line),
            variable=variable,
            ordinal=seen[variable] if variable is not None else 1,
            source_hash=normaliser.hash(statement),
            source="".join(lines[line - 1 : end_line]).rstrip("\n")[:SOURCE_LIMIT],
            column=statement.col_offset,
            reads=dataflow.reads(statement),
            binds=dataflow.binds(statement),
        )


def _body(node: ast.AST) -> list[ast.stmt]:
    body: list[ast.stmt] = list(getattr(node, "body", []))
    return body[1:] if body and _is_docstring(body[0]) else body


def _in_order(body: Sequence[ast.stmt]) -> Iterator[tuple[ast.stmt, int]]:
    """Statements in source order with the last line that is theirs alone (a compound one: its header)."""
    for statement in body:
        inner = _blocks(statement)
        if not isinstance(statement, _TRIES):
            yield statement, _header_end(statement)
        for block in inner:
            yield from _in_order(block)


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The blocks of a compound statement that run in the same body (not those of functions; those of classes)."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return
    if isinstance(statement, ast.ClassDef):
        # The body of a class runs in a frame that is folded into this body: its statement is the class.
        return
    for name in _BLOCKS:
        block = getattr(statement, name, None)
        if name in ("handlers", "cases"):
            yield from (part.body for part in block or ())
        elif block:
            yield block


def _header_end(statement: ast.stmt) -> int:
    body = getattr(statement, "body", None) or getattr(statement, "cases", None)
    end = statement.end_lineno or statement.lineno
    if not isinstance(body, list) or not body:
        return end
    first = body[0].pattern if isinstance(body[0], ast.match_case) else body[0]
    return max(statement.lineno, min(end, first_line(first) - 1))


def assigned(statement: ast.stmt) -> str | None:
    """The name a statement gives to its value: ``x``; ``a, b`` for tuple targets; else None."""
    if isinstance(statement, ast.Assign):
        return _target(statement.targets[0])
    if isinstance(statement, (ast.AugAssign, ast.For, ast.AsyncFor)):
        return _target(statement.target)
    if isinstance(statement, ast.AnnAssign):
        return _target(statement.target) if statement.value is not None else None
    if isinstance(statement, (ast.With, ast.AsyncWith)):
        names = [_target(item.optional_vars) for item in statement.items if item.optional_vars is not None]
        return ", ".join(name for name in names if name) or None
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.NamedExpr):
        return _target(statement.value.target)
    return None


def _target(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, (ast.Tuple, ast.List)):
        return ", ".join(name for name in map(_target, node.elts) if name) or None
    if isinstance(node, ast.Starred):
        return _target(node.value)
    if isinstance(node, ast.Attribute):  # self.orders -> orders
        owner = _target(node.value)
        return node.attr if owner in (None, "self", "cls") else f"{owner}.{node.attr}"
    if isinstance(node, ast.Subscript):  # frames["orders"] -> frames.orders
        owner = _target(node.value)
        key = node.slice.value if isinstance(node.slice, ast.Constant) else None
        return f"{owner}.{key}" if owner and isinstance(key, str) and key.isidentifier() else owner
    return None


# --------------------------------------------------------------------------- where an error may be caught

_SWALLOWING = frozenset({"suppress", "raises", "assertRaises", "assertRaisesRegex", "ExitStack", "AsyncExitStack"})


def _guarded(node: ast.AST) -> Iterator[tuple[int, int]]:
    for statement in _own_statements(_body(node)):
        if isinstance(statement, _TRIES):
            body: list[ast.stmt] = getattr(statement, "body")  # noqa: B009 (TryStar is unknown to 3.10)
            if getattr(statement, "handlers", None) or _leaves(getattr(statement, "finalbody", [])):
                yield first_line(body[0]), body[-1].end_lineno or body[-1].lineno
        if isinstance(statement, (ast.With, ast.AsyncWith)) and any(_swallows(item) for item in statement.items):
            yield first_line(statement.body[0]), statement.end_lineno or statement.lineno


def _leaves(block: Sequence[ast.stmt]) -> bool:
    """A ``finally`` with return, break or continue swallows too."""
    return any(isinstance(statement, (ast.Return, ast.Break, ast.Continue)) for statement in _own_statements(block))


def _own_statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in body:
        yield statement
        for block in _blocks(statement):
            yield from _own_statements(block)


def _swallows(item: ast.withitem) -> bool:
    call = item.context_expr.func if isinstance(item.context_expr, ast.Call) else item.context_expr
    name = call.attr if isinstance(call, ast.Attribute) else call.id if isinstance(call, ast.Name) else ""
    return name in _SWALLOWING
