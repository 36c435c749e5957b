"""Where the last digit of DuckDB's numbers may be another than that of Spark's, so that it shows nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlglot import exp

from spark_lineage.answers.contracts.texts import Expression

TOLERANCE = 1e-6  # of numbers, relative: rounding is no difference


def apart(trees: Iterable[Expression], grouped: bool = False) -> list[Expression]:
    """That no comparison in these expressions depends on rounding, and nothing is divided by zero.

    Those of rows, or (``grouped``) those of groups. By zero Spark raises an error, or gives NULL; DuckDB does neither.
    """
    nodes = [node for tree in trees for node in tree.walk()]
    found = [(node, _apart(node)) for node in nodes if _is_rounded(node)]
    found += [(node.expression, _not_zero(node.expression)) for node in nodes if isinstance(node, exp.Div)]
    return [made for node, made in found if (node.find(exp.AggFunc) is not None) == grouped]


def _not_zero(divisor: Expression) -> Expression:
    asked = exp.NEQ(this=exp.Paren(this=divisor.copy()), expression=exp.Literal.number(0))
    return exp.Coalesce(this=asked, expressions=[exp.true()])


def _is_rounded(node: Expression) -> bool:
    """A comparison of what was computed: DuckDB's last digit may be another than Spark's."""
    computed = (exp.Add, exp.Sub, exp.Mul, exp.Div)
    return isinstance(node, (exp.EQ, exp.NEQ, exp.LT, exp.LTE)) and node.find(*computed) is not None


def _apart(comparison: Expression) -> Expression:
    """That both sides of a comparison are equal, NULL, or differ by more than rounding."""
    left, right = (exp.Paren(this=side.copy()) for side in (comparison.this, comparison.expression))
    distance = exp.Abs(this=exp.Sub(this=left, expression=right))
    scale = exp.Add(this=exp.Abs(this=left.copy()), expression=exp.Abs(this=right.copy()))
    rounding = exp.Mul(this=exp.Literal.number("1e-9"), expression=exp.Paren(this=scale))
    near = exp.Paren(this=exp.LTE(this=distance, expression=rounding))
    equal = exp.EQ(this=left.copy(), expression=right.copy())
    return exp.Coalesce(this=exp.Or(this=equal, expression=exp.Not(this=near)), expressions=[exp.true()])


def differ(a: Any, b: Any) -> bool:
    """Whether two values differ by more than rounding."""
    if isinstance(a, bool) or isinstance(b, bool) or a is None or b is None:
        return a is not b and a != b
    try:
        return bool(abs(float(a) - float(b)) > TOLERANCE * max(abs(float(a)), abs(float(b)), 1e-9))
    except (TypeError, ValueError):
        return bool(a != b)
