"""What DuckDB and Spark evaluate alike, and for everything else the reason why it is not tried."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlglot import exp

from spark_lineage.answers.contracts.conditions import FLOATING, WHOLE, Types
from spark_lineage.answers.contracts.texts import Expression, text_of

ALIKE = (
    exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.NullSafeEQ, exp.Is, exp.In, exp.Like,
    exp.StartsWith, exp.Case, exp.If, exp.Coalesce, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Neg, exp.Paren,
    exp.Abs, exp.Upper, exp.Lower, exp.Length, exp.Substring, exp.Count, exp.Sum, exp.Avg, exp.Min, exp.Max,
    exp.Distinct, exp.Star, exp.Literal, exp.Boolean, exp.Null, exp.Column, exp.Identifier, exp.Cast,
    exp.DataType, exp.Year, exp.Month, exp.Day, exp.TsOrDsToDate, exp.TimestampTrunc, exp.DateTrunc, exp.Var,
    exp.Round, exp.Nullif, exp.IsNan, exp.Window, exp.RowNumber, exp.Order, exp.Ordered,
)  # fmt: skip
_CONDITIONS = (exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.In, exp.Is, exp.NullSafeEQ)
_TIMES = ("timestamp", "timestamp_ntz")


class NotTried(Exception):
    """What DuckDB cannot evaluate; the text says why."""


def not_evaluated(
    trees: Iterable[Expression], types: Types, shown: Callable[[Expression], str] = text_of
) -> str | None:
    """Why these expressions cannot be tried on rows, with their parts as ``shown``; None if they can."""
    for tree in trees:
        for node in tree.walk():
            why = _why_not(node, types, shown)
            if why is not None:
                return why
        if any(each.find(exp.AggFunc) is not None for a in tree.find_all(exp.AggFunc) for each in a.iter_expressions()):
            return "aggregates of aggregates are not tried on rows"
    return None


def _why_not(node: Expression, types: Types, shown: Callable[[Expression], str]) -> str | None:
    if not isinstance(node, ALIKE):
        return f"{shown(node)} is not tried on rows"
    if isinstance(node, exp.Column) and duck_type(_type(node, types)) is None:
        return f"values of {node.name} ({_type(node, types) or 'type not known'}) are not made up"
    if isinstance(node, exp.Like) and "\\" in node.expression.name:
        return "patterns with escapes are not tried on rows"
    if isinstance(node, exp.Substring) and not _from_the_front(node):
        return f"{shown(node)} is not tried on rows"
    if isinstance(node, exp.Cast) and not _safe_cast(node, types):
        return f"{shown(node)} is not tried on rows"
    if isinstance(node, (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.In, exp.NullSafeEQ)):
        others = node.expressions if isinstance(node, exp.In) else [node.expression]
        pairs = [(node.this, other) for other in others] + [(other, node.this) for other in others]
        if any(_kind(a, types) == "text" and _kind(b, types) in ("number", "time") for a, b in pairs):
            return f"{shown(node)} compares a text with something else"
    return None


def _from_the_front(node: Expression) -> bool:
    """A place before the first character is counted otherwise."""
    start = node.args.get("start")
    return isinstance(start, exp.Literal) and start.name.isdigit() and start.name != "0"


def _safe_cast(node: Expression, types: Types) -> bool:
    name = node.to.sql(dialect="spark").lower()
    if isinstance(node.this, exp.Literal):
        return name in ("date", "timestamp")
    if name == "date":
        return _kind(node.this, types) == "time"
    if name in WHOLE:  # of a truth value; of a number Spark cuts off what DuckDB rounds
        return isinstance(node.this, _CONDITIONS) or _kind(node.this, types) == "boolean"
    return name == "double" and _kind(node.this, types) == "number"


def _kind(node: Expression, types: Types) -> str | None:
    """Of a column or a constant: number, text, time or boolean; None: it is something else."""
    if isinstance(node, exp.Neg):
        return _kind(node.this, types)
    if isinstance(node, exp.Literal):
        return "text" if node.is_string else "number"
    if isinstance(node, exp.Cast):
        return "time" if node.to.sql(dialect="spark").lower() in ("date", *_TIMES) else None
    if isinstance(node, exp.Column):
        duck = duck_type(_type(node, types))
        known = {"BIGINT": "number", "DOUBLE": "number", "VARCHAR": "text", "DATE": "time", "TIMESTAMP": "time"}
        return known.get(duck or "", "boolean")
    return None


def _type(column: Expression, types: Types) -> str:
    return types.get((column.table, column.name), "")


def duck_type(spark: str) -> str | None:
    if spark in WHOLE:
        return "BIGINT"
    if spark in FLOATING or spark.startswith("decimal"):
        return "DOUBLE"
    if spark == "string" or spark.startswith("varchar"):
        return "VARCHAR"
    return {"date": "DATE", "boolean": "BOOLEAN", **dict.fromkeys(_TIMES, "TIMESTAMP")}.get(spark)
