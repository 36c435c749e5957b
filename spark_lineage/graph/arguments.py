"""The arguments of a call as its source has them. Values are never read from the running program: that would keep the
program's objects alive, and may show what nobody wrote down.
"""

from __future__ import annotations

import ast
import functools
import textwrap
from collections.abc import Iterator, Sequence
from typing import Union

from spark_lineage.compat import parse
from spark_lineage.privacy import code
from spark_lineage.privacy.rules import rules

LONGEST = 200  # characters of one argument
Argument = tuple[str, str]  # parameter, expression as written
Definition = Union[ast.FunctionDef, ast.AsyncFunctionDef]


@functools.lru_cache(maxsize=4096)  # one call is made many times
def arguments(statement: str, definition: str, function: str) -> tuple[Argument, ...]:
    """Of the call of ``function`` (a qualified name) in ``statement``; nothing where it is not the only one there.

    ``definition`` is the source of the function: it says what the parameters are called.
    """
    call, defined = _call(statement, _name(function)), _definition(definition)
    if call is None or defined is None:
        return ()
    return tuple((name, _value(name, value)) for name, value in _bound(call, defined, statement))


def _name(function: str) -> str:
    parts = function.split(".")
    return parts[-2] if parts[-1] in ("__init__", "__call__") and len(parts) > 1 else parts[-1]


def _call(statement: str, name: str) -> ast.Call | None:
    tree = _parsed(statement)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _called(node) == name] if tree else []
    return calls[0] if len(calls) == 1 else None


def _called(call: ast.Call) -> str | None:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else None


def _definition(source: str) -> Definition | None:
    tree = _parsed(source)
    found = tree.body[0] if tree is not None and tree.body else None
    return found if isinstance(found, (ast.FunctionDef, ast.AsyncFunctionDef)) else None


def _parsed(source: str) -> ast.Module | None:
    try:
        return parse(textwrap.dedent(source))
    except (SyntaxError, ValueError):
        return None


def _bound(call: ast.Call, defined: Definition, statement: str) -> Iterator[Argument]:
    text = textwrap.dedent(statement)
    names = _positional(call, defined)
    rest = f"*{defined.args.vararg.arg}" if defined.args.vararg else "*"
    for number, value in enumerate(call.args):
        starred = any(isinstance(argument, ast.Starred) for argument in call.args[: number + 1])
        name = names[number] if number < len(names) and not starred else f"{rest}[{number}]"
        yield name, _source(text, value)
    for keyword in call.keywords:
        yield keyword.arg or "**", _source(text, keyword.value)


def _positional(call: ast.Call, defined: Definition) -> Sequence[str]:
    names = [parameter.arg for parameter in (*defined.args.posonlyargs, *defined.args.args)]
    bound = names[:1] in (["self"], ["cls"]) and (isinstance(call.func, ast.Attribute) or defined.name == "__init__")
    return names[1:] if bound else names


def _source(text: str, value: ast.expr) -> str:
    return " ".join((ast.get_source_segment(text, value) or ast.unparse(value)).split())


def _value(name: str, text: str) -> str:
    """Without what looks like a secret, by its own look or by the name of the parameter."""
    named = code.redacted(f"{name}={text}")
    return named[len(name) + 1 :][:LONGEST] if named.startswith(f"{name}=") else rules().mark
