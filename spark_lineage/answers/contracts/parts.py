"""Conditions that are joined by ``and`` and ``or``, in parts and put together."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from typing import Any

from spark_lineage.answers.contracts.texts import Expression, text_of


def parts(tree: Expression, kind: Any) -> list[Expression]:
    return [*parts(tree.this, kind), *parts(tree.expression, kind)] if isinstance(tree, kind) else [tree]


def joined(kind: Any, listed: Iterable[Expression]) -> Expression:
    """Several conditions as one, each once, in the order of their texts."""
    ordered = {text_of(part): part for part in listed}
    return reduce(lambda a, b: kind(this=a, expression=b), [ordered[text] for text in sorted(ordered)])
