"""Checks of joins: rows multiplied, rows lost, outer joins that a filter undoes."""

from __future__ import annotations

from collections.abc import Iterator

from spark_lineage.answers.check.evidence import REDUCING, Evidence, inputs_below, named_join, root
from spark_lineage.answers.check.names import FAN_OUT, ROW_LOSS, UNDONE
from spark_lineage.answers.check.results import Result, Status
from spark_lineage.model import Dataset, Fragment, RowOperator

# --------------------------------------------------------------------------- more rows than went in


def fan_out(run: Evidence) -> Iterator[Result]:
    """A step with a join gives more rows than the side that the join looks up for has."""
    for dataset, fragment in run.made():
        joins = [fragment.row_operators[position] for position in _driving(fragment, root(fragment))]
        if not joins:
            continue
        most, rows = run.most(fragment), run.rows(dataset.id)
        expected = f"no more than {most:,} rows" if most is not None else "no more rows than went into the join"
        named = _one_of(joins)
        partly = _partly(run, dataset, fragment) if rows is None else None
        if partly is not None:
            rows, most = partly
            expected = f"no more than {most:,} of the rows that flowed"
        if most is None or rows is None:
            missing = [dataset.id, *inputs_below(fragment, root(fragment))]
            actual = run.why_unmeasured(missing)
            yield run.result(FAN_OUT, dataset, Status.UNKNOWN, expected, actual, joins=named)
        elif rows > most:
            factor = rows / most if most else float(rows)
            actual = f"{rows:,} rows: {named} multiplies rows by {factor:.3g}"
            yield run.result(FAN_OUT, dataset, Status.FAILED, expected, actual, joins=named, factor=round(factor, 4))
        else:
            yield run.result(FAN_OUT, dataset, Status.PASSED, expected, f"{rows:,} rows", joins=named)


def _partly(run: Evidence, dataset: Dataset, fragment: Fragment) -> tuple[int, int] | None:
    """Where later filters ran below the dataset: the rows that flowed and the most expected, if they are more."""
    for measurement in dataset.partial:
        most = run.most_of(fragment, frozenset(measurement.pushed))
        if most is not None and measurement.rows > most:
            return measurement.rows, most
    return None


def _driving(fragment: Fragment, at: int) -> list[int]:
    """The joins whose multiplying the rows of the root would show."""
    if at < 0:
        return []
    operator = fragment.row_operators[at]
    if operator.op in REDUCING or (operator.op == "aggregate" and operator.keys):
        return _driving(fragment, operator.children[0])
    if operator.op == "union":
        return [position for child in operator.children for position in _driving(fragment, child)]
    if operator.op != "join" or not (operator.equi or operator.kind in ("left semi", "left anti")):
        return []
    left, right = operator.children
    kind = operator.kind
    deeper = _driving(fragment, left) if kind != "right outer" else []
    if kind in ("inner", "right outer", "full outer"):
        deeper = [*deeper, *_driving(fragment, right)]
    return [*([] if kind in ("left semi", "left anti") else [at]), *deeper]


def _one_of(joins: list[RowOperator]) -> str:
    names = list(dict.fromkeys(named_join(join) for join in joins))
    return names[0] if len(names) == 1 else f"one of {len(names)} joins ({'; '.join(names)})"


# --------------------------------------------------------------------------- fewer rows than went in


def row_loss(run: Evidence) -> Iterator[Result]:
    """An inner join with a lookup table that nobody has filtered drops rows that have no partner in it."""
    for dataset, fragment in run.made():
        at = root(fragment)
        if at < 0:
            continue
        join = fragment.row_operators[at]
        if join.op != "join" or join.kind != "inner" or not join.equi:
            continue
        left, right = (run.exactly(fragment, child) for child in join.children)
        rows, name = run.rows(dataset.id), named_join(join)
        if left is None or right is None or rows is None:
            if all(fragment.row_operators[child].op in ("input", "union") for child in join.children):
                why = run.why_unmeasured([dataset.id, *inputs_below(fragment, at)])
                yield run.result(ROW_LOSS, dataset, Status.UNKNOWN, "no row without a partner", why, joins=name)
            continue
        yield _loss(run, dataset, fragment, join, (left, right), rows)


def _loss(
    run: Evidence, dataset: Dataset, fragment: Fragment, join: RowOperator, sides: tuple[int, int], rows: int
) -> Result:
    """In an inner join that multiplies nothing, each row of the result is a row of the side with many rows.

    More rows than the smaller side has: the larger is the side with many, and what it has more is lost. Fewer rows
    than the smaller side has: whichever side it is has lost some. As many as the smaller side: nothing is known.
    """
    name, small, large = named_join(join), min(sides), max(sides)
    lost, of = (large - rows, large) if rows > small else (small - rows, small)
    losing = [0, 1] if rows < small else [sides.index(large)]
    meant = any(run.chooses(fragment, join.children[1 - side]) for side in losing)
    if lost <= 0 or meant:
        return run.result(ROW_LOSS, dataset, Status.PASSED, "no row without a partner", f"{rows:,} rows", joins=name)
    share = lost / of
    actual = f"{rows:,} rows: {name} drops {lost:,} of {of:,} rows ({share:.2g} of them)".replace(
        f"({share:.2g} of them)", f"({_percent(share)})"
    )
    return run.result(
        ROW_LOSS, dataset, Status.FAILED, f"{of:,} rows, or a left join", actual, joins=name, lost=lost,
        factor=round(rows / of, 4),
    )  # fmt: skip


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= 0.001 else "less than 0.1%"


# --------------------------------------------------------------------------- an outer join that is none


def undone(run: Evidence) -> Iterator[Result]:
    """A filter drops the rows that an outer join kept, so that it is an inner join in effect."""
    for dataset, fragment in run.made():
        outer = {
            at: operator
            for at, operator in enumerate(fragment.row_operators)
            if operator.op == "join" and "outer" in (operator.kind or "")
        }
        found = {join: text for operator in fragment.row_operators for join, text in operator.undone}
        for at, join in outer.items():
            expected, name = "rows without a partner are kept", named_join(join)
            if at in found:
                actual = f"filter {found[at]} drops the rows for which {name} finds nothing: an inner join in effect"
                yield run.result(UNDONE, dataset, Status.FAILED, expected, actual, joins=name, filter=found[at])
            else:
                yield run.result(
                    UNDONE, dataset, Status.PASSED, expected, f"{name}: no filter above it drops them", joins=name
                )
        yield from _undone_later(run, dataset, fragment)


def _undone_later(run: Evidence, dataset: Dataset, fragment: Fragment) -> Iterator[Result]:
    """The filter stands in a later step, and no other step reads the rows that it drops."""
    for operator in fragment.row_operators:
        for text, columns in operator.drops:
            origin = columns[0][0]
            names = {column for of, column in columns if of == origin}
            join = _supplier(run, origin, frozenset(names), 0)
            if join is not None:
                actual = f"filter {text} drops the rows for which {join} finds nothing: an inner join in effect"
                yield run.result(
                    UNDONE, dataset, Status.FAILED, "rows without a partner are kept", actual, joins=join, filter=text
                )
                return


def _supplier(run: Evidence, dataset: str, names: frozenset[str], depth: int) -> str | None:
    """The outer join that fills all these columns with NULL, if everything on the way there has but one reader."""
    found = run.datasets.get(dataset)
    if found is None or found.fragment is None or len(run.users.get(dataset, ())) != 1 or depth > 20:
        return None
    fragment = found.fragment
    for operator in fragment.row_operators:
        supplied = {fragment.columns[at][0] for at in operator.supplied if at < len(fragment.columns)}
        if names <= supplied:
            return named_join(operator)
    return _passed_on(run, fragment, names, depth)


def _passed_on(run: Evidence, fragment: Fragment, names: frozenset[str], depth: int) -> str | None:
    origins = set()
    for name in names:
        definition = next((definition for definition in fragment.definitions if definition.column == name), None)
        if definition is None or len(definition.inputs) != 1 or definition.inputs[0].subtype != "IDENTITY":
            return None
        origins.add((definition.inputs[0].dataset, definition.inputs[0].column))
    datasets = {dataset for dataset, _ in origins}
    if len(datasets) != 1:
        return None
    return _supplier(run, datasets.pop(), frozenset(column for _, column in origins), depth + 1)
