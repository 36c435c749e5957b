"""Checks of columns: all NULL, NULL made by a cast, constant, an average over zeros that stand for NULL."""

from __future__ import annotations

import re
from collections.abc import Iterator

from spark_lineage.answers.check.constants import constant_value
from spark_lineage.answers.check.evidence import REDUCING, Evidence, notes, root
from spark_lineage.answers.check.names import ALL_NULL, CAST, CONSTANT, ZEROS
from spark_lineage.answers.check.results import Result, Status
from spark_lineage.model import Column, ColumnDefinition, ColumnNote, Dataset, Fragment

FEWEST_ROWS = 5  # in fewer rows, equal values say little
# Columns of these functions often hold one value for good reason: a short time, groups of one size, a clean table.
COARSE = re.compile(
    r"\(*(year|quarter|month|weekofyear|dayofweek|day|hour|length|char_length|size|trunc|date_trunc|date_format|count|to_date)\("
)


def _defined(dataset: Dataset, fragment: Fragment) -> Iterator[tuple[int, Column, ColumnDefinition]]:
    if len(fragment.definitions) == len(dataset.columns):
        for position, (column, definition) in enumerate(zip(dataset.columns, fragment.definitions, strict=True)):
            yield position, column, definition


def _passed_on(definition: ColumnDefinition) -> bool:
    direct = [column_input for column_input in definition.inputs if column_input.kind == "DIRECT"]
    return bool(direct) and all(column_input.subtype == "IDENTITY" for column_input in direct)


# --------------------------------------------------------------------------- nothing but NULL


def all_null(run: Evidence) -> Iterator[Result]:
    """A column that the step computes, or that an outer join brings in, holds no value at all."""
    for dataset, fragment in run.made():
        if not dataset.complete or not dataset.rows or _single_row(fragment):
            continue
        for position, column, definition in _defined(dataset, fragment):
            if column.nulls is None or not _may_be_empty(run, fragment, position, definition):
                continue
            expected = "a value in some row"
            if column.nulls == dataset.rows:
                actual = f"NULL in all {dataset.rows:,} rows: {definition.expression}"
                yield run.result(ALL_NULL, dataset, Status.FAILED, expected, actual, column.name)
            else:
                yield run.result(ALL_NULL, dataset, Status.PASSED, expected, f"{column.nulls:,} NULL", column.name)


def _single_row(fragment: Fragment) -> bool:
    """A sum over no rows is NULL: that is about the rows, not about the column."""
    at = root(fragment)
    return at >= 0 and fragment.row_operators[at].op == "aggregate" and not fragment.row_operators[at].keys


def _may_be_empty(run: Evidence, fragment: Fragment, position: int, definition: ColumnDefinition) -> bool:
    """False where the program writes NULL itself, and where the inputs held nothing but NULL already."""
    direct = [column_input for column_input in definition.inputs if column_input.kind == "DIRECT"]
    if not direct:
        return False
    if _passed_on(definition) and not any(position in operator.supplied for operator in fragment.row_operators):
        return False
    before = [
        (run.nulls(column_input.dataset, column_input.column), run.rows(column_input.dataset))
        for column_input in direct
    ]
    return not all(nulls is not None and nulls == rows for nulls, rows in before)


# --------------------------------------------------------------------------- values that could not be read


def cast(run: Evidence) -> Iterator[Result]:
    """A cast makes NULL of values: the column has more NULL than the column that it is made from."""
    for dataset, fragment in run.made():
        for note in notes(fragment, "cast"):
            if note.input is not None:
                yield _cast(run, dataset, fragment, note, note.input)


def _cast(run: Evidence, dataset: Dataset, fragment: Fragment, note: ColumnNote, origin: tuple[str, str]) -> Result:
    expected = f"no more NULL than {origin[0]}.{origin[1]} has"
    before = run.nulls(*origin)
    after = run.nulls(dataset.id, note.column)
    if not _only_reduces(fragment):
        why = "a join or union stands between"
        return run.result(CAST, dataset, Status.UNKNOWN, expected, why, note.column)
    if after == 0:
        return run.result(CAST, dataset, Status.PASSED, expected, "0 NULL", note.column)
    if before is None or after is None:
        which = f"{origin[0]}.{origin[1]}" if before is None else f"{dataset.id}.{note.column}"
        return run.result(CAST, dataset, Status.UNKNOWN, expected, f"NULLs of {which} were not counted", note.column)
    kept = _kept(run, dataset, fragment, origin, before)
    if kept is not None and after > kept:
        actual = f"{after - kept:,} values became NULL ({kept:,} before, {after:,} after): {note.text}"
        return run.result(CAST, dataset, Status.FAILED, expected, actual, note.column, made=after - kept)
    if kept is not None:
        return run.result(CAST, dataset, Status.PASSED, expected, f"{after:,} NULL", note.column)
    if after > before:  # also where no NULL was dropped, these were none before
        which = "rows were dropped, too, and nobody counted the NULLs among them"
        actual = (
            f"at least {after - before:,} values became NULL ({before:,} before, {after:,} after; {which}): {note.text}"
        )
        return run.result(CAST, dataset, Status.FAILED, expected, actual, note.column, made_at_least=after - before)
    why = f"of {before:,} NULL before and {after:,} after it was not counted which were dropped and which were made"
    return run.result(CAST, dataset, Status.UNKNOWN, expected, why, note.column)


def _kept(
    run: Evidence, dataset: Dataset, fragment: Fragment, origin: tuple[str, str], before: int
) -> int | None:  # fmt: skip
    """How many rows with NULL in the input are still there; None where that was not counted."""
    if before == 0:
        return 0
    rows = (run.rows(origin[0]), run.rows(dataset.id))
    if rows[0] is not None and rows[0] == rows[1]:  # no row was dropped
        return before
    dropped = [columns for operator in fragment.row_operators for _, columns in operator.drops]
    return 0 if any(set(columns) == {origin} for columns in dropped) else None


def _only_reduces(fragment: Fragment) -> bool:
    """Each row of the output is a row of the one input."""
    ops = [operator.op for operator in fragment.row_operators]
    return bool(ops) and ops.count("input") == 1 and all(op == "input" or op in REDUCING for op in ops)


# --------------------------------------------------------------------------- one value in all rows


def constant(run: Evidence) -> Iterator[Result]:
    """A column that the step computes has one value in all rows; proven by the fingerprint, not by the sample."""
    for dataset, fragment in run.made():
        if not dataset.complete or (dataset.rows or 0) < FEWEST_ROWS:
            continue
        literals = {note.column for note in notes(fragment, "literal")}
        for _, column, definition in _defined(dataset, fragment):
            overwritten = column.name in literals and _overwrites(run, fragment, column)
            if _chosen(fragment, column.name):
                continue
            if not overwritten and (column.name in literals or not _should_vary(column, definition)):
                continue
            value = constant_value(dataset, column)
            if value is None:
                if column.fingerprint is not None:
                    yield run.result(CONSTANT, dataset, Status.PASSED, "values that vary", "they do", column.name)
                continue
            actual = f"one value in all {dataset.rows:,} rows: {definition.expression}"
            if overwritten:
                actual += f", in place of the {column.name} that there was"
            yield run.result(CONSTANT, dataset, Status.FAILED, "values that vary", actual, column.name, value=value)


def _chosen(fragment: Fragment, name: str) -> bool:
    """A filter of the step names the column: it may have chosen the one value."""
    texts = [operator.text for operator in fragment.row_operators if operator.op in REDUCING and operator.text]
    return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) for text in texts)


def _should_vary(column: Column, definition: ColumnDefinition) -> bool:
    direct = [column_input for column_input in definition.inputs if column_input.kind == "DIRECT"]
    return (
        bool(definition.inputs)
        and not (direct and _passed_on(definition))
        and not any(column_input.subtype == "AGGREGATION" for column_input in direct)  # groups are often alike
        and column.type != "boolean"
        and not COARSE.match(definition.expression)
    )


def _overwrites(run: Evidence, fragment: Fragment, column: Column) -> bool:
    """An input has a column of that name whose values are not all this one, as far as is known."""
    for name in fragment.inputs:
        before = run.column(name, column.name)
        if before is not None:
            return before.fingerprint is None or before.fingerprint != column.fingerprint
    return False


def _all_rows(run: Evidence, dataset: Dataset, origin: str) -> bool:
    """Whether an aggregate takes every row of ``origin`` once: nothing between them drops or repeats any."""
    at, seen = dataset, set[str]()
    while at.id != origin:
        operators = at.fragment.row_operators if at.fragment is not None else ()
        inputs = [name for operator in operators if operator.op == "input" for name in operator.datasets]
        plain = bool(operators) and all(operator.op in ("input", "aggregate") for operator in operators)
        aggregates = sum(operator.op == "aggregate" for operator in operators)
        if not plain or len(inputs) != 1 or at.id in seen or aggregates > (at is dataset):
            return False
        seen.add(at.id)
        if inputs[0] not in run.datasets:
            return False
        at = run.datasets[inputs[0]]
    return True


# --------------------------------------------------------------------------- zeros that stand for nothing


def zeros(run: Evidence) -> Iterator[Result]:
    """An average counts zeros that were filled in for missing values."""
    for dataset, fragment in run.made():
        for note in notes(fragment, "average_of_filled"):
            yield _average(run, dataset, note, note.text, note.input)
        for note in notes(fragment, "average"):
            filled = _filled(run, note.input, 0) if note.input is not None else None
            if filled is not None:
                yield _average(run, dataset, note, filled.text, filled.input)


def _filled(run: Evidence, column: tuple[str, str], depth: int) -> ColumnNote | None:
    """Where on the way to a column 0 was put in for NULL."""
    dataset = run.datasets.get(column[0])
    if dataset is None or dataset.fragment is None or depth > 20:
        return None
    for note in notes(dataset.fragment, "filled"):
        if note.column == column[1]:
            return note
    definition = next(
        (definition for definition in dataset.fragment.definitions if definition.column == column[1]), None
    )
    if definition is None or len(definition.inputs) != 1 or not _passed_on(definition):
        return None
    return _filled(run, (definition.inputs[0].dataset, definition.inputs[0].column), depth + 1)


def _average(
    run: Evidence, dataset: Dataset, note: ColumnNote, text: str, origin: tuple[str, str] | None
) -> Result:  # fmt: skip
    expected = "an average over values that there are"
    nulls = run.nulls(*origin) if origin is not None else None
    if nulls == 0:
        return run.result(ZEROS, dataset, Status.PASSED, expected, f"{text} fills nothing", note.column)
    if origin is not None and not _all_rows(run, dataset, origin[0]):
        nulls = None  # of the rows that the average takes nobody has counted them
    count = f"{nulls:,} missing values count" if nulls is not None else "missing values count"
    actual = f"{count} as 0 in the average: {text}"
    return run.result(ZEROS, dataset, Status.FAILED, expected, actual, note.column)
