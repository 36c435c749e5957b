"""Facts belong to what was read: parts, patterns, models, rows without a plan, and what follows from empty inputs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import pytest
from observing import ORDERS, Program, fragment, function, module, probe, storage

from spark_lineage.graph import assemble
from spark_lineage.graph.derived import most_rows
from spark_lineage.model import (
    ColumnDefinition,
    Dataset,
    DatasetKind,
    Fragment,
    LineageGraph,
    OperationKind,
    Place,
    RowOperator,
    Storage,
)

PART = replace(ORDERS, columns=ORDERS.columns[:1], part="dt=1")


def reading(*reads: tuple[Storage, int | None], path: str = "/data/orders") -> LineageGraph:
    """A program that reads one storage after the other, each in a function of its own, and counts what it gets."""
    p = Program()
    functions = [function(f"read_{number}", 10 * number + 10, None) for number in range(len(reads))]
    p.read(module(*[None] * len(reads)), *functions)
    body = p.call("<module>", 1, composite=True)
    for number, (read, rows) in enumerate(reads):
        df, site = f"d{number}", Place(body, number, number + 1)
        call = p.call(f"read_{number}", 10 * number + 10, site)
        p.op(
            (site, Place(call, 0, 10 * number + 11)), OperationKind.READ, output=df, name="DataFrameReader.parquet",
            detail={"path": path},
        )  # fmt: skip
        p.end(call)
        columns = [name for name, _ in read.columns]
        p.seen.append(fragment(df, columns, sources=[read], operators=["Relation"], indirect=False))
        if rows is not None:
            p.mark(df)
            p.op((Place(body, number, number + 1),), OperationKind.ACTION, inputs=[df], name="DataFrame.count")
            p.seen.append(probe(df, rows, columns))
    p.finish()
    return assemble(p.seen)


def source(graph: LineageGraph) -> Dataset:
    (found,) = [dataset for dataset in graph.datasets if dataset.kind is DatasetKind.SOURCE]
    return found


def test_a_part_says_nothing_of_the_whole() -> None:
    assert (source(reading((PART, 33))).rows, source(reading((PART, 33))).complete) == (None, False)
    assert "only a part of it was read: dt=1" in str(source(reading((PART, 33))).detail)
    both = source(reading((PART, 33), (ORDERS, 100)))
    assert (both.rows, [column.name for column in both.columns]) == (100, ["a", "b"])


def test_reads_of_the_whole_have_to_agree() -> None:
    assert source(reading((ORDERS, 100), (ORDERS, 100))).rows == 100
    assert "different numbers of rows: 100, 101" in str(source(reading((ORDERS, 100), (ORDERS, 101))).detail)
    versions = reading((replace(ORDERS, version="3"), 100), (replace(ORDERS, version="4"), 100))
    assert "several versions" in str(source(versions).detail)
    files = [replace(ORDERS, files=f"files1:1:{word}:{word}") for word in "ab"]
    assert "its files changed" in str(source(reading((files[0], 100), (files[1], 100))).detail)


@pytest.mark.parametrize(
    "path",
    [
        "s3a://*********(redacted)@bucket/orders",  # a key in the address
        "s3a://*********(redacted)@bucket",
        "/data/orders?token=*********(redacted)",
        "s3a://host[1]/data/orders",
        "/data/[z-a]*",
        "{",
    ],
)
def test_what_is_no_pattern_names_no_folder(path: str) -> None:
    """Neither the mark of a secret that was taken out nor a host is one, and no text of a program breaks the record."""
    read = source(reading((ORDERS, 100), path=path))
    assert (read.name, read.rows) == (ORDERS.name, 100)


def test_many_stars_are_one() -> None:
    """A name that nearly matches would be tried in as many ways as its letters can be shared among the stars."""
    begun = time.monotonic()
    read = source(reading((replace(ORDERS, name="/data/" + "a" * 200), 100), path="/data/" + "*" * 20 + "b"))
    assert read.name == "/data/" + "a" * 200
    assert time.monotonic() - begun < 2


def test_a_part_is_opaque_to_bounds_of_rows() -> None:
    """A union of two partitions has not twice the rows of the table."""
    p = Program()
    p.read(module(None))
    body = p.call("<module>", 1, composite=True)
    p.op((Place(body, 0, 1),), OperationKind.READ, output="d1", name="DataFrameReader.parquet")
    made = fragment("d1", ["a"], sources=[PART, replace(PART, part="dt=2")], indirect=False)
    inputs = tuple(RowOperator("input", datasets=(f"source:{at}",)) for at in range(2))
    p.seen.append(replace(made, row_operators=(*inputs, RowOperator("union", (0, 1)))))
    p.mark("d1")
    p.finish()
    (dataset,) = [dataset for dataset in assemble(p.seen).datasets if dataset.kind is DatasetKind.INTERIM]
    assert dataset.fragment is not None
    assert [operator.op for operator in dataset.fragment.row_operators] == ["opaque", "opaque", "union"]


def test_a_read_that_never_ran_is_a_source() -> None:
    found = source(reading((ORDERS, None)))
    assert (found.name, found.reason) == ("/data/orders", "never_executed")


def named(glob: str, *files: str) -> set[str]:
    """What files that a pattern chose are called."""
    return {
        dataset.name
        for dataset in reading(*[(storage(file, "a"), None) for file in files], path=glob).datasets
        if dataset.kind is DatasetKind.SOURCE
    }


def test_what_a_pattern_chooses_is_called_by_the_folder() -> None:
    assert named("own/*.parquet", "/x/own/p1.parquet", "/x/own/p2.parquet") == {"/x/own"}
    assert named("./own/p?.parquet", "/x/own/p1.parquet") == {"/x/own"}
    assert named("file:///x/own/{a,b}.csv", "/x/own/a.csv", "/x/own/b.csv") == {"/x/own"}
    assert named("s3a://bucket/own/[ab]*.csv", "own/a1.csv") == {"own"}
    assert named("in/*/day.json", "/x/in/a/day.json", "/x/in/b/day.json") == {"/x/in"}
    assert named("pp/dt=2/*.csv", "/x/pp/dt=2/a.csv") == {"/x/pp"}
    assert named("a/*.csv\nb/*.csv", "/x/a/1.csv", "/x/b/1.csv") == {"/x/a", "/x/b"}
    assert named("own/*.parquet", "/x/other/p1.parquet", "/x/own/deep.csv") == {
        "/x/other/p1.parquet",
        "/x/own/deep.csv",
    }
    assert named("own/p1.parquet", "/x/own/p1.parquet") == {"/x/own/p1.parquet"}


def rows(*operators: RowOperator, **known: int) -> int | None:
    return most_rows(operators, known)


def test_what_is_made_of_nothing_is_nothing() -> None:
    a, b = RowOperator("input", datasets=("a",)), RowOperator("input", datasets=("b",))
    kinds = ("inner", "cross", "left outer", "right outer", "full outer", "left semi", "left anti")
    of_empty_left = {kind: rows(a, b, RowOperator("join", (0, 1), kind=kind), a=0, b=7) for kind in kinds}
    assert {kind for kind, most in of_empty_left.items() if most == 0} == {
        "inner", "cross", "left outer", "left semi", "left anti",
    }  # fmt: skip
    assert rows(a, b, RowOperator("join", (0, 1), kind="right outer"), a=5, b=0) == 0
    assert rows(a, b, RowOperator("join", (0, 1), kind="full outer"), a=0, b=0) == 0
    assert rows(a, b, RowOperator("join", (0, 1), kind="left outer"), a=5) is None
    assert rows(a, RowOperator("aggregate", (0,), keys=("k",)), a=0) == 0
    assert rows(a, RowOperator("aggregate", (0,)), a=0) == 1, "a sum over no rows is one row"
    assert rows(a, RowOperator("filter", (0,)), RowOperator("generate", (1,)), a=0) == 0
    assert rows(a, RowOperator("other", (0,)), a=0) is None, "code may make rows of none"
    assert rows(a, b, RowOperator("union", (0, 1)), a=0, b=0) == 0


def filtered(seen: int) -> Dataset:
    """A dataset over one of 100 rows of which ``seen`` passed a filter that ran below the probe."""
    p = Program()
    p.read(module("all", "kept", None))
    body = p.call("<module>", 1, composite=True)
    p.op((Place(body, 0, 1),), OperationKind.READ, output="d1", name="DataFrameReader.parquet")
    p.seen.append(fragment("d1", ["a"], sources=[ORDERS], operators=["Relation"], indirect=False))
    p.op((Place(body, 1, 2),), inputs=["d1"], output="d2")
    p.mark("d1")
    made = fragment("d2", ["a"], inputs=["d1"], indirect=False)
    p.seen.append(replace(made, row_operators=(RowOperator("input", datasets=("d1",)),)))
    p.op((Place(body, 2, 3),), OperationKind.ACTION, inputs=["d2"], name="DataFrame.count")
    p.mark("d2", ["d1"])
    p.seen.append(probe("d1", 100, ["a"]))
    p.seen.append(probe("d2", seen, ["a"], complete=False, reason="filter_pushed", pushed=["(a IS NOT NULL)"]))
    p.finish()
    return next(dataset for dataset in assemble(p.seen).datasets if dataset.id == "kept")


def test_a_filter_that_removed_nothing_is_no_reason() -> None:
    whole, part = filtered(100), filtered(99)
    assert (whole.rows, whole.complete, whole.reason, whole.columns[0].nulls) == (100, True, None, 1)
    assert (part.rows, part.complete, part.reason) == (100, False, "filter_pushed"), "as many as what it projects"
    assert (part.columns[0].fingerprint, part.fingerprint) == (None, None)


def made_of(kind: OperationKind, inputs: Sequence[str] = (), detail: dict[str, str] | None = None) -> LineageGraph:
    """A DataFrame of which the JVM half knows nothing but that its rows come from an RDD."""
    p = Program()
    p.read(module(None, None))
    body = p.call("<module>", 1, composite=True)
    for df in inputs:
        p.op((Place(body, 0, 1),), OperationKind.READ, output=df, name="DataFrameReader.parquet")
        p.seen.append(fragment(df, ["a"], sources=[ORDERS], operators=["Relation"], indirect=False))
    p.op((Place(body, 1, 2),), kind, inputs=inputs, output="d9", name="SparkSession.createDataFrame", detail=detail)
    lost = ColumnDefinition("k", "k", (), followed=False)
    p.seen.append(replace(_bare("d9"), definitions=(lost,)))
    p.mark("d9", inputs)
    p.finish()
    return assemble(p.seen)


def _bare(df: str) -> Fragment:
    return replace(fragment(df, ["k"], indirect=False), opaque=("rdd",), definitions=())


def test_columns_that_are_not_followed_are_marked_and_literals_are_not() -> None:
    for graph, followed in (
        (made_of(OperationKind.CREATE), True),
        (made_of(OperationKind.CREATE, detail={"rows": "rdd"}), False),
        (made_of(OperationKind.CREATE, inputs=["d1"]), False),
        (made_of(OperationKind.TRANSFORM), False),
    ):
        made = next(dataset for dataset in graph.datasets if dataset.fragment and dataset.fragment.opaque)
        assert made.fragment is not None
        assert [definition.followed for definition in made.fragment.definitions] == [followed]
        assert [gap.dataset for gap in graph.gaps if gap.what == "column_lineage"] == ([] if followed else [made.id])


def test_a_model_stands_between_what_it_learned_from_and_what_it_scored() -> None:
    p = Program()
    p.read(module("training", "model", "scores", None))
    body = p.call("<module>", 1, composite=True)
    p.op((Place(body, 0, 1),), OperationKind.READ, output="d1", name="DataFrameReader.parquet")
    p.mark("d1")
    p.seen.append(fragment("d1", ["a"], sources=[ORDERS], operators=["Relation"], indirect=False))
    p.op(
        (Place(body, 1, 2),), OperationKind.ACTION, inputs=["d1"], output="d2", name="Estimator.fit",
        detail={"model": "LogisticRegressionModel"},
    )  # fmt: skip
    p.mark("d2", ["d1"])
    p.seen.append(replace(fragment("d2", [], inputs=["d1"], indirect=False), columns=()))
    p.op((Place(body, 2, 3),), inputs=["d1", "d2"], output="d3", name="transform")
    p.op((Place(body, 3, 4),), OperationKind.ACTION, inputs=["d3"], name="DataFrame.count")
    p.mark("d3", ["d1", "d2"])
    p.seen.append(fragment("d3", ["a"], inputs=["d1"], indirect=False))
    p.finish()
    graph = assemble(p.seen)
    by_id = {dataset.id: dataset for dataset in graph.datasets}
    assert by_id["model"].kind is DatasetKind.MODEL and by_id["model"].reason == "model"
    assert not [gap for gap in graph.gaps if gap.dataset == "model"]
    steps = {step.step: step for step in graph.steps}
    assert steps["job.model"].outputs == ("model",) and "model" in steps["job.scores"].inputs
    scores = by_id["scores"].fragment
    assert scores is not None and set(scores.inputs) == {"training", "model"}


def test_a_caught_failure_ends_when_its_thread_goes_on() -> None:
    """Python frees the frame of a failed call with its traceback, which the program may keep."""
    p = Program()
    p.read(module(None, None), function("boom", 10, None), function("after", 20, None))
    body = p.call("<module>", 1, composite=True)
    boom = p.call("boom", 10, Place(body, 0, 1))
    p.op((Place(body, 0, 1), Place(boom, 0, 11)), OperationKind.READ, output="d1")
    after = p.call("after", 20, Place(body, 1, 2))
    p.op((Place(body, 1, 2), Place(after, 0, 21)), OperationKind.READ, output="d2")
    p.end(after)
    p.end(boom, "ValueError: no")
    p.finish()
    steps = {step.step: step for step in assemble(p.seen).steps}
    assert steps["job.boom"].outcome.value == "fail"
    assert (steps["job.boom"].ended or 0) <= steps["job.after"].started
