"""Rows that no probe has seen and that are known all the same: what files state, what plans neither drop nor repeat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from observing import ORDERS, Program, fragment, function, module, probe

from spark_lineage.answers.diff.contents import Content, compare
from spark_lineage.graph import assemble
from spark_lineage.graph.derived import exact_rows
from spark_lineage.model import (
    Dataset,
    DatasetKind,
    LineageGraph,
    NeedlessFilter,
    Observation,
    OperationKind,
    Place,
    Probed,
    RowOperator,
    Storage,
)

STATED = replace(ORDERS, files="files1:1:a:a", rows=100)
A, B = RowOperator("input", datasets=("a",)), RowOperator("input", datasets=("b",))


def read_in_part(
    seen: int, *reads: Storage, counted: tuple[tuple[int, int], ...] = (), keeps: bool = True
) -> LineageGraph:
    return assemble(read_in_part_seen(seen, *reads, counted=counted, keeps=keeps))


def read_in_part_seen(
    seen: int, *reads: Storage, counted: tuple[tuple[int, int], ...] = (), keeps: bool = True
) -> list[Observation]:
    """A program that reads a storage in functions, of whose rows ``seen`` passed a filter of a later step.

    ``counted``: what was counted below it, of how many rows that the scan gave. ``keeps``: it has no filter of its own.
    """
    p = Program()
    places = range(len(reads))
    p.read(module(*[None] * len(reads)), *(function(f"read_{at}", 10 * at + 10, None) for at in places))
    body = p.call("<module>", 1, composite=True)
    for at, storage in enumerate(reads):
        df, site = f"d{at}", Place(body, at, at + 1)
        call = p.call(f"read_{at}", 10 * at + 10, site)
        p.op((site, Place(call, 0, 10 * at + 11)), OperationKind.READ, output=df, name="DataFrameReader.parquet")
        p.end(call)
        made = fragment(df, ["a", "b"], sources=[storage], operators=["Relation"], indirect=False)
        own = () if keeps else (RowOperator("filter", (0,)),)
        p.seen.append(replace(made, row_operators=(RowOperator("input", datasets=("source:0",)), *own)))
        p.mark(df)
        p.op((site,), OperationKind.ACTION, inputs=[df], name="DataFrame.count")
        p.seen.append(probe(df, seen, ["a"], complete=False, reason="filter_pushed", pushed=["(a > 1)"]))
        for number, (rows, read) in enumerate(counted):
            count = probe(df, rows, [], complete=False, reason="counted")
            p.seen.append(replace(count, instance=f"count{number}.{df}", read=read))
    p.finish()
    return p.seen


def source(graph: LineageGraph) -> Dataset:
    return next(dataset for dataset in graph.datasets if dataset.kind is DatasetKind.SOURCE)


def interim(graph: LineageGraph) -> Dataset:
    return next(dataset for dataset in graph.datasets if dataset.kind is DatasetKind.INTERIM)


def test_a_source_and_its_projections_have_the_rows_that_its_files_state() -> None:
    graph = read_in_part(60, STATED)
    assert (source(graph).rows, source(graph).complete, source(graph).reason) == (100, False, "not_measured")
    made = interim(graph)
    assert (made.rows, made.complete, made.reason, made.pushed) == (100, False, "filter_pushed", ("(a > 1)",))
    assert (made.fingerprint, {column.fingerprint for column in made.columns}) == (None, {None})
    assert [gap.why.endswith("; how many rows it has is known") for gap in graph.gaps if gap.what == "rows"] == [
        True
    ] * 2


def test_where_all_that_the_files_state_has_passed_nothing_was_removed() -> None:
    made = interim(read_in_part(100, STATED))
    assert (made.rows, made.complete, made.reason) == (100, True, None)
    assert made.columns[0].fingerprint is not None


def test_what_does_not_fit_is_not_said() -> None:
    unstated = replace(STATED, rows=None)
    assert interim(read_in_part(60, unstated)).rows is None
    assert interim(read_in_part(101, STATED)).rows is None, "more rows passed than the files state: they were others"
    other = read_in_part(60, STATED, replace(STATED, files="files1:1:b:b", rows=120))
    assert (source(other).rows, interim(other).rows) == (None, None), "its files changed between reads"
    differing = read_in_part(60, STATED, replace(STATED, rows=120))
    assert source(differing).rows is None
    part = read_in_part(60, replace(STATED, part="dt=1"))
    assert (source(part).rows, interim(part).rows) == (None, None)


def test_rows_counted_between_filters_are_exact_where_the_scan_skipped_none() -> None:
    def rows(*counted: tuple[int, int]) -> int | None:
        return interim(read_in_part(60, STATED, counted=counted, keeps=False)).rows

    assert (rows((70, 100)), rows((70, 100), (70, 100)), rows((70, 100), (20, 30))) == (70, 70, 70)
    assert (rows(), rows((70, 99)), rows((70, 100), (71, 100))) == (None, None, None)
    assert rows((50, 100)) is None, "more rows than that were seen"
    made = interim(read_in_part(60, STATED, counted=((70, 100),), keeps=False))
    assert (made.complete, made.reason, made.pushed) == (False, "filter_pushed", ("(a > 1)",))
    whole = interim(read_in_part(60, STATED, counted=((60, 100),), keeps=False))
    assert (whole.rows, whole.complete, whole.columns[0].fingerprint is not None) == (60, True, True)
    unstated = replace(STATED, rows=None)
    assert interim(read_in_part(60, unstated, counted=((70, 100),), keeps=False)).rows is None


def filtered_by_null(*pushed: str, without_nulls: Sequence[str], needless: Sequence[NeedlessFilter]) -> Dataset:
    """What a program reads in a function, of whose rows 60 passed these filters of a later step."""
    storage = replace(STATED, rows=None, without_nulls=tuple(without_nulls))
    seen = read_in_part_seen(60, storage)
    measured = [each for each in seen if isinstance(each, Probed)]
    kept = [each for each in seen if not isinstance(each, Probed)]
    again = [replace(each, pushed=pushed, needless=tuple(needless)) for each in measured]
    return interim(assemble([*kept[:-1], *again, kept[-1]]))


def needless(filter_: str, column: str, files: str = "files1:1:a:a") -> NeedlessFilter:
    return NeedlessFilter(filter_, ORDERS.namespace, ORDERS.name, files, column)


def test_filters_for_null_remove_nothing_where_the_files_state_that_there_is_none() -> None:
    on_a, on_b = "(a IS NOT NULL)", "(b IS NOT NULL)"
    both = [needless(on_a, "a"), needless(on_b, "b")]
    made = filtered_by_null(on_a, without_nulls=["a"], needless=both[:1])
    assert (made.rows, made.complete, made.reason, made.pushed) == (60, True, None, ())
    assert made.columns[0].fingerprint is not None
    assert filtered_by_null(on_a, on_b, without_nulls=["a", "b"], needless=both).complete
    for without_nulls, known in ((["a"], both), (["a", "b"], both[:1]), ([], both), (["a", "b"], [])):
        made = filtered_by_null(on_a, on_b, "(a > 1)", without_nulls=without_nulls, needless=known)
        assert not made.complete and "(a > 1)" in made.pushed, (without_nulls, known)
    other_files = filtered_by_null(on_a, without_nulls=["a"], needless=[needless(on_a, "a", "files1:1:b:b")])
    assert not other_files.complete
    of_two = filtered_by_null(on_a, without_nulls=["a"], needless=[needless(on_a, "a"), needless(on_a, "b")])
    assert not of_two.complete, "two columns have this name"


def test_one_read_that_was_not_told_takes_the_rows_of_the_others() -> None:
    assert source(read_in_part(60, replace(STATED, rows=None), STATED)).rows == 100


def test_plans_that_neither_drop_nor_repeat_rows() -> None:
    def rows(*operators: RowOperator) -> int | None:
        return exact_rows(operators, {"a": 5, "b": 7})

    assert rows(A) == 5
    assert rows(A, B, RowOperator("union", (0, 1))) == 12
    assert rows(A, B, RowOperator("join", (0, 1), kind="cross")) == 35
    assert rows(A, RowOperator("filter", (0,)), RowOperator("aggregate", (1,))) == 1
    for hangs_on_the_data in (
        RowOperator("aggregate", (0,), keys=("k",)), RowOperator("filter", (0,)), RowOperator("limit", (0,)),
        RowOperator("sample", (0,)), RowOperator("deduplicate", (0,)), RowOperator("generate", (0,)),
        RowOperator("other", (0,)), RowOperator("opaque"),
    ):  # fmt: skip
        assert rows(A, hangs_on_the_data) is None
        assert rows(A, hangs_on_the_data, RowOperator("union", (0, 1))) is None
    assert rows(A, B, RowOperator("join", (0, 1), kind="inner")) is None
    assert rows(A, B, RowOperator("join", (0, 1), kind="cross", text="(x > y)")) is None
    assert rows(A, RowOperator("input", datasets=("c",)), RowOperator("union", (0, 1))) is None


def test_other_numbers_of_rows_are_a_difference_where_no_row_was_compared() -> None:
    more = replace(STATED, files="files1:1:c:c", rows=101)
    before, now = interim(read_in_part(60, STATED)), interim(read_in_part(60, more))
    compared = compare(before, now)
    assert (compared.content, compared.rows, compared.partial) == (Content.DIFFERENT, True, True)
    unseen = compare(*(replace(each, partial=()) for each in (before, now)))
    assert (unseen.content, unseen.rows) == (Content.DIFFERENT, True)
    assert compare(before, interim(read_in_part(60, STATED))).content is Content.SAME
