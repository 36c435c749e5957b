"""What built-in checks say of small graphs, and of those with facts missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from spark_lineage.answers.check import names
from spark_lineage.answers.check.checking import check
from spark_lineage.answers.check.constants import constant_value
from spark_lineage.answers.check.results import Result, Status, document
from spark_lineage.answers.check.rules import Off, Rules
from spark_lineage.faces import junit
from spark_lineage.model import (
    Column,
    ColumnDefinition,
    ColumnInput,
    ColumnNote,
    Dataset,
    DatasetKind,
    Fragment,
    LineageGraph,
    Mode,
    Outcome,
    Partial,
    RowOperator,
    Run,
    Sample,
    Step,
    StepKind,
)

INPUT, OTHER = RowOperator("input", datasets=("a",)), RowOperator("input", datasets=("b",))


def join(kind: str, equi: bool = True, children: tuple[int, int] = (0, 1)) -> RowOperator:
    return RowOperator("join", children, kind, "(k = k)", equi)


def fragment(operators: Sequence[RowOperator], columns: Sequence[str] = ("k",), **more: object) -> Fragment:
    inputs = tuple(dict.fromkeys(each for operator in operators for each in operator.datasets))
    definitions = tuple(
        ColumnDefinition(each, each, (ColumnInput(inputs[0], each, "DIRECT", "IDENTITY"),)) for each in columns
    )
    found = Fragment(
        "out", tuple((each, "int", True) for each in columns), "plan1:0", (), "", True, (), inputs, (), (), definitions,
        (), (), row_operators=tuple(operators),
    )  # fmt: skip
    return replace(found, **more)  # type: ignore[arg-type]


def dataset(
    id: str, rows: int | None, made: Fragment | None = None, columns: Sequence[Column] | None = None, **more: object
) -> Dataset:
    known = tuple(columns) if columns is not None else (Column("k", "int"),)
    found = Dataset(
        id, id, "inmemory://app", DatasetKind.INTERIM, f"app.{id}", 1, None, "spark", known, rows, rows is not None,
        None if rows is not None else "filter_pushed", None, (), None, None, None, made, 1,
    )  # fmt: skip
    return replace(found, **more)  # type: ignore[arg-type]


def graph(*datasets: Dataset, at: float = 0.0, run: str = "r") -> LineageGraph:
    step = Step(
        "app", 1, StepKind.APPLICATION, "<module>", "app.py", 1, 9, None, None, (), (), at, at + 1, Outcome.COMPLETE,
        None, (), None, None, None, None, "MainThread",
    )  # fmt: skip
    made = tuple(
        replace(
            step, step=f"app.{each.id}", kind=StepKind.FUNCTION, parent=("app", 1), outputs=(each.id,),
            inputs=each.fragment.inputs if each.fragment else (),
        )
        for each in datasets
    )  # fmt: skip
    seen = Run(run, "app", "app.py", (), at, at + 1, Outcome.COMPLETE, None, Mode.EXACT, {}, None, "3.12")
    return LineageGraph(seen, (step, *made), datasets, ())


def of(name: str, *datasets: Dataset, **more: object) -> list[Result]:
    return [each for each in check(graph(*datasets), **more).results if each.check == name]  # type: ignore[arg-type]


def statuses(name: str, *datasets: Dataset) -> list[str]:
    return [each.status.value for each in of(name, *datasets)]


# --------------------------------------------------------------------------- joins


@pytest.mark.parametrize(
    ("kind", "left", "right", "rows", "expected"),
    [
        ("left outer", 100, 30, 100, "passed"),
        ("left outer", 100, 30, 101, "failed"),
        ("right outer", 100, 30, 31, "failed"),
        ("inner", 100, 3000, 3000, "passed"),  # the right side has many rows per key
        ("inner", 100, 3000, 3001, "failed"),
        ("full outer", 100, 30, 130, "passed"),
        ("full outer", 100, 30, 131, "failed"),
        ("left outer", None, 30, 101, "could not tell"),
        ("left outer", 100, None, 101, "failed"),  # the rows of the right side do not matter
        ("left outer", 100, 30, None, "could not tell"),
    ],
)
def test_fan_out(kind: str, left: int | None, right: int | None, rows: int | None, expected: str) -> None:
    out = dataset("out", rows, fragment([INPUT, OTHER, join(kind)]))
    assert statuses(names.FAN_OUT, dataset("a", left), dataset("b", right), out) == [expected]


def test_fan_out_of_the_rows_that_flowed() -> None:
    """In flow mode a later filter runs below both boundaries: the same rows are looked at on both sides."""

    def seen(rows: int, *pushed: str) -> Partial:
        return Partial(pushed, rows, (), None)

    def told(*out: Partial) -> list[str]:
        left = dataset("a", None, partial=(seen(7, "(x > 1)"), seen(3, "(y > 1)")))
        made = dataset("out", None, fragment([INPUT, OTHER, join("left outer")]), partial=out)
        return statuses(names.FAN_OUT, left, dataset("b", None), made)

    assert told(seen(8, "(x > 1)")) == ["failed"]
    assert told(seen(7, "(x > 1)")) == told(seen(99, "(z > 1)")) == told() == ["could not tell"]


def test_fan_out_looks_through_what_only_reduces() -> None:
    shape = [INPUT, OTHER, join("left outer"), RowOperator("filter", (2,)), RowOperator("limit", (3,))]
    assert statuses(names.FAN_OUT, dataset("a", 10), dataset("b", 5), dataset("out", 12, fragment(shape))) == ["failed"]


@pytest.mark.parametrize(
    "shape",
    [
        [INPUT, OTHER, join("inner", equi=False)],  # a range join matches several on purpose
        [INPUT, OTHER, join("cross", equi=False)],
        [INPUT, OTHER, join("left outer"), RowOperator("generate", (2,))],
        [INPUT, OTHER, join("left semi")],
        [INPUT],
        [],
    ],
)
def test_fan_out_is_silent(shape: list[RowOperator]) -> None:
    out = dataset("out", 999, fragment(shape) if shape else None)
    assert statuses(names.FAN_OUT, dataset("a", 10), dataset("b", 10), out) == []


@pytest.mark.parametrize(
    ("left", "right", "rows", "lost"),
    [
        (1000, 50, 800, 200),
        (50, 1000, 800, 200),
        (1000, 50, 1000, 0),
        (1000, 50, 50, 0),  # which side has many rows per key is not known: it may be all of one side
        (1000, 500, 400, 100),  # some of both
        (1000, 1000, 999, 1),
    ],
)
def test_row_loss(left: int, right: int, rows: int, lost: int) -> None:
    out = dataset("out", rows, fragment([INPUT, OTHER, join("inner")]))
    (found,) = of(names.ROW_LOSS, dataset("a", left), dataset("b", right), out)
    assert found.details.get("lost", 0) == lost


def test_a_join_with_chosen_rows_is_meant_to_lose() -> None:
    chosen = dataset("b", 50, fragment([RowOperator("input", datasets=("c",)), RowOperator("filter", (0,))]))
    again = dataset("d", 50, fragment([OTHER]))  # passes them on
    out = fragment([INPUT, RowOperator("input", datasets=("d",)), join("inner")])
    sides = (dataset("a", 1000), dataset("c", 70), chosen, again)
    assert statuses(names.ROW_LOSS, *sides, dataset("out", 800, out)) == ["passed"]


def test_an_outer_join_undone_in_a_later_step() -> None:
    joined = fragment([INPUT, OTHER, replace(join("left outer"), supplied=(1,))], ("k", "name"))
    drops = (("(name = 'x')", (("j", "name"),)),)
    later = fragment([RowOperator("input", datasets=("j",)), RowOperator("filter", (0,), drops=drops)])
    columns = (Column("k", "int"), Column("name", "string"))
    made = (dataset("a", 10), dataset("b", 5), dataset("j", 10, joined, columns))
    found = of(names.UNDONE, *made, dataset("out", 5, later))
    assert [(each.dataset, each.status.value) for each in found] == [("j", "passed"), ("out", "failed")]
    other = dataset("reader", 10, fragment([RowOperator("input", datasets=("j",))]))
    assert statuses(names.UNDONE, *made, dataset("out", 5, later), other) == ["passed"], "somebody else reads all rows"


# --------------------------------------------------------------------------- columns


def test_cast() -> None:
    note = ColumnNote("cast", "k", "CAST(k AS INT)", ("a", "k"))
    made = fragment([INPUT], notes=(note,))

    def told(before: int | None, after: int | None, of_shape: Fragment = made) -> list[str]:
        source = dataset("a", 10, None, (Column("k", "string", True, before),))
        return statuses(
            names.CAST, source, dataset("b", 9), dataset("out", 10, of_shape, (Column("k", "int", True, after),))
        )

    assert told(1, 3) == ["failed"] and told(1, 1) == ["passed"] and told(None, 3) == ["could not tell"]
    assert told(1, 3, fragment([INPUT, OTHER, join("left outer")], notes=(note,))) == ["could not tell"]
    assert told(3, 1, fragment([INPUT, RowOperator("filter", (0,))], notes=(note,))) == ["passed"]


def test_a_cast_beside_a_filter_states_only_what_was_counted() -> None:
    note = ColumnNote("cast", "k", "CAST(k AS INT)", ("a", "k"))

    def told(before: int, after: int, *drops: tuple[str, tuple[tuple[str, str], ...]]) -> tuple[str, str]:
        made = fragment([INPUT, RowOperator("filter", (0,), drops=drops)], notes=(note,))
        source = dataset("a", 10, None, (Column("k", "string", True, before),))
        out = dataset("out", 6, made, (Column("k", "int", True, after),))
        (found,) = of(names.CAST, source, dataset("b", 9), out)
        return found.status.value, found.actual

    assert told(3, 3)[0] == "could not tell", "three were dropped, and three were made"
    assert told(2, 4)[0] == "failed" and told(2, 4)[1].startswith("at least 2 values became NULL")
    assert told(5, 0) == ("passed", "0 NULL")
    assert told(0, 2)[1].startswith("2 values became NULL")
    assert told(3, 2, ("k is not null", (("a", "k"),)))[1].startswith("2 values became NULL (0 before")


def hashed(value: int, rows: int) -> str:
    import pyarrow as pa

    from spark_lineage.fingerprint.columns import hashes

    return f"xxh64:{int(hashes(pa.array([value], pa.int32()))[0]) * rows % 2**64:016x}"


def test_a_constant_is_proven_by_the_fingerprint() -> None:
    sample = Sample(("k",), ("k",), (("7",),), (5,))
    column = Column("k", "int", True, 0, hashed(7, 1000))
    assert constant_value(dataset("x", 1000, sample=sample), column) == "7"
    assert constant_value(dataset("x", 1001, sample=sample), column) is None, "the sample alone proves nothing"
    assert constant_value(dataset("x", 1000, sample=sample), replace(column, nulls=1)) is None
    assert constant_value(dataset("x", 1000), column) is None


def test_average_over_zeros_in_an_earlier_step() -> None:
    def told(nulls: int | None) -> list[str]:
        filled = fragment([INPUT], notes=(ColumnNote("filled", "k", "coalesce(k, 0)", ("a", "k")),))
        passed_on = fragment([RowOperator("input", datasets=("f",))])
        mean = fragment(
            [RowOperator("input", datasets=("p",)), RowOperator("aggregate", (0,))],
            notes=(ColumnNote("average", "m", "k", ("p", "k")),),
        )
        source = dataset("a", 10, None, (Column("k", "int", True, nulls),))
        return statuses(
            names.ZEROS, source, dataset("f", 10, filled), dataset("p", 10, passed_on), dataset("out", 1, mean)
        )

    assert told(3) == ["failed"] and told(None) == ["failed"] and told(0) == ["passed"]


# --------------------------------------------------------------------------- other runs


def test_columns_against_the_run_before() -> None:
    before = graph(dataset("a", 10, None, (Column("x", "int", True, 0), Column("y", "int"), Column("z", "int"))))
    now = (Column("x", "int", True, 2), Column("y", "string"))
    follows = dataset("b", 10, fragment([INPUT]), now)
    last = dataset("b", 10, fragment([INPUT]), before.datasets[0].columns)
    report = check(graph(dataset("a", 10, None, now), follows), (replace(before, datasets=(*before.datasets, last)),))
    failed = {(each.check, each.dataset, each.column) for each in report.of(Status.FAILED)}
    assert failed == {(names.NEW_NULLS, "a", "x"), (names.SCHEMA, "a", "y"), (names.SCHEMA, "a", "z")}


@pytest.mark.parametrize(
    ("history", "rows", "expected"),
    [
        ((100, 102, 98), 60, ["failed"]),
        ((100, 102, 98), 110, ["passed"]),
        ((100, 500, 50, 300), 900, ["passed"]),  # it varies
        ((100, 100, 100, 100), 1000, ["failed"]),
        ((4, 4, 4), 8, ["passed"]),
        ((100, 100), 1000, []),
        ((100, None, 100), 1000, []),
    ],
)
def test_rows_against_history(history: tuple[int | None, ...], rows: int, expected: list[str]) -> None:
    earlier = [graph(dataset("a", each), at=number) for number, each in enumerate(history)]
    report = check(graph(dataset("a", rows), at=99), earlier)
    assert [each.status.value for each in report.results if each.check == names.FAR] == expected


# --------------------------------------------------------------------------- all together


def test_switched_off() -> None:
    sides = (dataset("a", 10), dataset("b", 5), dataset("out", 12, fragment([INPUT, OTHER, join("left outer")])))
    assert not check(graph(*sides)).passed
    for step in (None, "out", "app.out"):
        assert check(graph(*sides), rules=Rules(off=(Off(names.FAN_OUT, step),))).passed
    assert not check(graph(*sides), rules=Rules(off=(Off(names.FAN_OUT, "a"),))).passed


def test_what_could_not_be_told_is_no_failure_and_no_evidence(tmp_path) -> None:  # type: ignore[no-untyped-def]
    out = dataset("out", None, fragment([INPUT, OTHER, join("left outer")]))
    report = check(graph(dataset("a", 10), dataset("b", 5), out))
    assert report.passed and report.status is Status.PASSED
    told = document(report)
    assert [each["check"] for each in told["could_not_tell"]] == [names.FAN_OUT, names.EMPTY]
    assert not any(each["passed"] for each in told["could_not_tell"])
    assert not any(each["dataset"] == "out" and each["check"] == names.FAN_OUT for each in told["results"])
    odd = replace(report, results=(replace(report.results[0], actual="nul \0 and \ud800"), *report.results[1:]))
    junit.write(odd, str(tmp_path / "x.xml"))
    suite = ElementTree.parse(tmp_path / "x.xml").getroot()[0]
    assert suite.attrib["failures"] == "0" and suite.attrib["skipped"] == "2"
