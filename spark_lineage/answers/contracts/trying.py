"""Rows on which two expressions give different values, found by DuckDB among rows with boundary values.

Values come from the literals of the expressions, one step to either side, NULL, and sampled values. Rows that fulfil
most of the conditions are changed column by column, so that boundaries are met while everything else holds. Only what
Spark and DuckDB evaluate alike is tried; for anything else :func:`not_evaluated` says why not.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlglot import exp

from spark_lineage.answers.contracts.conditions import Types
from spark_lineage.answers.contracts.evaluable import NotTried, duck_type
from spark_lineage.answers.contracts.made_up import Key, Values
from spark_lineage.answers.contracts.rounding import apart
from spark_lineage.answers.contracts.texts import Expression, enclosed

Row = dict[Key, Any]

ROUNDS, KEPT, BEGUN, MOST_ROWS = 6, 24, 300, 6000


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
                [row[alias, name] for row in rows], arrow[duck_type(self._types.get((alias, name), "")) or "VARCHAR"]
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


def _sql(tree: Expression) -> str:
    def flat(node: Expression) -> Expression:
        if isinstance(node, exp.Column) and node.table:
            return exp.column(exp.to_identifier(f"{node.table}.{node.name}", quoted=True))
        return node

    return str(enclosed(tree.copy().transform(flat)).sql(dialect="duckdb"))
