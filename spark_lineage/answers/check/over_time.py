"""Checks against earlier runs of the program: columns dropped or retyped, NULLs that are new, rows far off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from spark_lineage.answers.check.evidence import Evidence
from spark_lineage.answers.check.names import FAR, NEW_NULLS, SCHEMA
from spark_lineage.answers.check.results import Result, Status
from spark_lineage.model import Dataset

FEWEST_RUNS = 3
SHARE = 0.25  # of the median: within, a row count is never far off
SPREADS = 5  # median absolute deviations, scaled to standard deviations of a normal distribution
SCALE = 1.4826
SLACK = 5  # rows


def against_last(run: Evidence, last: Evidence) -> Iterator[Result]:
    """Columns that were dropped, have another type, or hold NULLs for the first time.

    Only the first dataset where that shows fails, and not those that are made from it.
    """
    told: dict[tuple[str, str], set[str]] = {}
    for dataset in run.graph.datasets:
        before = last.datasets.get(dataset.id)
        if before is None or not before.columns or not dataset.columns:
            continue
        for check, column, actual in _changes(dataset, before):
            told.setdefault((check, column), set()).add(dataset.id)
            inputs = dataset.fragment.inputs if dataset.fragment is not None else ()
            if told[(check, column)].isdisjoint(name for name in inputs if name != dataset.id):
                expected = "as in the run before"
                yield run.result(check, dataset, Status.FAILED, expected, actual, column, against=last.graph.run.id)


def _changes(dataset: Dataset, before: Dataset) -> Iterator[tuple[str, str, str]]:
    now = {column.name: column for column in dataset.columns}
    for column in before.columns:
        if column.name not in now:
            yield SCHEMA, column.name, f"{column.name} ({column.type}) is there no more"
            continue
        found = now[column.name]
        if found.type != column.type:
            yield SCHEMA, column.name, f"{column.name} is {found.type}, was {column.type}"
        if before.complete and before.rows and column.nulls == 0 and dataset.complete and found.nulls:
            yield NEW_NULLS, column.name, f"{found.nulls:,} of {dataset.rows:,} are NULL, none was"


def far(run: Evidence, earlier: Sequence[Evidence]) -> Iterator[Result]:
    """Row counts that are far from those of earlier runs. A dataset whose input is far off, too, does not fail."""
    off: set[str] = set()
    for dataset in run.graph.datasets:
        rows = run.rows(dataset.id)
        history = [found for evidence in earlier if (found := evidence.rows(dataset.id)) is not None]
        if rows is None or len(history) < FEWEST_RUNS:
            continue
        low, high = _usual(history)
        expected = f"{low:,} to {high:,} rows, as in {len(history)} runs before"
        inputs = dataset.fragment.inputs if dataset.fragment is not None else ()
        if low <= rows <= high:
            yield run.result(FAR, dataset, Status.PASSED, expected, f"{rows:,} rows")
            continue
        off.add(dataset.id)
        if off.isdisjoint(name for name in inputs if name != dataset.id):
            yield run.result(FAR, dataset, Status.FAILED, expected, f"{rows:,} rows")


def _usual(history: Sequence[int]) -> tuple[int, int]:
    """The median of earlier runs, give or take a robust spread."""
    middle = median(history)
    spread = SPREADS * SCALE * median(abs(count - middle) for count in history)
    reach = max(spread, SHARE * middle, SLACK)
    return max(0, round(middle - reach)), round(middle + reach)
