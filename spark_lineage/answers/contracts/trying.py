"""Rows on which two expressions give different values, found by DuckDB among rows with boundary values.

Values come from the literals of the expressions, one step to either side, NULL, and sampled values. Rows that fulfil
most of the conditions are changed column by column, so that boundaries are met while everything else holds. Only what
Spark and DuckDB evaluate alike is tried; for anything else :func:`not_evaluated` says why not.
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlglot import exp

from spark_lineage.answers.contracts.normal import FLOATING, WHOLE, Types
from spark_lineage.answers.contracts.texts import Expression, columns_of, enclosed, text_of

Key = tuple[str, str]
Row = dict[Key, Any]

ROUNDS, KEPT, BEGUN, MOST_VALUES, MOST_ROWS = 6, 24, 300, 16, 6000
TOLERANCE = 1e-6  # of numbers, relative: rounding is no difference
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
    if isinstance(node, exp.Column) and _duck_type(_type(node, types)) is None:
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
        duck = _duck_type(_type(node, types))
        known = {"BIGINT": "number", "DOUBLE": "number", "VARCHAR": "text", "DATE": "time", "TIMESTAMP": "time"}
        return known.get(duck or "", "boolean")
    return None


def _type(column: Expression, types: Types) -> str:
    return types.get((column.table, column.name), "")


def _duck_type(spark: str) -> str | None:
    if spark in WHOLE:
        return "BIGINT"
    if spark in FLOATING or spark.startswith("decimal"):
        return "DOUBLE"
    if spark == "string" or spark.startswith("varchar"):
        return "VARCHAR"
    return {"date": "DATE", "boolean": "BOOLEAN", **dict.fromkeys(_TIMES, "TIMESTAMP")}.get(spark)


# --------------------------------------------------------------------------- values


class Values:
    """Values for each column that occurs in the expressions."""

    def __init__(self, trees: Sequence[Expression], types: Types, sampled: Mapping[Key, Sequence[Any]]) -> None:
        self.types = types
        self.columns = sorted({key for tree in trees for key in columns_of(tree)})
        literals: dict[Key, list[str]] = {key: [] for key in self.columns}
        alike: dict[Key, set[Key]] = {key: {key} for key in self.columns}
        for node in (node for tree in trees for node in tree.walk()):
            if not isinstance(node, (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.In, exp.Like, exp.StartsWith, exp.Coalesce)):
                continue
            keys = columns_of(node)
            for key in keys:
                literals[key] += [_literal(each) for each in node.find_all(exp.Literal)]
                alike[key] |= keys
        for _ in self.columns:  # who is compared with one of them is with all of them
            alike = {key: set().union(*(alike[other] for other in others)) for key, others in alike.items()}
        own = {key: _values(types.get(key, ""), literals[key], sampled.get(key, ())) for key in self.columns}
        self.of = {key: self._shared(key, own, alike[key]) for key in self.columns}

    def _shared(self, key: Key, own: Mapping[Key, list[Any]], alike: set[Key]) -> list[Any]:
        """Columns that are compared with each other have values in common."""
        others = [v for other in sorted(alike) if _same_kind(self.types, key, other) for v in own[other][:6]]
        return list(dict.fromkeys([*own[key], *others]))[: 2 * MOST_VALUES]


def _same_kind(types: Types, a: Key, b: Key) -> bool:
    return _duck_type(types.get(a, "")) == _duck_type(types.get(b, ""))


def _literal(node: Expression) -> str:
    return f"-{node.name}" if isinstance(node.parent, exp.Neg) else str(node.name)


def _values(type_: str, literals: Sequence[str], sampled: Sequence[Any]) -> list[Any]:
    duck = _duck_type(type_)
    made: list[Any] = []
    for text in dict.fromkeys(literals):
        made += _around(duck, type_, text)
    usual: dict[str, list[Any]] = {
        "BIGINT": [1, 2, 0, 10, -1],
        "DOUBLE": [10.0, 3.5, 0.0, 1.0, -2.0],
        "VARCHAR": ["a", "b", ""],
        "DATE": [date(2024, 2, 29), date(2023, 1, 31), date(2024, 3, 1)],
        "TIMESTAMP": [datetime(2024, 2, 29, 12), datetime(2023, 1, 31), datetime(2024, 3, 1)],
        "BOOLEAN": [True, False],
    }
    known = [found for each in sampled[:4] if (found := _of_text(duck, each)) is not None]
    return list(dict.fromkeys([*made[:MOST_VALUES], *known, *usual[duck or "VARCHAR"], None]))


def _of_text(duck: str | None, text: Any) -> Any:
    try:
        if duck == "BIGINT":
            return int(text)
        if duck == "DOUBLE":
            return float(text)
        if duck == "DATE":
            return date.fromisoformat(text)
        if duck == "TIMESTAMP":
            return datetime.fromisoformat(text).replace(tzinfo=None)
        if duck == "BOOLEAN":
            return {"true": True, "false": False}.get(text)
    except (TypeError, ValueError):
        return None
    return text


def _around(duck: str | None, type_: str, text: str) -> list[Any]:
    """The value of a literal, and those next to it."""
    if duck == "VARCHAR":
        bare = text.replace("%", "").replace("_", "x")
        return list(dict.fromkeys([bare, bare.lower(), bare.upper(), bare + "x", "x" + bare]))
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}.*", text) and duck in ("DATE", "TIMESTAMP"):
        day = date.fromisoformat(text[:10])
        days = [day, day - timedelta(1), day + timedelta(1), day + timedelta(40), day - timedelta(400)]
        return days if duck == "DATE" else [datetime(d.year, d.month, d.day) for d in days]
    try:
        number = float(text)
    except ValueError:
        return []
    if duck == "BIGINT":
        return [int(number), int(number) - 1, int(number) + 1]
    step = 0.01 if type_.startswith("decimal") else 0.001
    return [number, round(number - step, 6), round(number + step, 6)] if duck == "DOUBLE" else []


# --------------------------------------------------------------------------- rows


class Trial:
    """Rows over the columns of some expressions, and what expressions are worth on them."""

    def __init__(self, trees: Sequence[Expression], types: Types, sampled: Mapping[Key, Sequence[Any]]) -> None:
        import duckdb

        self._values = Values(trees, types, sampled)
        self._types = types
        self._random = random.Random(7)  # the same rows each time
        self._duck = duckdb.connect()
        self._duck.execute("SET threads = 1")

    def __enter__(self) -> Trial:
        return self

    def __exit__(self, *_: object) -> None:
        self._duck.close()

    def search(self, a: Sequence[Expression], b: Sequence[Expression], given: Sequence[Expression]) -> Row | None:
        """A row of which ``given`` and all of ``a`` are true and not all of ``b``, or the other way round."""
        for rows in self._rounds(a, b, [*given, *apart((*a, *b))]):
            for row, truths in rows:
                of_a, of_b, of_given = self._split(truths, a, b)
                if all(of_given) and all(of_a) != all(of_b):
                    return row
        return None

    def fulfilling(self, conditions: Sequence[Expression], most: int = 120) -> list[Row]:
        """Rows of which all conditions are true; of different values, as far as the conditions let them differ."""
        found: dict[tuple[Any, ...], Row] = {}
        for rows in self._rounds(conditions, (), ()):
            found.update({tuple(row.values()): row for row, truths in rows if all(truths)})
            if len(found) > 20 * most:
                break
        kept = list(found.values())
        self._random.shuffle(kept)
        return kept[:most]

    def values(self, trees: Sequence[Expression], rows: Sequence[Row]) -> list[tuple[Any, ...]]:
        """What expressions are worth on each row."""
        if not rows:
            return []
        self._load(rows)
        return self._asked(f"SELECT {', '.join(map(_sql, trees))} FROM rows ORDER BY row")

    def of_groups(self, trees: Sequence[Expression], groups: Sequence[Sequence[Row]]) -> list[tuple[Any, ...]]:
        """What aggregated expressions are worth on each group of rows."""
        self._load([row for group in groups for row in group], [n for n, group in enumerate(groups) for _ in group])
        return self._asked(f"SELECT {', '.join(map(_sql, trees))} FROM rows GROUP BY grp ORDER BY grp")

    def kept(self, condition: Expression, groups: Sequence[Sequence[Row]]) -> list[set[int]]:
        """Positions of the rows of each group that a condition with a window over the group keeps."""
        own = condition.copy()
        for window in own.find_all(exp.Window):
            parts = [*(window.args.get("partition_by") or []), exp.column("grp")]
            window.set("partition_by", parts)
        numbers = [n for n, group in enumerate(groups) for _ in group]
        self._load([row for group in groups for row in group], numbers)
        found: list[set[int]] = [set() for _ in groups]
        first = [numbers.index(n) if n in numbers else 0 for n in range(len(groups))]
        for group, row in self._asked(f"SELECT grp, row FROM rows QUALIFY {_sql(own)}"):
            found[group].add(row - first[group])
        return found

    def _rounds(
        self, a: Sequence[Expression], b: Sequence[Expression], given: Sequence[Expression]
    ) -> Iterable[list[tuple[Row, tuple[bool, ...]]]]:
        conditions = [*a, *b, *given]
        rows = self._first()
        for _ in range(ROUNDS):
            tried = self._truths(conditions, rows)
            yield tried
            by_a = sorted(tried, key=lambda each: -self._score(each[1], a, b, first=True))
            by_b = sorted(tried, key=lambda each: -self._score(each[1], a, b, first=False))
            best = [row for row, _ in [*by_a[:KEPT], *by_b[:KEPT]]]
            rows = list(itertools.islice(self._changed(best), MOST_ROWS))

    def _score(self, truths: Sequence[bool], a: Sequence[Any], b: Sequence[Any], first: bool) -> float:
        of_a, of_b, of_given = self._split(truths, a, b)
        return sum(of_a if first else of_b) + sum(of_given) + self._random.random() / 2

    @staticmethod
    def _split(
        truths: Sequence[bool], a: Sequence[Any], b: Sequence[Any]
    ) -> tuple[Sequence[bool], Sequence[bool], Sequence[bool]]:
        return truths[: len(a)], truths[len(a) : len(a) + len(b)], truths[len(a) + len(b) :]

    def _first(self) -> list[Row]:
        columns, of = self._values.columns, self._values.of
        usual = [{key: of[key][0] for key in columns}]
        return usual + [{key: self._random.choice(of[key]) for key in columns} for _ in range(BEGUN)]

    def _changed(self, rows: Sequence[Row]) -> Iterable[Row]:
        seen: set[tuple[Any, ...]] = set()
        for row in rows:
            for key in self._values.columns:
                for value in self._values.of[key]:
                    changed = {**row, key: value}
                    if (known := tuple(changed.values())) not in seen:
                        seen.add(known)
                        yield changed

    def _truths(self, conditions: Sequence[Expression], rows: Sequence[Row]) -> list[tuple[Row, tuple[bool, ...]]]:
        self._load(rows)
        asked = ", ".join(f"coalesce({_sql(each)}, false)" for each in conditions) or "true"
        found = self._asked(f"SELECT {asked} FROM rows ORDER BY row")
        return [(row, truths if conditions else ()) for row, truths in zip(rows, found, strict=True)]

    def _load(self, rows: Sequence[Row], groups: Sequence[int] | None = None) -> None:
        import pyarrow as pa

        arrow = {"BIGINT": pa.int64(), "DOUBLE": pa.float64(), "VARCHAR": pa.string(), "DATE": pa.date32(),
                 "TIMESTAMP": pa.timestamp("us"), "BOOLEAN": pa.bool_()}  # fmt: skip
        columns = {
            f"{alias}.{name}": pa.array(
                [row[alias, name] for row in rows], arrow[_duck_type(self._types.get((alias, name), "")) or "VARCHAR"]
            )
            for alias, name in self._values.columns
        }
        numbers = pa.array(range(len(rows)), pa.int64())
        table = pa.table({"row": numbers, "grp": pa.array(groups or [0] * len(rows), pa.int64()), **columns})
        self._duck.register("rows", table)

    def _asked(self, query: str) -> list[tuple[Any, ...]]:
        import duckdb

        try:
            return list(self._duck.execute(query).fetchall())
        except duckdb.Error as error:
            raise NotTried(str(error).split("\n")[0]) from None


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


def _sql(tree: Expression) -> str:
    def flat(node: Expression) -> Expression:
        if isinstance(node, exp.Column) and node.table:
            return exp.column(exp.to_identifier(f"{node.table}.{node.name}", quoted=True))
        return node

    return str(enclosed(tree.copy().transform(flat)).sql(dialect="duckdb"))


def differ(a: Any, b: Any) -> bool:
    """Whether two values differ by more than rounding."""
    if isinstance(a, bool) or isinstance(b, bool) or a is None or b is None:
        return a is not b and a != b
    try:
        return bool(abs(float(a) - float(b)) > TOLERANCE * max(abs(float(a)), abs(float(b)), 1e-9))
    except (TypeError, ValueError):
        return bool(a != b)
