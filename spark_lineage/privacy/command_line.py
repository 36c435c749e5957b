"""Which arguments of its command line a program calls a secret: ``password = sys.argv[2]``."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from spark_lineage.privacy import source
from spark_lineage.privacy.nodes import called, name_of, text_of
from spark_lineage.privacy.redaction import is_secret


def secret_positions(text: str) -> tuple[int, ...]:
    """Which arguments of its command line a program gives a secret's name, from 1: ``password = sys.argv[2]``."""
    if "argv" not in text and "add_argument" not in text:
        return ()
    tree = source.parsed(text)
    return tuple(dict.fromkeys((*_by_index(tree), *_by_parser(tree)))) if tree is not None else ()


def _by_index(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                yield from _assigned(target, node.value)
        elif isinstance(node, ast.Call):
            arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
            yield from (
                at
                for keyword in node.keywords
                if keyword.arg and is_secret(keyword.arg)
                for at in _index(keyword.value)
            )
            if any(map(_is_named, arguments)):
                yield from (at for argument in arguments for at in _index(argument))


def _assigned(target: ast.expr, value: ast.expr) -> Iterator[int]:
    if isinstance(target, (ast.Tuple, ast.List)):
        first = _first(value)
        for at, element in enumerate(target.elts):
            if first is not None and _is_named(element):
                yield first + at
        if isinstance(value, (ast.Tuple, ast.List)):
            for element, part in zip(target.elts, value.elts, strict=False):
                yield from _assigned(element, part)
    elif _is_named(target):
        yield from _index(value)


def _is_named(node: ast.expr) -> bool:
    name = name_of(node.slice if isinstance(node, ast.Subscript) else node)
    return name is not None and is_secret(name)


def _index(node: ast.expr) -> Iterator[int]:
    """The positions of ``sys.argv[2]`` within an expression."""
    for each in ast.walk(node):
        if isinstance(each, ast.Subscript) and name_of(each.value) == "argv":
            position = each.slice.value if isinstance(each.slice, ast.Constant) else None
            if isinstance(position, int):
                yield position


def _first(node: ast.expr) -> int | None:
    """Where ``sys.argv[1:]`` begins; 0 for ``sys.argv`` itself."""
    if name_of(node) == "argv":
        return 0
    if isinstance(node, ast.Subscript) and name_of(node.value) == "argv" and isinstance(node.slice, ast.Slice):
        lower = node.slice.lower
        if lower is None:
            return 0
        return lower.value if isinstance(lower, ast.Constant) and isinstance(lower.value, int) else None
    return None


def _by_parser(tree: ast.AST) -> Iterator[int]:
    """argparse's positional arguments, where nothing but positional ones is given on the command line."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and called(node) == "add_argument"]
    names = [name for call in calls if call.args and (name := text_of(call.args[0])) and not name.startswith("-")]
    yield from (at for at, name in enumerate(names, start=1) if is_secret(name))
