"""Column expressions as text: which names in them are columns, and writing something else in their place.

The text is what the plan's expressions are shown as: SQL over the columns of a step's inputs, names in backticks where
they need it, ``input.column`` where several inputs have a column of that name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

TOKEN = re.compile(
    r"""(?P<text>'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")
      | (?P<name>`(?:``|[^`])*`|[^\W\d]\w*)
      | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\w*)
      | (?P<cut>⟨[^⟩]*⟩)
      | (?P<arrow>->)
      | (?P<space>\s+)
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
# Between these a text needs no parentheses around it when it is put into another one.
WHOLE = re.compile(r"[\w`.]+\Z|'(?:\\.|[^'\\])*'\Z")
# Up to the parenthesis that opens a call, or a whole expression.
CALLED = re.compile(r"(?:[^\W\d]\w*|`(?:``|[^`])*`)?\(")
# Parentheses, and what may hold some that mean nothing: texts, names in backticks, what was cut.
PARENTHESES = re.compile(r"""[()]|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:``|[^`])*`|⟨[^⟩]*⟩""", re.DOTALL)


@dataclass(frozen=True)
class Reference:
    """A name in an expression that may be a column."""

    column: str
    qualifier: str | None  # the input that has it, where the text says so
    start: int
    end: int


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return name if PLAIN.match(name) else "`" + name.replace("`", "``") + "`"


def unquoted(name: str) -> str:
    return name[1:-1].replace("``", "`") if name.startswith("`") and name.endswith("`") and len(name) > 1 else name


def references(expression: str, columns: Collection[str], qualifiers: Collection[str] = ()) -> Iterator[Reference]:
    """Where the text names one of ``columns``; function names, fields of structs, types and aliases are no columns."""
    tokens = [token for token in TOKEN.finditer(expression) if token.lastgroup != "space"]
    bound = _lambda_variables(tokens)
    number = 0
    while number < len(tokens):
        token, number = tokens[number], number + 1
        if token.lastgroup != "name" or _follows(tokens, number - 2, "."):
            continue
        if number > 1 and tokens[number - 2].group() == "AS":
            continue  # an alias, or a type to cast to
        name = unquoted(token.group())
        if name in qualifiers and _follows(tokens, number, ".") and number + 1 < len(tokens):
            column = tokens[number + 1]
            if column.lastgroup == "name" and unquoted(column.group()) in columns:
                yield Reference(unquoted(column.group()), name, token.start(), column.end())
                number += 2
                continue
        is_call = _follows(tokens, number, "(") and not token.group().startswith("`")
        if name in columns and name not in bound and not is_call:
            yield Reference(name, None, token.start(), token.end())


def substituted(
    expression: str, columns: Collection[str], qualifiers: Collection[str], write: Callable[[Reference], str | None]
) -> str:
    """The text with each column replaced by what ``write`` gives for it; None leaves it as it is."""
    parts, end = [], 0
    for reference in references(expression, columns, qualifiers):
        written = write(reference)
        if written is not None:
            parts += [expression[end : reference.start], written]
            end = reference.end
    return "".join([*parts, expression[end:]])


def enclosed(expression: str) -> str:
    """Fit to stand inside another expression."""
    return expression if WHOLE.match(expression) or _is_one_term(expression) else f"({expression})"


def _is_one_term(expression: str) -> bool:
    """``(...)``, or a call ``f(...)``: nothing stands behind its closing parenthesis."""
    begin = CALLED.match(expression)
    if begin is None:
        return False
    depth = 1
    for token in PARENTHESES.finditer(expression, begin.end()):
        if token.group() == "(":
            depth += 1
        elif token.group() == ")":
            depth -= 1
            if depth == 0:
                return token.end() == len(expression)
    return False


def _follows(tokens: list[re.Match[str]], index: int, text: str) -> bool:
    return 0 <= index < len(tokens) and tokens[index].group() == text


def _lambda_variables(tokens: list[re.Match[str]]) -> set[str]:
    """``x`` and ``y`` of ``(x, y) -> ...``: not columns, whatever their names."""
    found: set[str] = set()
    for index, token in enumerate(tokens):
        if token.lastgroup != "arrow":
            continue
        index -= 1
        if _follows(tokens, index, ")"):
            while index >= 0 and tokens[index].group() != "(":
                if tokens[index].lastgroup == "name":
                    found.add(unquoted(tokens[index].group()))
                index -= 1
        elif index >= 0 and tokens[index].lastgroup == "name":
            found.add(unquoted(tokens[index].group()))
    return found
