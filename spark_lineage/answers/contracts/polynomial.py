"""Sums, products and quotients in normal form: a sum of products, each with one constant; numbers are exact.

``(1 - discount) * amount``, ``amount - amount * discount`` and ``-(discount - 1) * amount`` are one. A term whose
constant is 0 stays: it is NULL where one of its factors is.
"""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from typing import Any

from sqlglot import exp

Expression = Any  # of sqlglot
Terms = dict[tuple[str, ...], tuple[Fraction, list[Expression]]]  # texts of the factors -> constant, factors

MOST_TERMS = 64  # a product of larger sums stays a product


def normal(tree: Expression) -> Expression:
    """The normal form; what stands between the operators is in normal form already."""
    terms = _terms(tree)
    made = [_term(abs(constant), factors) for _, (constant, factors) in sorted(terms.items())]
    negative = [constant < 0 for _, (constant, _) in sorted(terms.items())]
    order = sorted(range(len(made)), key=lambda at: negative[at])  # a sum begins with what is added, if anything is
    first, *others = order
    total = exp.Neg(this=_enclosed(made[first])) if negative[first] else made[first]
    for at in others:
        total = (exp.Sub if negative[at] else exp.Add)(this=total, expression=_enclosed(made[at]))
    return total


def _terms(tree: Expression) -> Terms:
    while isinstance(tree, exp.Paren):
        tree = tree.this
    if isinstance(tree, exp.Neg):
        return _scaled(_terms(tree.this), Fraction(-1))
    if isinstance(tree, (exp.Add, exp.Sub)):
        sign = Fraction(-1 if isinstance(tree, exp.Sub) else 1)
        return _sum(_terms(tree.this), _scaled(_terms(tree.expression), sign))
    if isinstance(tree, exp.Mul):
        return _product(_terms(tree.this), _terms(tree.expression), tree)
    if isinstance(tree, exp.Div):
        return _quotient(tree)
    if isinstance(tree, exp.Literal) and not tree.is_string:
        return {(): (Fraction(tree.name), [])}
    return {(_text(tree),): (Fraction(1), [tree])}


def _scaled(terms: Terms, by: Fraction) -> Terms:
    return {key: (constant * by, factors) for key, (constant, factors) in terms.items()}


def _sum(a: Terms, b: Terms) -> Terms:
    made = dict(a)
    for key, (constant, factors) in b.items():
        made[key] = (constant + made[key][0] if key in made else constant, factors)
    return made


def _product(a: Terms, b: Terms, tree: Expression) -> Terms:
    if len(a) * len(b) > MOST_TERMS:
        return {(_text(tree),): (Fraction(1), [tree])}
    made: Terms = {}
    for of_a, with_a in a.values():
        for of_b, with_b in b.values():
            factors = sorted([*with_a, *with_b], key=_text)
            made = _sum(made, {tuple(map(_text, factors)): (of_a * of_b, factors)})
    return made


def _quotient(tree: Expression) -> Terms:
    above, below = _terms(tree.this), _terms(tree.expression)
    constant, factors = next(iter(below.values()))
    if len(below) > 1 or not constant:  # a sum, or nothing that can be divided by
        constant, factors = Fraction(1), [normal(tree.expression)]
    made = _scaled(above, 1 / constant)
    for factor in factors:
        inverse = exp.Div(this=exp.Literal.number(1), expression=_enclosed(factor))
        made = _product(made, {(_text(inverse),): (Fraction(1), [inverse])}, tree)
    return made


def _term(constant: Fraction, factors: list[Expression]) -> Expression:
    above = [each for each in factors if not _is_inverse(each)]
    below = [each.expression for each in factors if _is_inverse(each)]
    numbers = [] if constant.numerator == 1 and above else [exp.Literal.number(constant.numerator)]
    made = reduce(lambda a, b: exp.Mul(this=a, expression=b), map(_enclosed, [*numbers, *above]))
    if constant.denominator != 1:
        decimal = _decimal(constant)
        if decimal is not None:
            made = reduce(lambda a, b: exp.Mul(this=a, expression=b), map(_enclosed, [decimal, *above]))
        else:
            below = [exp.Literal.number(constant.denominator), *below]
    return reduce(lambda a, b: exp.Div(this=a, expression=b), [made, *map(_enclosed, below)])


def _is_inverse(tree: Expression) -> bool:
    return isinstance(tree, exp.Div) and isinstance(tree.this, exp.Literal) and tree.this.name == "1"


def _decimal(number: Fraction) -> Expression | None:
    """A fraction whose decimals end, as a literal."""
    rest = number.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest != 1:
        return None
    digits = max(number.denominator.bit_length(), 1)
    whole = number * 10**digits
    text = f"{whole.numerator:0{digits + 1}d}"
    return exp.Literal.number(f"{text[:-digits]}.{text[-digits:]}".rstrip("0").rstrip("."))


def _enclosed(tree: Expression) -> Expression:
    return exp.Paren(this=tree) if isinstance(tree, (exp.Binary, exp.Not, exp.Neg)) else tree


def _text(tree: Expression) -> str:
    return str(tree.sql(dialect="spark"))
