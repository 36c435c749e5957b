"""Values among constants: ``in``, ``not in``, and equalities that are one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlglot import exp

from spark_lineage.answers.contracts.constants import day_of, is_constant, is_number
from spark_lineage.answers.contracts.parts import joined
from spark_lineage.answers.contracts.texts import Expression, text_of


def _kind(constant: Expression) -> str:
    """Constants of several kinds in one ``in`` are compared otherwise than each alone: Spark gives them one type."""
    return "number" if is_number(constant) else "day" if day_of(constant) is not None else "text"


def among(value: Expression, listed: Mapping[str, Expression], within: bool) -> Expression:
    if all(map(is_constant, listed.values())):
        found = exp.In(this=value, expressions=[listed[text] for text in sorted(listed)])
        return found if within else exp.Not(this=found)
    parts = [exp.EQ(this=a, expression=b) for a, b in (sorted((value, each), key=text_of) for each in listed.values())]
    if within:
        return joined(exp.Or, parts)
    return joined(exp.And, [exp.NEQ(this=part.this, expression=part.expression) for part in parts])


def grouped(parts: list[Expression], kind: Any, within: bool) -> list[Expression]:
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
    return [*others, *(among(value, listed, within) for value, listed in values.values())]
