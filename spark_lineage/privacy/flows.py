"""How a literal reaches a secret's name within one source: through variables, by its position in a call, by a renaming.

By names alone, whatever their scope: what is taken out too often is a literal that shares a variable's name with one
that is a secret.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from spark_lineage.privacy.nodes import called, text_of
from spark_lineage.privacy.redaction import is_secret

Nodes = Sequence[ast.AST]  # all of a source, those below others too


def assigned(nodes: Nodes) -> Mapping[str, Sequence[ast.expr]]:
    """What each variable is set to, anywhere in the source."""
    found: dict[str, list[ast.expr]] = defaultdict(list)
    for node in nodes:
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr)) and node.value is not None:
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                for name, value in _pairs(target, node.value):
                    found[name].append(value)
    return found


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, (ast.Tuple, ast.List)) and isinstance(value, (ast.Tuple, ast.List)):
        for each, part in zip(target.elts, value.elts, strict=False):
            yield from _pairs(each, part)


def secret_parameters(nodes: Nodes) -> Mapping[str, frozenset[int]]:
    """Which positions of a call are secrets, by the name of the function, method or class: those of its parameters."""
    found: dict[str, frozenset[int]] = {}
    for node in nodes:
        if isinstance(node, ast.ClassDef):
            found[node.name] = found.get(node.name, frozenset()) | _of_class(node)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found[node.name] = found.get(node.name, frozenset()) | _of_function(node)
    return {name: positions for name, positions in found.items() if positions}


def _of_class(node: ast.ClassDef) -> frozenset[int]:
    for each in node.body:
        if isinstance(each, ast.FunctionDef) and each.name in ("__init__", "__new__"):
            return _of_function(each)
    fields = [each.target for each in node.body if isinstance(each, ast.AnnAssign)]  # of a dataclass
    return _secret([field.id if isinstance(field, ast.Name) else "" for field in fields])


def _of_function(node: ast.FunctionDef | ast.AsyncFunctionDef) -> frozenset[int]:
    names = [each.arg for each in (*node.args.posonlyargs, *node.args.args)]
    return _secret(names[1:] if names[:1] in (["self"], ["cls"]) else names)


def _secret(names: Sequence[str]) -> frozenset[int]:
    return frozenset(at for at, name in enumerate(names) if is_secret(name))


def renamed(nodes: Nodes) -> frozenset[str]:
    """Names that this source itself turns into secret ones: ``withColumnRenamed("id", "token")``."""
    return frozenset(
        first
        for node in nodes
        if isinstance(node, ast.Call) and called(node) == "withColumnRenamed" and len(node.args) == 2
        for first, second in [(text_of(node.args[0]), text_of(node.args[1]))]
        if first and second and is_secret(second)
    )
