"""Which conditions follow from others, and which are never true of NULL."""

from __future__ import annotations

from sqlglot import exp

from spark_lineage.answers.contracts.constants import CASTS
from spark_lineage.answers.contracts.parts import parts as parts_of
from spark_lineage.answers.contracts.texts import Expression, text_of


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
    parts = {text: {text_of(part) for part in parts_of(each, exp.Or)} for text, each in kept.items()}
    narrow = [text for text in kept if not any(parts[other] < parts[text] for other in kept)]
    return [kept[text] for text in sorted(narrow)]


def rejects_null(tree: Expression, columns: set[str]) -> bool:
    """Whether a condition is never true where these columns (as texts) are all NULL. False where that is not plain."""
    if isinstance(tree, exp.And):
        return any(rejects_null(part, columns) for part in parts_of(tree, exp.And))
    if isinstance(tree, exp.Or):
        return all(rejects_null(part, columns) for part in parts_of(tree, exp.Or))
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
