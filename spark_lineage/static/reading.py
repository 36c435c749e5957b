"""One user file -> :class:`SourceReading`."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence

from spark_lineage.model import FunctionReading, ProgramFile, SourceReading, Statement
from spark_lineage.static import dataflow
from spark_lineage.static.archives import is_file
from spark_lineage.static.deeds import deed
from spark_lineage.static.definitions import Function, Module, defined
from spark_lineage.static.handling import Handling
from spark_lineage.static.normalised import BLOCKS, TRIES, Normaliser, body_of
from spark_lineage.static.program import Program

MOST_MODULES = 2_000  # each cell of a notebook is one
SOURCE_LIMIT = 20_000  # characters of one function's text that are kept


class SourceReader:
    """Reads the user files of one program.

    Imports of user modules are looked up in ``folders``, those of the program, and around the file that has them.
    """

    def __init__(self, folders: Sequence[str] = ()) -> None:
        self._folders = folders
        self._told: set[str] = set()  # files
        self._begin()

    def _begin(self) -> None:
        self._program = Program(self._folders)
        self._handling = Handling(self._program)

    def read(self, text: str, file: str) -> SourceReading:
        """The reading of ``text``, which ``file`` holds. Raises SyntaxError if it is not Python."""
        if len(self._program) > MOST_MODULES:
            self._begin()  # what is still needed is read again
        module = defined(file, text)
        bodies = [(function, function.node) for function in module.functions]  # the trees are let go below
        known = self._program.known(module)
        if known is not None and known.text_hash != module.text_hash:  # it was changed meanwhile
            self._begin()
            known = None
        if known is None:
            self._program.add(module)
        divided = self._handling.composites(known or module)
        composite = [function in divided for function in (known or module).functions]
        lines = [line + "\n" for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]  # as ast counts
        normaliser = Normaliser()
        functions = tuple(
            _function(function, node, is_composite, lines, normaliser)
            for (function, node), is_composite in zip(bodies, composite, strict=True)
        )
        source_hash = normaliser.hash(bodies[0][1])
        return SourceReading(file, source_hash, functions, tuple(self._files(known or module, source_hash)))

    def _files(self, module: Module, source_hash: str) -> Iterator[ProgramFile]:
        """The file itself, and those that it reaches and that no reading has told of; a text of no file is none."""
        for reached in self._program.reachable(module):
            own = reached is module
            if (own or reached.file not in self._told) and is_file(reached.file):
                self._told.add(reached.file)
                yield ProgramFile(reached.file, reached.text_hash, source_hash if own else None)


def _function(
    function: Function, node: ast.AST, composite: bool, lines: Sequence[str], normaliser: Normaliser
) -> FunctionReading:
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


# --------------------------------------------------------------------------- statements


def _statements(node: ast.AST, lines: Sequence[str], normaliser: Normaliser) -> Iterator[Statement]:
    seen: Counter[str] = Counter()
    for index, (statement, end_line) in enumerate(_in_order(body_of(node))):
        variable = assigned(statement)
        done = deed(statement) if variable is None or _loops_over_several(statement) else None
        called = done or variable
        if called is not None:
            seen[called] += 1
        line = first_line(statement)
        yield Statement(
            index=index,
            line=line,
            end_line=max(end_line, line),
            variable=variable,
            ordinal=seen[called] if called is not None else 1,
            deed=done,
            source_hash=normaliser.hash(statement),
            source="".join(lines[line - 1 : end_line]).rstrip("\n")[:SOURCE_LIMIT],
            column=statement.col_offset,
            reads=dataflow.reads(statement),
            binds=dataflow.binds(statement),
            called=dataflow.outermost_call(statement),
        )


def _loops_over_several(statement: ast.stmt) -> bool:
    """``for number, row in enumerate(df.collect())``: what it makes is none of the names."""
    return isinstance(statement, (ast.For, ast.AsyncFor)) and isinstance(statement.target, (ast.Tuple, ast.List))


def _in_order(body: Sequence[ast.stmt]) -> Iterator[tuple[ast.stmt, int]]:
    """Statements in source order with the last line that is theirs alone (a compound one: its header)."""
    for statement in _own_statements(body):
        if not isinstance(statement, TRIES):
            yield statement, _header_end(statement)


def _own_statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements that run in the same body, in source order; a long ``elif`` is deep, so nothing recurses."""
    waiting = list(reversed(body))
    while waiting:
        statement = waiting.pop()
        yield statement
        waiting.extend(reversed([inner for block in _blocks(statement) for inner in block]))


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The blocks of a compound statement that run in the same body (not those of functions; those of classes)."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return
    if isinstance(statement, ast.ClassDef):
        # The body of a class runs in a frame that is folded into this body: its statement is the class.
        return
    for name in BLOCKS:
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
    for statement in _own_statements(body_of(node)):
        if isinstance(statement, TRIES):
            body: list[ast.stmt] = getattr(statement, "body")  # noqa: B009 (TryStar is unknown to 3.10)
            if getattr(statement, "handlers", None) or _leaves(getattr(statement, "finalbody", [])):
                yield first_line(body[0]), body[-1].end_lineno or body[-1].lineno
        if isinstance(statement, (ast.With, ast.AsyncWith)) and any(_swallows(item) for item in statement.items):
            yield first_line(statement.body[0]), statement.end_lineno or statement.lineno


def _leaves(block: Sequence[ast.stmt]) -> bool:
    """A ``finally`` with return, break or continue swallows too."""
    return any(isinstance(statement, (ast.Return, ast.Break, ast.Continue)) for statement in _own_statements(block))


def _swallows(item: ast.withitem) -> bool:
    call = item.context_expr.func if isinstance(item.context_expr, ast.Call) else item.context_expr
    name = call.attr if isinstance(call, ast.Attribute) else call.id if isinstance(call, ast.Name) else ""
    return name in _SWALLOWING
