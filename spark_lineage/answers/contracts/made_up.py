"""Values on which expressions are tried: those of their literals, one step to either side, NULL, and sampled ones."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlglot import exp

from spark_lineage.answers.contracts.conditions import Types
from spark_lineage.answers.contracts.evaluable import duck_type
from spark_lineage.answers.contracts.texts import Expression, columns_of

Key = tuple[str, str]
MOST_VALUES = 16


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
    return duck_type(types.get(a, "")) == duck_type(types.get(b, ""))


def _literal(node: Expression) -> str:
    return f"-{node.name}" if isinstance(node.parent, exp.Neg) else str(node.name)


def _values(type_: str, literals: Sequence[str], sampled: Sequence[Any]) -> list[Any]:
    duck = duck_type(type_)
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
