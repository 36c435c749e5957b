"""Texts of SQL expressions in Spark's dialect: read, written, and asked what stands in them."""

from __future__ import annotations

import re
from typing import Any

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from spark_lineage.graph.expressions import TOKEN

Expression = Any  # of sqlglot

BETWEEN = "between_of"
_BEFORE_A_VALUE = {"", "(", ",", "AND", "OR", "NOT", "WHEN", "THEN", "ELSE", "=", "<", ">", "WHERE"}
_ANOTHER_EACH_TIME = frozenset(
    ["rand", "random", "randn", "uuid", "shuffle", "monotonically_increasing_id", "spark_partition_id", "randstr"]
)
_WEEK_YEAR = re.compile(r"'[^']*Y[^']*'")
_JOINING = (exp.And, exp.Or)
_COMPARING = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.Is, exp.In, exp.Like, exp.Between)


class NotReadable(ValueError):
    """A text that is no SQL expression; the text says why."""


def parsed(text: str) -> Expression:
    """Reads one expression. Raises :class:`NotReadable`."""
    try:
        tree = parse_one(_callable(text), dialect="spark")
    except (SqlglotError, RecursionError) as error:
        said = re.sub(r"\x1b\[\d*m", "", str(error)).split("\n")[0]
        raise NotReadable(said.partition(". Line")[0].rstrip(".")) from None
    if not isinstance(tree, (exp.Condition, exp.Filter, exp.Alias)) or isinstance(tree, exp.Query):
        raise NotReadable("it is no expression")
    _refuse(tree, text)
    return tree


def _refuse(tree: Expression, text: str) -> None:
    """What has one text and is not one value."""
    for node in tree.find_all(exp.Func):
        name = node.name.lower() if isinstance(node, exp.Anonymous) else node.sql_name().lower()
        if name in _ANOTHER_EACH_TIME:
            raise NotReadable(f"{name}() is another each time, and equal to nothing")
        # sqlglot reads YYYY as yyyy. To Spark before 3 it is the year of the week, and later it is refused.
        if node.args.get("format") is not None and _WEEK_YEAR.search(text):
            raise NotReadable("a format with YYYY is the year of a week: write yyyy")


def _callable(text: str) -> str:
    """Spark writes ``x between a and b`` as a call of a function, too: ``between(x, a, b)``."""
    before, parts, end = "", [], 0
    for token in TOKEN.finditer(text):
        word = token.group()
        if word.lower() == "between" and text[token.end() : token.end() + 1] == "(" and before in _BEFORE_A_VALUE:
            parts += [text[end : token.start()], BETWEEN]
            end = token.end()
        if token.lastgroup != "space":
            before = word.upper()
    return "".join([*parts, text[end:]])


def text_of(tree: Expression) -> str:
    return str(enclosed(tree).sql(dialect="spark"))


def enclosed(tree: Expression) -> Expression:
    """With a parenthesis around each condition that stands in another operator, so that the text says one thing."""
    if not any(map(_needs_parenthesis, tree.walk())):
        return tree
    made = tree.copy()
    for node in [node for node in made.walk(bfs=False) if _needs_parenthesis(node)]:
        node.replace(exp.Paren(this=node.copy()))
    return made


def _needs_parenthesis(node: Expression) -> bool:
    parent = node.parent
    if isinstance(node, _JOINING):
        return isinstance(parent, (*_JOINING, *_COMPARING, exp.Not, exp.Neg, exp.Binary)) and type(parent) is not type(
            node
        )
    return isinstance(node, (*_COMPARING, exp.Not)) and isinstance(
        parent, (*_COMPARING, exp.Neg, exp.Add, exp.Sub, exp.Mul)
    )


def has(tree: Expression, *kinds: Any) -> bool:
    return tree.find(*kinds) is not None


def is_aggregated(tree: Expression) -> bool:
    """Whether it is a value of a group of rows. An aggregate over a window is a value of a row."""
    return any(not isinstance(each.parent, exp.Window) for each in tree.find_all(exp.AggFunc))


def columns_of(tree: Expression) -> set[tuple[str, str]]:
    return {(column.table, column.name) for column in tree.find_all(exp.Column)}
