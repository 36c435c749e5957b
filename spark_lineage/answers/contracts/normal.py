"""Normal forms of SQL expressions in Spark's dialect: expressions of one normal form have one value in every row.

Each rewriting below keeps the value in SQL's three-valued logic, with numbers taken as exact numbers: ``a * b * c`` and
``c * a * b`` are one, though floating-point arithmetic may round them differently in the last digit. What is rewritten:
order of conjuncts; sums, products and quotients (``polynomial``); direction of comparisons; ``between``; De Morgan;
``in`` of one value, and ``or`` of equalities; forms of CASE; functions that have two names; casts to the type that a
column has; constants.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from itertools import product
from typing import Any

from sqlglot import exp
from sqlglot.optimizer.simplify import simplify

from spark_lineage.answers.contracts import polynomial
from spark_lineage.answers.contracts.constants import (
    CASTS,
    DAY,
    bare,
    date_of,
    day_of,
    days_of,
    is_constant,
    is_number,
    later,
    moved_by,
    number_of,
    type_name,
)
from spark_lineage.answers.contracts.texts import BETWEEN, Expression, has, text_of

Types = Mapping[tuple[str, str], str]  # (alias of a source, column in small letters) -> type as Spark's DDL writes it

MOST_CLAUSES = 128  # of a condition in conjunctive form; a larger one stays as it is written
WHOLE = ("tinyint", "smallint", "int", "bigint")
FLOATING = ("float", "double")
_CONDITIONS = (
    exp.And, exp.Or, exp.Not, exp.Between, exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE,
)  # fmt: skip
_NAMES: dict[str, Callable[[Sequence[Expression]], Expression]] = {
    "mean": lambda args: exp.Avg(this=args[0]),
    "isnull": lambda args: exp.Is(this=args[0], expression=exp.Null()),
    "isnotnull": lambda args: exp.Not(this=exp.Is(this=args[0], expression=exp.Null())),
    "when": lambda args: exp.If(this=args[0], true=args[1], false=args[2] if len(args) > 2 else None),
}


def normal(tree: Expression, types: Types) -> Expression:
    """The normal form of a value. ``tree`` is not changed."""
    return _Normal(types).value(tree.copy())


def clauses(tree: Expression, types: Types) -> list[Expression]:
    """The normal form of a condition: clauses that must all be true, each once, in the order of their texts."""
    found = _Normal(types).conjuncts(tree.copy())
    return without_implied({text_of(each): each for each in found})


def without_implied(found: dict[str, Expression]) -> list[Expression]:
    """Without ``x is not null`` where another clause is not true for NULL either, and without wider clauses."""
    kept = dict(found)
    strict = {
        text_of(column)
        for each in found.values()
        if not _asks_for_null(each)
        for column in each.find_all(exp.Column)
        if rejects_null(each, {text_of(column)})
    }
    for text, each in found.items():
        asked = _not_null_of(each)
        if asked is not None and text_of(asked) in strict:
            del kept[text]
    parts = {text: {text_of(part) for part in _parts(each, exp.Or)} for text, each in kept.items()}
    narrow = [text for text in kept if not any(parts[other] < parts[text] for other in kept)]
    return [kept[text] for text in sorted(narrow)]


def rejects_null(tree: Expression, columns: set[str]) -> bool:
    """Whether a condition is never true where these columns (as texts) are all NULL. False where that is not plain."""
    if isinstance(tree, exp.And):
        return any(rejects_null(part, columns) for part in _parts(tree, exp.And))
    if isinstance(tree, exp.Or):
        return all(rejects_null(part, columns) for part in _parts(tree, exp.Or))
    if isinstance(tree, exp.Not):
        inner = tree.this
        if isinstance(inner, exp.Is):  # ``is not true`` is true of NULL
            return isinstance(inner.expression, exp.Null) and _strict(inner.this, columns)
        return isinstance(inner, (exp.In, exp.Like, exp.StartsWith)) and _strict(inner.this, columns)
    if isinstance(tree, (exp.EQ, exp.NEQ, exp.LT, exp.LTE)):
        return _strict(tree.this, columns) or _strict(tree.expression, columns)
    if isinstance(tree, (exp.In, exp.Like, exp.StartsWith)):
        return _strict(tree.this, columns)
    return isinstance(tree, exp.Column) and text_of(tree) in columns


def _strict(tree: Expression, columns: set[str]) -> bool:
    """Whether a value is NULL where these columns are."""
    if isinstance(tree, exp.Column):
        return text_of(tree) in columns
    if isinstance(tree, (exp.Add, exp.Mul, exp.Sub, exp.Div, exp.Neg, exp.Abs, exp.Upper, exp.Lower, exp.Trim, *CASTS)):
        return any(_strict(child, columns) for child in tree.iter_expressions() if not isinstance(child, exp.DataType))
    return False


def _asks_for_null(tree: Expression) -> bool:
    return _not_null_of(tree) is not None


def _not_null_of(tree: Expression) -> Expression | None:
    """The column of ``x is not null``."""
    asked = tree.this if isinstance(tree, exp.Not) else None
    if not isinstance(asked, exp.Is) or not isinstance(asked.expression, exp.Null):
        return None
    return asked.this if isinstance(asked.this, exp.Column) else None


def _parts(tree: Expression, kind: Any) -> list[Expression]:
    return [*_parts(tree.this, kind), *_parts(tree.expression, kind)] if isinstance(tree, kind) else [tree]


def joined(kind: Any, parts: Iterable[Expression]) -> Expression:
    """Several conditions as one, each once, in the order of their texts."""
    ordered = {text_of(part): part for part in parts}
    return reduce(lambda a, b: kind(this=a, expression=b), [ordered[text] for text in sorted(ordered)])


class _Normal:
    def __init__(self, types: Types) -> None:
        self._types = types

    def type(self, tree: Expression) -> str:
        """The type of a column as DDL; empty if it is another expression, or not known."""
        return self._types.get((tree.table, tree.name), "") if isinstance(tree, exp.Column) else ""

    # -- conditions

    def conjuncts(self, tree: Expression) -> list[Expression]:
        return self._merged(self._conjunctive(self.condition(tree, False)))

    def condition(self, tree: Expression, negated: bool) -> Expression:
        """A condition with negations pushed down to comparisons."""
        tree = bare(tree)
        if isinstance(tree, exp.Not):
            return self.condition(tree.this, not negated)
        if isinstance(tree, (exp.And, exp.Or)):
            kind = exp.And if isinstance(tree, exp.And) != negated else exp.Or
            return joined(kind, [self.condition(part, negated) for part in _parts(tree, type(tree))])
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
            return self.condition(_NAMES[tree.name.lower()](tree.expressions), negated)
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
            return _among(value, listed, not negated)
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
            return _among(left, {text_of(right): right}, equal)
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
            return [clause for part in _parts(tree, exp.And) for clause in self._conjunctive(part)]
        if not isinstance(tree, exp.Or):
            return [] if isinstance(tree, exp.Boolean) and tree.this else [tree]
        branches = [self._conjunctive(part) for part in _parts(tree, exp.Or)]
        number = reduce(lambda n, branch: n * max(len(branch), 1), branches, 1)
        if number > MOST_CLAUSES:
            return [tree]
        if any(not branch for branch in branches):  # one of them is always true
            return []
        return [self._alternatives(choice) for choice in product(*branches)]

    def _alternatives(self, parts: Iterable[Expression]) -> Expression:
        """``or`` of conditions; equalities of one value become ``in``."""
        flat = [each for part in parts for each in _parts(part, exp.Or)]
        flat = [each for each in flat if not (isinstance(each, exp.Boolean) and not each.this)] or flat[:1]
        return joined(exp.Or, _grouped(flat, exp.In, True))

    def _merged(self, found: list[Expression]) -> list[Expression]:
        """``x <> a and x <> b`` is ``x not in (a, b)``."""
        return _grouped(found, exp.Not, False)

    # -- values

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
        if isinstance(tree, exp.Anonymous) and tree.name.lower() in _NAMES:
            return self.value(_NAMES[tree.name.lower()](tree.expressions))
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


def _kind(constant: Expression) -> str:
    """Constants of several kinds in one ``in`` are compared otherwise than each alone: Spark gives them one type."""
    return "number" if is_number(constant) else "day" if day_of(constant) is not None else "text"


def _among(value: Expression, listed: Mapping[str, Expression], within: bool) -> Expression:
    if all(map(is_constant, listed.values())):
        found = exp.In(this=value, expressions=[listed[text] for text in sorted(listed)])
        return found if within else exp.Not(this=found)
    parts = [exp.EQ(this=a, expression=b) for a, b in (sorted((value, each), key=text_of) for each in listed.values())]
    if within:
        return joined(exp.Or, parts)
    return joined(exp.And, [exp.NEQ(this=part.this, expression=part.expression) for part in parts])


def _grouped(parts: list[Expression], kind: Any, within: bool) -> list[Expression]:
    """All ``in`` (``not in``) of one value as one."""
    values: dict[tuple[str, str], tuple[Expression, dict[str, Expression]]] = {}
    others = []
    for part in parts:
        inner: Expression = part if within else part.this if isinstance(part, exp.Not) else None
        constants = inner.expressions if isinstance(inner, exp.In) else []
        kinds = {_kind(each) for each in constants} if all(map(is_constant, constants)) else set()
        if len(kinds) == 1:
            _, listed = values.setdefault((text_of(inner.this), kinds.pop()), (inner.this, {}))
            listed.update((text_of(each), each) for each in constants)
        else:
            others.append(part)
    return [*others, *(_among(value, listed, within) for value, listed in values.values())]
