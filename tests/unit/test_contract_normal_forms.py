"""Normal forms have the value of what they are of, on every row: random expressions, evaluated by DuckDB."""

from __future__ import annotations

import os
import random
from datetime import date, datetime

import duckdb
import pyarrow as pa
import pytest
from sqlglot import exp

from spark_lineage.answers.contracts.normal import clauses, normal
from spark_lineage.answers.contracts.rounding import differ
from spark_lineage.answers.contracts.texts import enclosed, parsed

TYPES = {
    ("s", "a"): "int", ("s", "c"): "bigint", ("s", "x"): "double", ("s", "y"): "double", ("s", "t"): "string",
    ("s", "u"): "string", ("s", "d"): "date", ("s", "at"): "timestamp", ("s", "b"): "boolean",
}  # fmt: skip
VALUES = {
    "a": [None, 0, 1, 2, 3], "c": [None, 1, 2, 5], "x": [None, 0.0, 1.0, 2.5, -1.0], "y": [None, 1.0, 2.0, 4.0],
    "t": [None, "a", "b", "ab", ""], "u": [None, "a", "b"],
    "d": [None, date(2024, 1, 1), date(2024, 1, 2), date(2024, 2, 1)],
    "at": [None, datetime(2024, 1, 1), datetime(2024, 1, 1, 12), datetime(2024, 1, 2)], "b": [None, True, False],
}  # fmt: skip
ROWS = 200
NUMBERS = [20, pytest.param(int(os.environ.get("CONTRACT_EXPRESSIONS", "60")), marks=pytest.mark.slow)]
how_many = pytest.mark.parametrize("expressions", NUMBERS)


class Random:
    """Makes random expressions in Spark's SQL."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def condition(self, depth: int = 3) -> str:
        kinds = ["compare"] * 3 + ["in", "between", "null", "like", "flag", "safe"] + ["and", "or", "not"] * (2 * depth)
        kind = self.random.choice(kinds)
        if kind in ("and", "or"):
            return f"({self.condition(depth - 1)} {kind} {self.condition(depth - 1)})"
        if kind == "not":
            return f"not ({self.condition(depth - 1)})"
        return str(getattr(self, f"_{kind}")())

    def _compare(self) -> str:
        pairs = [
            (self.number(1), self.number(1)), ("s.a", str(self.random.randrange(4))), ("s.t", "s.u"), ("s.t", "'a'"),
            ("s.d", "'2024-01-02'"), ("s.d", "date '2024-01-01' + interval '1' month"), ("s.at", "'2024-01-01'"),
            ("cast(s.a as bigint)", "2"), ("s.b", "true"),
        ]  # fmt: skip
        sides = list(self.random.choice(pairs))
        operator = self.random.choice(["=", "<>"] if "s.b" in sides else ["=", "<>", "<", "<=", ">", ">="])
        self.random.shuffle(sides)
        return f"{sides[0]} {operator} {sides[1]}"

    def _in(self) -> str:
        column, listed = self.random.choice(
            [("s.t", ["'a'", "'b'", "'ab'"]), ("s.a", ["1", "2", "3.0"]), ("s.c", ["s.a", "1"])]
        )
        chosen = self.random.sample(listed, self.random.randrange(1, len(listed) + 1))
        return f"{column} {self.random.choice(['', 'not '])}in ({', '.join(chosen)})"

    def _between(self) -> str:
        return self.random.choice(
            ["s.a between 1 and 2", "s.x between 0 and s.y", "s.d not between '2024-01-01' and '2024-01-31'"]
        )

    def _null(self) -> str:
        return f"s.{self.random.choice(list(VALUES))} is {self.random.choice(['', 'not '])}null"

    def _like(self) -> str:
        return f"s.t {self.random.choice(['', 'not '])}like '{self.random.choice(['a%', '%b', 'a_', '%'])}'"

    def _flag(self) -> str:
        return self.random.choice(["s.b", "coalesce(s.b, false)", "(case when s.a > 1 then s.b else true end)"])

    def _safe(self) -> str:
        return self.random.choice(["s.a <=> s.c", "s.t <=> s.u"])

    def number(self, depth: int = 3) -> str:
        leaves = ["s.a", "s.c", "s.x", "s.y", "2", "0.5", "coalesce(s.x, 0)", "if(s.a > 1, s.x, null)",
                  "case s.t when 'a' then 1 else s.y end", "case when s.x is null then s.y else s.x end"]  # fmt: skip
        if depth == 0 or self.random.random() < 0.3:
            return self.random.choice(leaves)
        left, right = self.number(depth - 1), self.number(depth - 1)
        operator = self.random.choice(["+", "-", "*", "/", "neg"])
        if operator == "neg":
            return f"(-({left}))"
        return f"({left} / 4)" if operator == "/" else f"({left} {operator} {right})"

    def aggregate(self) -> str:
        of, condition = self.number(2), self.condition(1)
        forms = ["sum({0})", "avg({0})", "count({0})", "count(*)", "count(distinct s.t)", "sum({0}) filter (where {1})",
                 "count_if({1})", "sum(case when {1} then {0} else 0 end)", "max({0}) - min({0})", "count(1)",
                 "sum(if({1}, {0}, null)) / count(*)", "count(*) filter (where {1})"]  # fmt: skip
        return self.random.choice(forms).format(of, condition)


def table(seed: int) -> pa.Table:
    chosen = random.Random(seed)
    return pa.table({f"s.{name}": [chosen.choice(values) for _ in range(ROWS)] for name, values in VALUES.items()})


def evaluated(trees: list[exp.Expression], rows: pa.Table) -> list[tuple[object, ...]]:
    def flat(node: exp.Expression) -> exp.Expression:
        if isinstance(node, exp.Column):
            return exp.column(exp.to_identifier(f"{node.table}.{node.name}", quoted=True))
        return node

    listed = ", ".join(enclosed(tree.copy().transform(flat)).sql(dialect="duckdb") for tree in trees)
    with duckdb.connect() as duck:
        duck.register("rows", rows)
        return duck.execute(f"SELECT {listed} FROM rows").fetchall()


def both(texts: list[str], rows: pa.Table) -> list[tuple[str, str, object, object]]:
    trees = [parsed(text) for text in texts]
    normals = [normal(tree, TYPES) for tree in trees]
    return [
        (text, made.sql("spark"), a, b)
        for row in evaluated([*trees, *normals], rows)
        for text, made, a, b in zip(texts, normals, row[: len(texts)], row[len(texts) :], strict=True)
    ]


@how_many
def test_conditions_keep_their_three_values(expressions: int) -> None:
    texts = [Random(n).condition() for n in range(expressions)]
    wrong = {each for each in both(texts, table(1)) if each[2] is not each[3] and each[2] != each[3]}
    assert not wrong, min(wrong, key=lambda each: len(each[0]))


@how_many
def test_clauses_are_true_of_the_same_rows(expressions: int) -> None:
    texts = [Random(5000 + n).condition() for n in range(expressions)]
    whole = []
    for text in texts:
        parts: exp.Expression = exp.Boolean(this=True)
        for each in clauses(parsed(text), TYPES):
            parts = exp.And(this=exp.Paren(this=parts), expression=exp.Paren(this=each))
        whole.append(parts)
    trees = [parsed(text) for text in texts]
    for row in evaluated([*trees, *whole], table(3)):
        for text, made, a, b in zip(texts, whole, row[: len(texts)], row[len(texts) :], strict=True):
            assert (a is True) == (b is True), (text, made.sql("spark"), a, b)


@how_many
def test_numbers_keep_their_values_but_for_rounding(expressions: int) -> None:
    texts = [Random(9000 + n).number() for n in range(expressions)]
    wrong = {(text, made, a, b) for text, made, a, b in both(texts, table(4)) if differ(a, b)}
    assert not wrong, min(wrong, key=lambda each: len(each[0]))


@how_many
def test_aggregates_keep_their_values(expressions: int) -> None:
    # DuckDB's count_if is NULL of no rows; Spark's is 0, as in the normal form.
    texts = [text for n in range(expressions) if "count_if" not in (text := Random(13000 + n).aggregate())]
    for size in (0, 1, 2, 5, 40):
        wrong = {(t, made, a, b) for t, made, a, b in both(texts, table(5 + size).slice(0, size)) if differ(a, b)}
        assert not wrong, (size, min(wrong, key=lambda each: len(each[0])))
