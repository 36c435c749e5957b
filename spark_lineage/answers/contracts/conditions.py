"""Normal forms of conditions in SQL's three-valued logic, in conjunctive form."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from itertools import product

from sqlglot import exp

from spark_lineage.answers.contracts.constants import (
    CASTS,
    DAY,
    bare,
    date_of,
    day_of,
    is_constant,
    is_number,
    moved_by,
    type_name,
)
from spark_lineage.answers.contracts.members import among, grouped
from spark_lineage.answers.contracts.parts import joined, parts
from spark_lineage.answers.contracts.texts import BETWEEN, Expression, text_of

Types = Mapping[tuple[str, str], str]  # (alias of a source, column in small letters) -> type as Spark's DDL writes it

MOST_CLAUSES = 128  # of a condition in conjunctive form; a larger one stays as it is written
WHOLE = ("tinyint", "smallint", "int", "bigint")
FLOATING = ("float", "double")
NAMES: dict[str, Callable[[Sequence[Expression]], Expression]] = {
    "mean": lambda args: exp.Avg(this=args[0]),
    "isnull": lambda args: exp.Is(this=args[0], expression=exp.Null()),
    "isnotnull": lambda args: exp.Not(this=exp.Is(this=args[0], expression=exp.Null())),
    "when": lambda args: exp.If(this=args[0], true=args[1], false=args[2] if len(args) > 2 else None),
}


class Conditions(ABC):
    """Normal forms of conditions; those of values are ``normal``'s."""

    def __init__(self, types: Types) -> None:
        self._types = types

    def type(self, tree: Expression) -> str:
        """The type of a column as DDL; empty if it is another expression, or not known."""
        return self._types.get((tree.table, tree.name), "") if isinstance(tree, exp.Column) else ""

    @abstractmethod
    def value(self, tree: Expression) -> Expression:
        """The normal form of a value; ``tree`` is used up."""

    def conjuncts(self, tree: Expression) -> list[Expression]:
        return self._merged(self._conjunctive(self.condition(tree, False)))

    def condition(self, tree: Expression, negated: bool) -> Expression:
        """A condition with negations pushed down to comparisons."""
        tree = bare(tree)
        if isinstance(tree, exp.Not):
            return self.condition(tree.this, not negated)
        if isinstance(tree, (exp.And, exp.Or)):
            kind = exp.And if isinstance(tree, exp.And) != negated else exp.Or
            return joined(kind, [self.condition(part, negated) for part in parts(tree, type(tree))])
        if isinstance(tree, exp.Anonymous) and tree.name == BETWEEN and len(tree.expressions) == 3:
            of, least, most = tree.expressions
            return self.condition(exp.Between(this=of, low=least, high=most), negated)
        if isinstance(tree, exp.Between):
            low, high = exp.GTE(this=tree.this, expression=tree.args["low"]), exp.LTE(
                this=tree.this.copy(), expression=tree.args["high"]
            )  # fmt: skip
            return self.condition(exp.And(this=low, expression=high), negated)
        if isinstance(tree, exp.Anonymous) and tree.name.lower() == "atleastnnonnulls":
            return self._not_nulls(tree, negated)
        if isinstance(tree, exp.Anonymous) and tree.name.lower() in ("isnull", "isnotnull"):
            return self.condition(NAMES[tree.name.lower()](tree.expressions), negated)
        return self._comparison(tree, negated)

    def _not_nulls(self, tree: Expression, negated: bool) -> Expression:
        """What ``dropna`` asks: so many of the columns are neither NULL nor NaN."""
        number, *columns = tree.expressions
        if not columns or number.name not in (str(len(columns)), "1"):
            value = self.value(tree)
            return exp.Not(this=value) if negated else value
        there = [self._there(bare(column)) for column in columns]
        kind = exp.And if number.name == str(len(columns)) else exp.Or
        return self.condition(reduce(lambda a, b: kind(this=a, expression=b), there), negated)

    def _there(self, column: Expression) -> Expression:
        not_null = exp.Not(this=exp.Is(this=column, expression=exp.Null()))
        if self.type(column) and self.type(column) not in FLOATING:
            return not_null
        return exp.And(this=not_null, expression=exp.Not(this=exp.IsNan(this=column.copy())))

    def _comparison(self, tree: Expression, negated: bool) -> Expression:
        if tree.args.get("negate"):  # not like
            tree, negated = tree.copy(), not negated
            tree.set("negate", False)
        swapped = {exp.GT: exp.LT, exp.GTE: exp.LTE}
        opposite = {exp.LT: exp.LTE, exp.LTE: exp.LT}
        if type(tree) in swapped:
            tree = swapped[type(tree)](this=tree.expression, expression=tree.this)
        if type(tree) in opposite:
            left, right = self._sides(tree)
            if negated:  # not (a < b) is b <= a
                return self._stepped(opposite[type(tree)](this=right, expression=left))
            return self._stepped(type(tree)(this=left, expression=right))
        if isinstance(tree, (exp.EQ, exp.NEQ)):
            return self._equality(tree, isinstance(tree, exp.EQ) != negated)
        if isinstance(tree, exp.In) and tree.expressions and not tree.args.get("query"):
            value = self.value(tree.this)
            listed = {text_of(each): each for each in (self._beside(value, self.value(e)) for e in tree.expressions)}
            return among(value, listed, not negated)
        if isinstance(tree, exp.Boolean):
            return exp.Boolean(this=bool(tree.this) != negated)
        value = self.value(tree)
        return exp.Not(this=value) if negated else value

    def _sides(self, tree: Expression) -> tuple[Expression, Expression]:
        left, right = self._uncast(self.value(tree.this)), self._uncast(self.value(tree.expression))
        return self._beside(right, left), self._beside(left, right)

    def _equality(self, tree: Expression, equal: bool) -> Expression:
        left, right = self._sides(tree)
        for value, other in ((left, right), (right, left)):
            if isinstance(other, exp.Boolean) and self.type(value) == "boolean":
                return value if bool(other.this) == equal else exp.Not(this=value)
        if is_constant(left) and not is_constant(right):
            left, right = right, left
        if is_constant(right):
            return among(left, {text_of(right): right}, equal)
        left, right = sorted((left, right), key=text_of)
        return (exp.EQ if equal else exp.NEQ)(this=left, expression=right)

    def _stepped(self, tree: Expression) -> Expression:
        """``<`` of whole numbers and days as ``<=``: ``x < 6`` is ``x <= 5``."""
        left, right = tree.this, tree.expression
        if isinstance(tree, exp.LT):
            for value, constant, step, sides in ((left, right, -1, (0, 1)), (right, left, 1, (1, 0))):
                moved = moved_by(constant, step) if self._is_stepped(value, constant) else None
                if moved is not None:
                    pair = (value, moved)
                    return exp.LTE(this=pair[sides[0]], expression=pair[sides[1]])
        return tree

    def _is_stepped(self, value: Expression, constant: Expression) -> bool:
        if is_number(constant):
            return self.type(value) in WHOLE
        return self.type(value) == "date" and day_of(constant) is not None

    def _beside(self, other: Expression, constant: Expression) -> Expression:
        """A constant as it is compared with a value: ``'2024-01-01'`` is a day beside a column of days."""
        type_ = self.type(other)
        if type_ not in ("date", "timestamp", "timestamp_ntz"):
            return constant
        inner = constant.this if isinstance(constant, CASTS) and type_ != "date" else constant
        found = DAY.match(inner.name) if isinstance(inner, exp.Literal) and inner.is_string else None
        day = found[1] if found else day_of(constant)
        return date_of(day) if day is not None else constant

    def _uncast(self, tree: Expression) -> Expression:
        """Without a cast of a whole number to a wider one: where it is only compared or summed, nothing changes."""
        if isinstance(tree, CASTS) and self.type(tree.this) in WHOLE:
            name = type_name(tree.to)
            if name in WHOLE and WHOLE.index(name) >= WHOLE.index(self.type(tree.this)):
                return tree.this
        return tree

    def _conjunctive(self, tree: Expression) -> list[Expression]:
        """Clauses of the conjunctive form, if that is not too large."""
        if isinstance(tree, exp.And):
            return [clause for part in parts(tree, exp.And) for clause in self._conjunctive(part)]
        if not isinstance(tree, exp.Or):
            return [] if isinstance(tree, exp.Boolean) and tree.this else [tree]
        branches = [self._conjunctive(part) for part in parts(tree, exp.Or)]
        number = reduce(lambda n, branch: n * max(len(branch), 1), branches, 1)
        if number > MOST_CLAUSES:
            return [tree]
        if any(not branch for branch in branches):  # one of them is always true
            return []
        return [self._alternatives(choice) for choice in product(*branches)]

    def _alternatives(self, listed: Iterable[Expression]) -> Expression:
        """``or`` of conditions; equalities of one value become ``in``."""
        flat = [each for part in listed for each in parts(part, exp.Or)]
        flat = [each for each in flat if not (isinstance(each, exp.Boolean) and not each.this)] or flat[:1]
        return joined(exp.Or, grouped(flat, exp.In, True))

    def _merged(self, found: list[Expression]) -> list[Expression]:
        """``x <> a and x <> b`` is ``x not in (a, b)``."""
        return grouped(found, exp.Not, False)
