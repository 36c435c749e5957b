"""What follows of the rows of datasets that no probe saw as a whole, without anything being assumed.

* Where what a plan takes is empty, what it gives is: adaptive execution then runs nothing of it.
* Where as many rows passed the pushed filters as the plan can give at all, the filters have removed nothing.
* Where the plan drops and repeats no row of what it takes, it gives as many as that has. What is known of its columns
  stays that of the rows that a probe saw.
* Where rows were counted between the filters of one scan, they are those of the dataset if the scan has skipped none:
  if it has given as many as the files state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from math import prod

from spark_lineage.graph.measured import columns, unknown
from spark_lineage.model import Dataset, DatasetKind, Partial, RowOperator

EMPTY = "what it is made from is empty"
NOTHING_REMOVED = "the filters that ran below the probe have removed no row"
_OPEN = frozenset({"filter_pushed", "stepped_aside", "not_measured", "limit", "partial", "served_from_cache"})


Counts = Sequence[tuple[int, int]]  # (rows, rows that the scan below has given)


def completed(datasets: Iterable[Dataset], counted: Mapping[str, Counts]) -> tuple[Dataset, ...]:
    """The datasets, those that are made from others after these; what follows of their rows is filled in.

    ``counted``: by the ids of datasets, what was counted of them between the filters of a scan.
    """
    rows: dict[str, int] = {}
    read: dict[str, int] = {}  # without what was written: others may have changed that before it is read again
    sources: dict[str, str] = {}  # the one source that the rows of a dataset come from
    found: list[Dataset] = []
    for dataset in datasets:
        made = dataset
        source = _only_source(dataset, sources)
        if source is not None:
            sources[dataset.id] = source
        if dataset.reason in _OPEN:
            exact = _exact_count(counted.get(dataset.id, ()), read.get(source) if source is not None else None)
            made = _completed(dataset, rows, read, exact)
        if made.rows is not None:
            rows[made.id] = made.rows
            if made.kind is not DatasetKind.SINK:
                read[made.id] = made.rows
        found.append(made)
    return tuple(found)


def _only_source(dataset: Dataset, sources: Mapping[str, str]) -> str | None:
    if dataset.kind is DatasetKind.SOURCE:
        return dataset.id
    operators = dataset.fragment.row_operators if dataset.fragment is not None else ()
    taken = {name for operator in operators if operator.op == "input" for name in operator.datasets}
    return sources.get(next(iter(taken))) if len(taken) == 1 else None


def _exact_count(counts: Counts, source: int | None) -> int | None:
    """The rows that were counted where the scan gave all rows of the source; None where counts disagree."""
    exact = {rows for rows, read in counts if read == source}
    return exact.pop() if len(exact) == 1 else None


def _completed(
    dataset: Dataset, rows: Mapping[str, int], read: Mapping[str, int], counted: int | None = None
) -> Dataset:
    fragment = dataset.fragment
    if fragment is None or not fragment.row_operators:
        return dataset
    most = most_rows(fragment.row_operators, rows)
    if most == 0:
        return replace(dataset, rows=0, complete=True, reason=None, detail=EMPTY, pushed=(), partial=())
    all_rows = counted if counted is not None else most
    whole = next((partial for partial in dataset.partial if partial.rows == all_rows), None)
    if whole is not None and fragment.deterministic:
        return _of_all(dataset, whole)
    exact = counted if counted is not None else exact_rows(fragment.row_operators, read)
    # More rows than that were seen only if what the plan takes has changed meanwhile.
    if exact is None or any(partial.rows > exact for partial in dataset.partial):
        return dataset
    return replace(dataset, rows=exact)


def _of_all(dataset: Dataset, seen: Partial) -> Dataset:
    measured = replace(unknown("", None), columns=seen.columns)
    declared = [(column.name, column.type, column.nullable) for column in dataset.columns]
    return replace(
        dataset, rows=seen.rows, complete=True, reason=None, detail=NOTHING_REMOVED, pushed=(), partial=(),
        columns=columns(declared, measured), fingerprint=seen.fingerprint,
    )  # fmt: skip


def exact_rows(operators: Sequence[RowOperator], rows: Mapping[str, int]) -> int | None:
    """How many rows the last of the operators gives, whatever the data; None where that hangs on the data."""
    found: list[int | None] = []
    for operator in operators:
        below = [found[child] for child in operator.children]
        if operator.op == "input":
            found.append(_all_of([rows.get(name) for name in operator.datasets], sum))
        elif operator.op == "union":
            found.append(_all_of(below, sum))
        elif operator.op == "join" and operator.kind == "cross" and operator.text is None:
            found.append(_all_of(below, prod))
        else:
            found.append(1 if operator.op == "aggregate" and not operator.keys else None)
    return found[-1] if found else None


def most_rows(operators: Sequence[RowOperator], rows: Mapping[str, int]) -> int | None:
    """The most rows that the last of the operators can give, whatever the data; None where that is not known."""
    found: list[int | None] = []
    for operator in operators:
        below = [found[child] for child in operator.children]
        found.append(_most(operator, below, rows))
    return found[-1] if found else None


def _most(operator: RowOperator, below: Sequence[int | None], rows: Mapping[str, int]) -> int | None:
    if operator.op == "input":
        return _all_of([rows.get(name) for name in operator.datasets], sum)
    if operator.op == "union":
        return _all_of(below, sum)
    if operator.op == "aggregate" and not operator.keys:
        return 1
    if operator.op in ("filter", "limit", "sample", "deduplicate", "aggregate", "set"):
        return below[0] if below else None
    if operator.op == "generate":
        return 0 if below and below[0] == 0 else None
    return _joined(operator.kind or "", below) if operator.op == "join" and len(below) == 2 else None


def _joined(kind: str, below: Sequence[int | None]) -> int | None:
    left, right = below
    if kind in ("left semi", "left anti"):
        return left
    if kind in ("inner", "cross"):
        return 0 if 0 in below else _all_of(below, prod)
    if kind == "left outer":
        return 0 if left == 0 else _all_of([left, _at_least_one(right)], prod)
    if kind == "right outer":
        return 0 if right == 0 else _all_of([_at_least_one(left), right], prod)
    return 0 if left == 0 == right else None


def _all_of(known: Sequence[int | None], total: Callable[[Sequence[int]], int]) -> int | None:
    values = [value for value in known if value is not None]
    return total(values) if known and len(values) == len(known) else None


def _at_least_one(rows: int | None) -> int | None:
    return max(rows, 1) if rows is not None else None
