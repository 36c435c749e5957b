"""The small language of rules: conditions over the facts of one dataset, parsed and evaluated without ``eval``.

    rows_out <= rows_in
    nulls(customer_id) == 0
    rows between 0.9 and 1.1 of last
    unique(order_id, line)
    violations("amount >= 0") == 0
    nulls(email) <= 0.05 * rows and rows >= last(rows)

The grammar is Python's for expressions, of which only comparisons, ``and`` / ``or`` / ``not``, arithmetic, numbers,
texts, the names and the functions below are allowed; and ``X between A and B``, with ``of last`` behind it as shares
of what X was in the last run. A fact that is not known makes the condition not known, unless the rest decides it.
"""

from __future__ import annotations

import ast
import io
import operator
import re
import tokenize
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from spark_lineage.config import did_you_mean

Value = Any  # float | int | str | bool | None (not known)
NAMES = ("rows", "rows_out", "rows_in", "columns")
# name -> (fewest, most) arguments; None: any number
FUNCTIONS: Mapping[str, tuple[int, int | None]] = {
    "nulls": (1, 1),
    "unique": (1, None),
    "violations": (1, 1),
    "type": (1, 1),
    "rows_in": (1, 1),
    "last": (1, 1),
}
KNOWN = tuple(dict.fromkeys((*NAMES, *FUNCTIONS)))


class ConditionError(ValueError):
    """What is wrong with a condition, as one sentence."""


class FactsOf(Protocol):
    """The facts of one dataset that conditions are about; None for what is not known."""

    def name(self, name: str) -> Value: ...

    def call(self, function: str, arguments: Sequence[str]) -> Value: ...

    def last(self) -> FactsOf | None:
        """Those of the run before; None if there is none."""


@dataclass(frozen=True)
class Condition:
    """A condition that was read. ``asked``: the facts it needs that only the probe can find: (function, arguments)."""

    text: str
    tree: ast.expr
    asked: tuple[tuple[str, tuple[str, ...]], ...]
    columns: tuple[str, ...]  # that it names

    def value(self, facts: FactsOf) -> bool | None:
        """Whether it holds; None if that is not known."""
        found = _Evaluation(facts).of(self.tree)
        return found if isinstance(found, bool) else None

    def shown(self, facts: FactsOf) -> str:
        """The facts in it, with their values, for people."""
        values = {
            ast.unparse(node): _Evaluation(facts).of(node)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Call) or (isinstance(node, ast.Name) and node.id in NAMES)
        }
        inner = {
            ast.unparse(argument)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Call)
            for argument in node.args
        }
        return ", ".join(f"{text} is {_shown(value)}" for text, value in values.items() if text not in inner)


def _shown(value: Value) -> str:
    if value is None:
        return "not known"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def parse(text: str) -> Condition:
    """Reads a condition. Raises :class:`ConditionError`."""
    try:
        tree = ast.parse(_between(text), mode="eval").body
    except ConditionError:
        raise
    except (SyntaxError, ValueError, RecursionError, tokenize.TokenError) as error:
        hint = "; write == for equal" if re.search(r"[^<>=!]=[^=]", text) else ""
        raise ConditionError(f"{text!r} cannot be read: {getattr(error, 'msg', error)}{hint}.") from None
    _check(tree, text)
    if not _is_condition(tree):
        raise ConditionError(f"{text!r} is no condition: compare it with something, as in {text.strip()} == 0.")
    asked = {(n, a) for n, a in _calls(tree) if n in ("unique", "violations")}
    columns = {name for n, arguments in _calls(tree) if n in ("nulls", "unique", "type") for name in arguments}
    return Condition(text, tree, tuple(sorted(asked)), tuple(sorted(columns)))


# --------------------------------------------------------------------------- between


def _between(text: str) -> str:
    """``X between A and B [of last]`` as a comparison that Python can read."""
    tokens = [token for token in tokenize.generate_tokens(io.StringIO(text).readline) if token.string.strip()]
    words = [token.string if token.type == tokenize.NAME else "" for token in tokens]
    if "between" not in words:
        return text.strip()
    at = words.index("between")
    after = words[at + 1 :]
    if "and" not in after or at == 0:
        raise ConditionError(f"{text!r}: write between as in: rows between 10 and 20.")
    middle = at + 1 + after.index("and")
    end = len(tokens)
    shares = words[-2:] == ["of", "last"]
    if shares:
        end -= 2
    subject, low, high = (_joined(tokens[a:b]) for a, b in ((0, at), (at + 1, middle), (middle + 1, end)))
    if not (subject and low and high):
        raise ConditionError(f"{text!r}: write between as in: rows between 10 and 20.")
    if shares:
        low, high = f"({low}) * last({subject})", f"({high}) * last({subject})"
    return f"({low}) <= ({subject}) <= ({high})"


def _joined(tokens: Sequence[tokenize.TokenInfo]) -> str:
    return " ".join(token.string for token in tokens)


# --------------------------------------------------------------------------- what is allowed


def _check(node: ast.expr, text: str) -> None:
    if isinstance(node, ast.Call):
        _check_call(node, text)
        return
    if isinstance(node, ast.Name):
        if node.id not in NAMES:
            raise ConditionError(f"{text!r}: {node.id} is not known{did_you_mean(node.id, KNOWN)}.")
        return
    if isinstance(node, ast.Constant):
        if not isinstance(node.value, (int, float, str, bool)):
            raise ConditionError(f"{text!r}: {node.value!r} is neither a number nor a text.")
        return
    if not isinstance(node, (ast.Compare, ast.BoolOp, ast.UnaryOp, ast.BinOp)) or _operators(node) - set(_OPERATORS):
        raise ConditionError(f"{text!r}: {ast.unparse(node)} is not allowed in a rule.")
    for operand in _operands(node):
        _check(operand, text)


def _operators(node: ast.expr) -> set[type[ast.AST]]:
    if isinstance(node, ast.Compare):
        return {type(op) for op in node.ops}
    return {type(node.op)}  # type: ignore[attr-defined]


def _operands(node: ast.expr) -> Iterator[ast.expr]:
    return (child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr))


def _check_call(node: ast.Call, text: str) -> None:
    name = node.func.id if isinstance(node.func, ast.Name) else ast.unparse(node.func)
    if name not in FUNCTIONS:
        raise ConditionError(f"{text!r}: the function {name} is not known{did_you_mean(name, KNOWN)}.")
    fewest, most = FUNCTIONS[name]
    if node.keywords or len(node.args) < fewest or (most is not None and len(node.args) > most):
        raise ConditionError(f"{text!r}: {name} takes {'one argument' if most == 1 else 'names of columns'}.")
    if name == "last":
        _check(node.args[0], text)
    elif name == "violations" and not _is_text(node.args[0]):
        raise ConditionError(f'{text!r}: violations takes a condition in SQL as a text: violations("amount >= 0").')
    elif not all(isinstance(argument, ast.Name) or _is_text(argument) for argument in node.args):
        raise ConditionError(f"{text!r}: {name} takes a name, in quotes if it is no plain word.")


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_condition(node: ast.expr) -> bool:
    if isinstance(node, ast.BoolOp):
        return all(map(_is_condition, node.values))
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.Not) and _is_condition(node.operand)
    return isinstance(node, ast.Compare) or (isinstance(node, ast.Call) and _name(node) == "unique")


def _name(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _arguments(node: ast.Call) -> tuple[str, ...]:
    return tuple(
        argument.id if isinstance(argument, ast.Name) else str(getattr(argument, "value", "")) for argument in node.args
    )


def _calls(tree: ast.expr) -> Iterator[tuple[str, tuple[str, ...]]]:
    return ((_name(node), _arguments(node)) for node in ast.walk(tree) if isinstance(node, ast.Call))


# --------------------------------------------------------------------------- what it is worth

_OPERATORS: Mapping[type[ast.AST], Callable[..., Any]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.Eq: operator.eq, ast.NotEq: operator.ne,
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Not: operator.not_,
    ast.And: all, ast.Or: any,
}  # fmt: skip


class _Evaluation:
    """Three-valued, as SQL: what is not known stays so, unless the rest decides."""

    def __init__(self, facts: FactsOf) -> None:
        self._facts = facts

    def of(self, node: ast.expr) -> Value:
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            return self._facts.name(node.id)
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.BoolOp):
            return self._joined(node)
        if isinstance(node, ast.Compare):
            return self._compared(node)
        values = [self.of(operand) for operand in _operands(node)]
        return _applied(_OPERATORS[_operators(node).pop()], values)

    def _call(self, node: ast.Call) -> Value:
        if _name(node) == "last":
            before = self._facts.last()
            return _Evaluation(before).of(node.args[0]) if before is not None else None
        return self._facts.call(_name(node), _arguments(node))

    def _joined(self, node: ast.BoolOp) -> bool | None:
        values = [self.of(operand) for operand in node.values]
        deciding = isinstance(node.op, ast.Or)
        if deciding in [value for value in values if value is not None]:
            return deciding
        return None if None in values else not deciding

    def _compared(self, node: ast.Compare) -> bool | None:
        sides = [self.of(side) for side in (node.left, *node.comparators)]
        found = [
            _applied(_OPERATORS[type(op)], [left, right])
            for op, left, right in zip(node.ops, sides[:-1], sides[1:], strict=True)
        ]
        return False if False in found else None if None in found else True


def _applied(function: Callable[..., Any], values: Sequence[Value]) -> Value:
    if any(value is None for value in values):
        return None
    try:
        return function(*values)
    except (TypeError, ZeroDivisionError):
        return None
