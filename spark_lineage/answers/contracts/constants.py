"""Constants in expressions: numbers, and days however they are written."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal

from sqlglot import exp

from spark_lineage.answers.contracts.texts import Expression

DAY = re.compile(r"(\d{4}-\d{2}-\d{2})([ T]00:00(:00(\.0+)?)?)?\Z")
CASTS = (exp.Cast, exp.TryCast)


def bare(tree: Expression) -> Expression:
    while isinstance(tree, (exp.Paren, exp.Alias)):
        tree = tree.this
    return tree


def is_number(tree: Expression) -> bool:
    if isinstance(tree, exp.Neg):
        return is_number(tree.this)
    return isinstance(tree, exp.Literal) and not tree.is_string


def is_constant(tree: Expression) -> bool:
    return is_number(tree) or isinstance(tree, exp.Literal) or day_of(tree) is not None


def number_of(tree: Expression) -> Expression:
    try:
        value = Decimal(tree.sql().replace(" ", ""))
    except ArithmeticError:
        return tree
    text = format(value.normalize(), "f")
    return exp.Neg(this=exp.Literal.number(text[1:])) if text.startswith("-") else exp.Literal.number(text)


def day_of(tree: Expression) -> str | None:
    if isinstance(tree, CASTS) and type_name(tree.to) == "date" and isinstance(tree.this, exp.Literal):
        found = DAY.match(tree.this.name)
        return found[1] if found else None
    return None


def date_of(day: str) -> Expression:
    return exp.Cast(this=exp.Literal.string(day), to=exp.DataType.build("date"))


def days_of(tree: Expression) -> Expression:
    """The number of days of an interval that is written in days."""
    interval = bare(tree.expressions[0])
    if isinstance(interval, exp.Interval) and interval.args.get("unit") is not None:
        number = re.fullmatch(r"-?\d+", interval.this.name)
        if interval.args["unit"].name.upper() in ("DAY", "DAYS") and number:
            return number_of(exp.Literal.number(number[0]))
    return tree


def later(day: Expression, days: Expression) -> Expression | None:
    number = Decimal(days.sql().replace(" ", ""))
    return moved_by(day, int(number)) if number == number.to_integral_value() else None


def moved_by(constant: Expression, step: int) -> Expression | None:
    day = day_of(constant)
    try:
        if day is not None:
            return date_of((date.fromisoformat(day) + timedelta(step)).isoformat())
        value = Decimal(constant.sql().replace(" ", ""))
    except (ValueError, OverflowError, ArithmeticError):
        return None
    return number_of(exp.Literal.number(str(value + step))) if value == value.to_integral_value() else None


def type_name(to: Expression) -> str:
    return str(to.sql(dialect="spark")).lower().replace(", ", ",")
