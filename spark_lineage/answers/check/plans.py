"""Checks of rows and plans: empty output, unions that mix columns up, deduplication that leaves duplicates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from spark_lineage.answers.check.evidence import REDUCING, Evidence, below, root
from spark_lineage.answers.check.names import DUPLICATES, EMPTY, UNION
from spark_lineage.answers.check.results import Result, Status
from spark_lineage.model import Clash, Dataset, Fragment, RowOperator

TIES = ("rank", "dense_rank")


def empty(run: Evidence) -> Iterator[Result]:
    """A step gives no row though it got some. Anti joins and ``exceptAll`` are left out: they may well give none."""
    for dataset, fragment in run.made():
        got = [run.rows(name) for name in fragment.inputs]
        if not got or any(rows == 0 for rows in got) or _difference(fragment):
            continue
        rows = run.rows(dataset.id)
        if rows is None:
            yield run.result(EMPTY, dataset, Status.UNKNOWN, "some rows", run.why_unmeasured([dataset.id]))
        elif rows > 0:
            yield run.result(EMPTY, dataset, Status.PASSED, "some rows", f"{rows:,} rows")
        else:
            into = ", ".join(
                f"{name} {rows:,}" if rows is not None else name
                for name, rows in zip(fragment.inputs, got, strict=True)
            )
            yield run.result(EMPTY, dataset, Status.FAILED, "some rows", f"no row, from {into}")


def _difference(fragment: Fragment) -> bool:
    operators = (
        [fragment.row_operators[position] for position in below(fragment, root(fragment))]
        if root(fragment) >= 0
        else []
    )
    return any(
        operator.kind == "left anti" or (operator.op == "set" and operator.kind == "except") for operator in operators
    )


# --------------------------------------------------------------------------- unions


def union(run: Evidence) -> Iterator[Result]:
    """A union by position puts columns together that do not belong together."""
    for dataset, fragment in run.made():
        unions = [operator for operator in fragment.row_operators if operator.op == "union"]
        clashes = list(dict.fromkeys(clash for union in unions for clash in union.clashes))
        if clashes:
            actual = "; ".join(map(_mixed, clashes[:5])) + (f"; {len(clashes) - 5} more" if len(clashes) > 5 else "")
            expected = "the same columns in the same order (unionByName?)"
            yield run.result(UNION, dataset, Status.FAILED, expected, actual, clashes[0].name)
        elif unions:
            yield run.result(UNION, dataset, Status.PASSED, "the same columns in the same order", "they are")


def _mixed(clash: Clash) -> str:
    first, other = f"{clash.name} {clash.type}", f"{clash.other_name} {clash.other_type}"
    return f"column {clash.position + 1} takes {other} for {first}"


# --------------------------------------------------------------------------- keys


def duplicates(run: Evidence) -> Iterator[Result]:
    """Rows with equal keys after a deduplication on them."""
    for dataset, fragment in run.made():
        for operator in _deduplications(fragment):
            keys = operator.keys
            expected = f"one row for each {', '.join(keys)}"
            repeated = _repeated(dataset, keys)
            if repeated:
                actual = f"several rows for one key: {_why(operator)}"
                yield run.result(
                    DUPLICATES, dataset, Status.FAILED, expected, actual, value=", ".join(map(str, repeated))
                )
            elif operator.kind not in TIES and _on_top(fragment, operator):
                yield run.result(DUPLICATES, dataset, Status.PASSED, expected, "unique by the plan")
            else:
                why = "the sample shows no two rows with equal keys; unique(...) as a rule decides it"
                yield run.result(DUPLICATES, dataset, Status.UNKNOWN, expected, why)


def _why(operator: RowOperator) -> str:
    return f"{operator.kind} keeps ties" if operator.kind in TIES else "rows came in again after the deduplication"


def _deduplications(fragment: Fragment) -> list[RowOperator]:
    """On keys that are columns of the output, nothing of which is aggregated afterwards."""
    names = {name for name, _, _ in fragment.columns}
    at, found = [root(fragment)] if root(fragment) >= 0 else [], []
    while at:
        operator = fragment.row_operators[at.pop()]
        if operator.op == "deduplicate" and operator.keys and set(operator.keys) <= names:
            found.append(operator)
        elif operator.op in REDUCING or operator.op == "union":
            at.extend(operator.children)
    return found


def _on_top(fragment: Fragment, operator: RowOperator) -> bool:
    at = fragment.row_operators[root(fragment)]
    while at is not operator and at.op in REDUCING:
        at = fragment.row_operators[at.children[0]]
    return at is operator


def _repeated(dataset: Dataset, keys: tuple[str, ...]) -> tuple[str | None, ...] | None:
    """Values of the keys that two rows of the sample have."""
    sample = dataset.sample
    if sample is None or any(sample.columns.count(key) != 1 for key in keys):
        return None
    at = [sample.columns.index(key) for key in keys]
    counts: Counter[tuple[str | None, ...]] = Counter()
    same_key = set(sample.key) == set(keys)
    for row, count in zip(sample.rows, sample.counts, strict=False):
        counts[tuple(row[place] for place in at)] += count if same_key else 1
    return next((values for values, count in counts.items() if count > 1 and not _cut(values)), None)


def _cut(values: tuple[str | None, ...]) -> bool:
    return any(value is not None and value.endswith("…") for value in values)
