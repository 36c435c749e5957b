"""What the code of one cell says of the names that a notebook's cells share."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from spark_lineage.compat import parse
from spark_lineage.static.names import BUILTINS
from spark_lineage.static.normalised import Normaliser

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_DEFINITIONS = (*_FUNCTIONS, ast.ClassDef)


@dataclass(frozen=True)
class CellNames:
    """The names of a notebook that one cell binds and reads.

    ``binds``: name -> hash of the statements of the cell that give it a value. ``reads``: those that it takes from
    earlier cells. ``uses``: function or class that it defines -> the names of the notebook that are read there, parted
    by blanks: whoever calls it later reads them then.
    """

    binds: Mapping[str, str]
    reads: tuple[str, ...]
    uses: Mapping[str, str]


def names_of(text: str) -> CellNames:
    """Of the Python of a cell, without magics. Raises SyntaxError if it is none."""
    normaliser = Normaliser()
    hashes: dict[str, list[str]] = {}
    reads: dict[str, None] = {}
    uses: dict[str, str] = {}
    for statement in parse(text).body:
        hash_ = normaliser.hash(ast.Module([statement], []))
        if isinstance(statement, _DEFINITIONS):
            hashes[statement.name] = [hash_]
            uses[statement.name] = " ".join(sorted(_free(statement)))
            continue
        changed = _changed(statement)
        for name in sorted(_free(statement) | changed):
            if name not in hashes and name not in BUILTINS:
                reads[name] = None
        for name in sorted(_stored(statement) | changed):
            hashes.setdefault(name, []).append(hash_)
    binds = {name: hashlib.sha256(" ".join(made).encode()).hexdigest()[:16] for name, made in hashes.items()}
    return CellNames(binds, tuple(reads), uses)


def names_of_or_nothing(text: str) -> CellNames | None:
    """None for what is no Python: the cell had an error of syntax."""
    try:
        return names_of(text)
    except (SyntaxError, ValueError):
        return None


def _free(node: ast.AST) -> set[str]:
    """Names that are read and that what has a scope of its own there does not bind itself."""
    loaded = {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)}
    shared = {name for part in ast.walk(node) if isinstance(part, ast.Global) for name in part.names}
    return loaded - (set(_bound_within(node)) - shared) - BUILTINS


def _changed(node: ast.AST) -> set[str]:
    """Names whose value stays and is made another: ``frame["x"] = 1``, ``total += 1``. (Of methods nobody can tell.)"""
    found: set[str] = set()
    for part in ast.walk(node):
        target: ast.AST | None = part.target if isinstance(part, ast.AugAssign) else None
        if isinstance(part, (ast.Subscript, ast.Attribute)) and isinstance(part.ctx, (ast.Store, ast.Del)):
            target = part
        while isinstance(target, (ast.Subscript, ast.Attribute)):
            target = target.value
        if isinstance(target, ast.Name):
            found.add(target.id)
    return found


def _bound_within(node: ast.AST) -> Iterator[str]:
    """Parameters and variables of functions, lambdas and comprehensions."""
    for part in ast.walk(node):
        if isinstance(part, ast.arg):
            yield part.arg
        elif isinstance(part, ast.comprehension):
            yield from _stored(part.target)
        elif isinstance(part, _FUNCTIONS):
            yield from (name for inner in part.body for name in _stored(inner))


def _stored(node: ast.AST) -> set[str]:
    """Names that get a value there, in the scope of the node itself or in one within."""
    found: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            found.add(part.id)
        elif isinstance(part, ast.alias):
            found.add(part.asname or part.name.partition(".")[0])
        elif isinstance(part, (*_DEFINITIONS, ast.ExceptHandler)) and part.name is not None:
            found.add(part.name)
    return found - {"*"}
