"""Normal forms of SQL expressions in Spark's dialect: expressions of one normal form have one value in every row.

Each rewriting below keeps the value in SQL's three-valued logic, with numbers taken as exact numbers: ``a * b * c`` and
``c * a * b`` are one, though floating-point arithmetic may round them differently in the last digit. What is rewritten:
order of conjuncts; sums, products and quotients (``polynomial``); direction of comparisons; ``between``; De Morgan;
``in`` of one value, and ``or`` of equalities; forms of CASE; functions that have two names; casts to the type that a
column has; constants.
"""

from __future__ import annotations

import re

from sqlglot import exp
from sqlglot.optimizer.simplify import simplify

from spark_lineage.answers.contracts import polynomial
from spark_lineage.answers.contracts.conditions import NAMES, Conditions, Types
from spark_lineage.answers.contracts.constants import (
    CASTS,
    DAY,
    bare,
    date_of,
    day_of,
    days_of,
    is_number,
    later,
    number_of,
    type_name,
)
from spark_lineage.answers.contracts.implied import without_implied
from spark_lineage.answers.contracts.parts import joined
from spark_lineage.answers.contracts.texts import BETWEEN, Expression, has, text_of

_CONDITIONS = (
    exp.And, exp.Or, exp.Not, exp.Between, exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE,
)  # fmt: skip


def normal(tree: Expression, types: Types) -> Expression:
    """The normal form of a value. ``tree`` is not changed."""
    return _Normal(types).value(tree.copy())


def clauses(tree: Expression, types: Types) -> list[Expression]:
    """The normal form of a condition: clauses that must all be true, each once, in the order of their texts."""
    found = _Normal(types).conjuncts(tree.copy())
    return without_implied({text_of(each): each for each in found})


class _Normal(Conditions):
    def value(self, tree: Expression) -> Expression:
        tree = bare(tree)
        if isinstance(tree, _CONDITIONS):
            found = self._merged(self._conjunctive(self.condition(tree, False)))
            return joined(exp.And, found) if found else exp.Boolean(this=True)
        if (isinstance(tree, exp.In) and tree.expressions) or tree.args.get("negate"):
            return self._comparison(tree, False)
        if isinstance(tree, exp.Anonymous) and tree.name == BETWEEN:
            found = self._merged(self._conjunctive(self.condition(tree, False)))
            return joined(exp.And, found) if found else exp.Boolean(this=True)
        if isinstance(tree, exp.Anonymous) and tree.name.lower() == "extractansiintervaldays":
            return days_of(tree)
        if isinstance(tree, exp.Anonymous) and tree.name.lower() in NAMES:
            return self.value(NAMES[tree.name.lower()](tree.expressions))
        if isinstance(tree, (exp.Case, exp.If)):
            return self._case(tree)
        if isinstance(tree, exp.Filter):
            return self._filtered(tree)
        if isinstance(tree, exp.CountIf):
            counted = exp.Case(ifs=[exp.If(this=tree.this, true=exp.Literal.number(1))])
            return self.value(exp.Count(this=counted, big_int=True))
        for key, child in list(tree.args.items()):
            if isinstance(child, exp.Expression) and not isinstance(child, (exp.DataType, exp.Identifier)):
                tree.set(key, self.value(child))
            elif isinstance(child, list):
                tree.set(key, [self.value(each) if isinstance(each, exp.Expression) else each for each in child])
        return self._folded(self._made_simple(tree))

    def _made_simple(self, tree: Expression) -> Expression:
        if isinstance(tree, exp.Is) and isinstance(tree.expression, exp.Boolean):  # as Spark records it
            tree = exp.NullSafeEQ(this=tree.this, expression=tree.expression)
        if isinstance(tree, exp.Count) and isinstance(tree.this, exp.Literal) and not tree.expressions:
            return exp.Count(this=exp.Star(), big_int=True)
        if isinstance(tree, exp.Count) and isinstance(tree.this, exp.Case) and not tree.this.args.get("default"):
            for branch in tree.this.args["ifs"]:  # any value counts
                if isinstance(branch.args["true"], (exp.Literal, exp.Boolean)):
                    branch.set("true", exp.Literal.number(1))
        if isinstance(tree, (exp.Sum, exp.Avg, exp.Min, exp.Max, exp.Count)):
            tree.set("this", self._uncast(tree.this))
        if isinstance(tree, exp.TsOrDsAdd) and day_of(tree.this) is not None and is_number(tree.expression):
            unit = tree.args.get("unit")
            moved = None if unit is not None and unit.name.upper() != "DAY" else later(tree.this, tree.expression)
            return moved if moved is not None else tree
        if isinstance(tree, exp.TsOrDsToDate) and self.type(tree.this) == "date" and not tree.args.get("format"):
            return tree.this
        if isinstance(tree, exp.TsOrDsToDate) and not tree.args.get("format"):
            return self._cast(exp.Cast(this=tree.this, to=exp.DataType.build("date")))
        if isinstance(tree, CASTS):
            return self._cast(tree)
        if isinstance(tree, exp.Extract) and tree.name.upper() in ("YEAR", "MONTH", "DAY"):
            kind = {"YEAR": exp.Year, "MONTH": exp.Month, "DAY": exp.Day}[tree.name.upper()]
            return kind(this=tree.expression)
        plain = isinstance(tree, exp.Like) and "collate" not in self.type(tree.this)
        if plain and isinstance(tree.expression, exp.Literal):
            pattern = tree.expression.name
            if pattern.endswith("%") and not re.search(r"[%_\\]", pattern[:-1]) and len(pattern) > 1:
                return exp.StartsWith(this=tree.this, expression=exp.Literal.string(pattern[:-1]))
        if isinstance(tree, exp.NullSafeEQ):
            left, right = sorted((tree.this, tree.expression), key=text_of)
            return exp.NullSafeEQ(this=left, expression=right)
        if isinstance(tree, (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Neg)) and not has(tree, exp.Interval):
            return polynomial.normal(tree)
        return tree

    def _cast(self, tree: Expression) -> Expression:
        """Without a cast to the type that the column has, or of a day that is written as a text."""
        name = type_name(tree.to)
        if self.type(tree.this) == name:
            return tree.this
        if name == "date" and isinstance(tree.this, exp.Literal) and (found := DAY.match(tree.this.name)):
            return date_of(found[1])
        if name.startswith("timestamp") and isinstance(tree.this, exp.Literal) and (found := DAY.match(tree.this.name)):
            return exp.Cast(this=exp.Literal.string(found[1]), to=exp.DataType.build(name, dialect="spark"))
        if tree.args.get("safe"):  # ``try_cast`` is NULL where a cast fails, or gives what ANSI does not
            return tree
        return exp.Cast(this=tree.this, to=tree.to)

    def _folded(self, tree: Expression) -> Expression:
        """Constants worked out: ``date '1994-01-01' + interval '1' year``, ``0.06 - 0.01``, ``1.50``."""
        if is_number(tree):
            return number_of(tree)
        if isinstance(tree, (exp.Add, exp.Sub)) and has(tree, exp.Interval) and not has(tree, exp.Column):
            found = simplify(tree.copy(), dialect="spark")
            day = day_of(found)
            return date_of(day) if day is not None else tree
        return tree

    def _filtered(self, tree: Expression) -> Expression:
        """``sum(x) filter (where c)`` is ``sum(case when c then x end)``; aggregates leave NULL out."""
        aggregate, condition = tree.this, tree.expression.this
        if not isinstance(aggregate, (exp.Sum, exp.Avg, exp.Min, exp.Max, exp.Count)):
            return tree
        if isinstance(aggregate.this, exp.Distinct) and len(aggregate.this.expressions) == 1:
            chosen = exp.Case(ifs=[exp.If(this=condition, true=aggregate.this.expressions[0])])
            aggregate.set("this", exp.Distinct(expressions=[chosen]))
            return self.value(aggregate)
        counted = isinstance(aggregate, exp.Count) and isinstance(aggregate.this, (exp.Star, exp.Literal))
        chosen = exp.Literal.number(1) if counted else aggregate.this
        aggregate.set("this", exp.Case(ifs=[exp.If(this=condition, true=chosen)]))
        return self.value(aggregate)

    def _case(self, tree: Expression) -> Expression:
        """CASE with conditions; ``coalesce`` where it only fills NULL; no ``else null``."""
        if isinstance(tree, exp.If):
            tree = exp.Case(ifs=[exp.If(this=tree.this, true=tree.args["true"])], default=tree.args.get("false"))
        of = tree.args.get("this")
        ifs = [
            (exp.EQ(this=of.copy(), expression=each.this) if of is not None else each.this, each.args["true"])
            for each in tree.args["ifs"]
        ]
        made = [(self.value(condition), self.value(value)) for condition, value in ifs]
        default = tree.args.get("default")
        otherwise = self.value(default) if default is not None else exp.Null()
        if len(made) == 1:
            condition, value = made[0]
            filled = _filled(condition, value, otherwise)
            if filled is not None:
                return exp.Coalesce(this=filled[0], expressions=[filled[1]])
        branches = [exp.If(this=condition, true=value) for condition, value in made]
        return exp.Case(ifs=branches, default=None if isinstance(otherwise, exp.Null) else otherwise)


# --------------------------------------------------------------------------- small things


def _filled(condition: Expression, value: Expression, otherwise: Expression) -> tuple[Expression, Expression] | None:
    """(value, what stands for its NULL) of a CASE that only fills NULL."""
    asked = condition.this if isinstance(condition, exp.Not) else condition
    if not isinstance(asked, exp.Is) or not isinstance(asked.expression, exp.Null):
        return None
    kept, filling = (value, otherwise) if isinstance(condition, exp.Not) else (otherwise, value)
    same = text_of(kept) == text_of(asked.this) and not isinstance(filling, exp.Null)
    return (kept, filling) if same else None
