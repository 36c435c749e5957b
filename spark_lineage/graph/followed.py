"""Which columns could not be followed to what they are made from.

The JVM half says which columns are made from rows that no plan explains, as those of an RDD. Rows that stand in the
program itself (``createDataFrame`` of a list that no DataFrame gave) come from nowhere else: such columns are made from
nothing, as literals are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from spark_lineage.graph.observed import Observed
from spark_lineage.model import Fragment, Operation, OperationKind

WHY = "came through an RDD or through Python: what they are made from is not followed"
_MOST_NAMED = 5


def settle(seen: Observed) -> None:
    """Sets ``ColumnDefinition.followed`` of all fragments."""
    for df, fragment in seen.fragments.items():
        if not all(definition.followed for definition in fragment.definitions) and _is_of_the_program(seen, df):
            seen.fragments[df] = replace(
                fragment, definitions=tuple(replace(definition, followed=True) for definition in fragment.definitions)
            )


def lost_columns(fragment: Fragment) -> str | None:
    """The columns of the fragment that are not followed, as a sentence; None if all are."""
    names = [definition.column for definition in fragment.definitions if not definition.followed]
    if not names:
        return None
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"{', '.join(names[:_MOST_NAMED])}{more} {WHY}"


def _is_of_the_program(seen: Observed, df: str) -> bool:
    """Whether each DataFrame without a plan that ``df`` stands on was made of rows that stand in the program."""
    stop = set(seen.fragments[df].inputs)
    makers: Mapping[str, Operation] = seen.makers
    waiting, known = [df], {df}
    while waiting:
        maker = makers.get(waiting.pop())
        if maker is None:
            return False
        if maker.kind is OperationKind.CREATE and (maker.inputs or "rows" in maker.detail):
            return False  # the rows of a DataFrame, or of an RDD
        read = seen.fragments.get(maker.output or "") if maker.kind is OperationKind.READ else None
        if read is not None and "rdd" in read.opaque:
            return False  # ``spark.read.json(rdd)``
        if not maker.inputs and maker.kind not in (OperationKind.CREATE, OperationKind.READ):
            return False
        new = [name for name in maker.inputs if name not in stop and name not in known]
        known.update(new)
        waiting += new
    return True
