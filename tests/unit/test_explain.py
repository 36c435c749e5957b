"""A column's definition composed over steps; names in expressions."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from observing import shop

from spark_lineage.answers import find
from spark_lineage.answers.errors import AnswerError
from spark_lineage.answers.explain import document, explain
from spark_lineage.cli.commands import main
from spark_lineage.events import build, samples
from spark_lineage.graph import assemble
from spark_lineage.graph.expressions import enclosed, references, substituted
from spark_lineage.graph.fragments import Rewriter
from spark_lineage.model import (
    Column,
    ColumnDefinition,
    ColumnInput,
    Dataset,
    DatasetKind,
    Fragment,
    LineageGraph,
    Mode,
    Outcome,
    Run,
    Step,
    StepKind,
    Storage,
)
from spark_lineage.sinks.journal import Journal

SHARED = Path(os.environ.get("SPARK_LINEAGE_SHARED", Path(__file__).resolve().parents[3] / "shared"))


# --- names in expressions


@pytest.mark.parametrize(
    ("expression", "columns", "found"),
    [
        ("sum(b)", "b", ["b"]),
        ("sum(sum)", ["sum"], ["sum"]),  # the function is none
        ("(a + b)", "ab", ["a", "b"]),
        ("concat(a, ' a ', \"a\")", "a", ["a"]),
        ("'it\\'s a' || a", "a", ["a"]),
        ("a.b", "ab", ["a"]),  # a field of a struct
        ("CAST(a AS date)", ["a", "date"], ["a"]),
        ("struct(a AS b)", "ab", ["a"]),
        ("transform(xs, (x, i) -> (x + i))", ["xs", "x", "i"], ["xs"]),
        ("filter(xs, x -> (x > a))", ["xs", "x", "a"], ["xs", "a"]),
        ("`order date` + 1", ["order date"], ["order date"]),
        ("`a``b`", ["a`b"], ["a`b"]),
        ("`f`(a)", ["a"], ["a"]),
        ("1e5 + a1", ["e5", "a1"], ["a1"]),
        ("⟨total⟩ + total", ["total"], ["total"]),
        ("größe * 2", ["größe"], ["größe"]),
        ("count(*)", [], []),
    ],
)
def test_references(expression: str, columns: Sequence[str], found: list[str]) -> None:
    assert [each.column for each in references(expression, list(columns))] == found


def test_qualified_references() -> None:
    (left, right) = references("(d1.id = `orders~2`.id)", ["id"], ["d1", "orders~2"])
    assert [(each.qualifier, each.column) for each in (left, right)] == [("d1", "id"), ("orders~2", "id")]
    assert substituted("d1.id", ["id"], ["d1"], lambda each: f"<{each.qualifier}>") == "<d1>"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("a", "a"),
        ("t.a", "t.a"),
        ("(a + b)", "(a + b)"),
        ("f(a, (b))", "f(a, (b))"),
        ("a + b", "(a + b)"),
        ("(a) + (b)", "((a) + (b))"),
        ("f(a) OVER (PARTITION BY b)", "(f(a) OVER (PARTITION BY b))"),
        ("CASE WHEN a THEN b END", "(CASE WHEN a THEN b END)"),
        ("NOT (a)", "(NOT (a))"),
        ("'x'", "'x'"),
    ],
)
def test_enclosed(expression: str, expected: str) -> None:
    assert enclosed(expression) == expected


# --- explain


def interim(
    name: str,
    definitions: Mapping[str, tuple[str, Sequence[tuple[str, str] | ColumnInput]]],
    rows: Sequence[ColumnInput] = (),
    kind: DatasetKind = DatasetKind.INTERIM,
    storage: Storage | None = None,
) -> Dataset:
    made = tuple(
        ColumnDefinition(
            column,
            expression,
            tuple(
                each
                if isinstance(each, ColumnInput)
                else ColumnInput(*each, "DIRECT", "IDENTITY" if expression == each[1] else "TRANSFORMATION")
                for each in inputs
            ),
        )
        for column, (expression, inputs) in definitions.items()
    )
    fragment = Fragment(
        name, tuple((each, "bigint", True) for each in definitions), "h", (), "", True, (),
        tuple(dict.fromkeys(one.dataset for each in made for one in each.inputs)), (), (), made, tuple(rows), (),
    )  # fmt: skip
    return dataset(name, list(definitions), kind, f"job.{name}", fragment, storage)


def dataset(
    name: str, columns: Sequence[str], kind: DatasetKind = DatasetKind.SOURCE, step: str | None = None,
    fragment: Fragment | None = None, storage: Storage | None = None,
) -> Dataset:  # fmt: skip
    place = storage or (Storage("file", name) if kind is DatasetKind.SOURCE else None)
    return Dataset(
        name, place.name if place else name, place.namespace if place else "inmemory://job",
        kind, step, 1, None, "spark",
        tuple(Column(each, "bigint") for each in columns), 1, True, None, None, (), None, None, place, fragment, 1,
    )  # fmt: skip


def graph(*datasets: Dataset) -> LineageGraph:
    run = Run("r", "job", "job.py", (), 0.0, 1.0, Outcome.COMPLETE, None, Mode.FLOW, {}, None, "3.11")
    steps = [
        Step(
            each.step or "", 1, StepKind.FUNCTION, each.id, "job.py", 1, 2, None, None,
            each.fragment.inputs if each.fragment else (), (each.id,), 0.0, 1.0, Outcome.COMPLETE, None, (), None, None,
            None, None, "MainThread",
        )
        for each in datasets
        if each.step is not None
    ]  # fmt: skip
    return LineageGraph(run, tuple(steps), datasets, ())


FLIGHTS = dataset("/data/flights.csv", ["dep", "arr", "carrier"])
AIRLINES = dataset("/data/airlines.csv", ["carrier", "name"])
CLEAN = interim(
    "clean",
    {"gain": ("(dep - arr)", [("/data/flights.csv", "dep"), ("/data/flights.csv", "arr")]),
     "carrier": ("carrier", [("/data/flights.csv", "carrier")])},
    [ColumnInput("/data/flights.csv", "arr", "INDIRECT", "FILTER")],
)  # fmt: skip
JOINED = interim(
    "joined",
    {"gain": ("gain", [("clean", "gain")]), "name": ("name", [("/data/airlines.csv", "name")])},
    [
        ColumnInput("clean", "carrier", "INDIRECT", "JOIN"),
        ColumnInput("/data/airlines.csv", "carrier", "INDIRECT", "JOIN"),
    ],
)
REPORT = interim(
    "/out/report.parquet",
    {
        "label": ("concat(name, ': ', avg(gain))", [("joined", "name"), ("joined", "gain")]),
        "gain": ("gain", [("joined", "gain")]),
    },
    [ColumnInput("joined", "name", "INDIRECT", "GROUP_BY")],
    DatasetKind.SINK,
    Storage("file", "/out/report.parquet", "parquet"),
)
ALL = graph(FLIGHTS, AIRLINES, CLEAN, JOINED, REPORT)


def test_composed_down_to_the_sources() -> None:
    found = explain(ALL, "report.label")
    assert found.definition == "concat(airlines.name, ': ', avg((flights.dep - flights.arr)))"
    assert [(each.dataset.id, each.column) for each in found.sources] == [
        ("/data/airlines.csv", "name"), ("/data/flights.csv", "dep"), ("/data/flights.csv", "arr"),
    ]  # fmt: skip
    assert [(hop.step.step if hop.step else None, hop.column) for hop in found.path] == [
        ("job./out/report.parquet", "label"), ("job.joined", "name"), ("job.joined", "gain"), ("job.clean", "gain"),
    ]  # fmt: skip
    assert {(each.dataset.id, each.column, how) for each, how in found.deciding} == {
        ("/data/airlines.csv", "name", "GROUP_BY"),
        ("/data/airlines.csv", "carrier", "JOIN"),
        ("/data/flights.csv", "carrier", "JOIN"),
        ("/data/flights.csv", "arr", "FILTER"),
    }


def test_rows_that_the_other_side_of_a_join_decided() -> None:
    orders, customers = dataset("orders", ["id", "amount"]), dataset("customers", ["id", "country"])
    rows = [ColumnInput("customers", "country", "INDIRECT", "FILTER")]
    germans = interim("germans", {"id": ("id", [("customers", "id")])}, rows)
    joined = interim(
        "joined",
        {"amount": ("amount", [("orders", "amount")]), "name": ("id", [("germans", "id")])},
        [ColumnInput("orders", "id", "INDIRECT", "JOIN"), ColumnInput("germans", "id", "INDIRECT", "JOIN")],
    )
    found = explain(graph(orders, customers, germans, joined), "joined.amount")
    assert {(each.dataset.id, each.column, how) for each, how in found.deciding} == {
        ("orders", "id", "JOIN"), ("customers", "id", "JOIN"), ("customers", "country", "FILTER"),
    }  # fmt: skip


def test_one_source_needs_no_qualifier() -> None:
    assert explain(ALL, "joined.gain").definition == "(dep - arr)"


def test_a_column_comes_before_what_it_is_made_from() -> None:
    path = [(hop.dataset.id, hop.column) for hop in explain(ALL, "/out/report.parquet.label").path]
    for hop in explain(ALL, "/out/report.parquet.label").path:
        for each in hop.inputs:
            if (each.dataset, each.column) in path:
                assert path.index((hop.dataset.id, hop.column)) < path.index((each.dataset, each.column))


def test_a_column_of_a_source() -> None:
    found = explain(ALL, "flights.dep")
    assert (found.definition, found.sources, found.path) == ("dep", (), ())


def test_same_names_are_told_apart_by_their_input() -> None:
    left, right = dataset("left", ["id"]), dataset("right", ["id"])
    both = interim("both", {"sum": ("(`left`.id + right.id)", [("left", "id"), ("right", "id")])})
    assert explain(graph(left, right, both), "both.sum").definition == "(`left`.id + right.id)".replace("`", "")
    lost = interim("lost", {"sum": ("(a.id + b.id)", [("left", "id"), ("right", "id")])})
    found = explain(graph(left, right, lost), "lost.sum")
    assert found.definition == "(a.id + b.id)"  # it says what the step says, and guesses nothing
    assert len(found.sources) == 2


def test_values_that_only_decide() -> None:
    source = dataset("s", ["a", "b", "flag"])
    inputs = [("s", "a"), ("s", "b"), ColumnInput("s", "flag", "INDIRECT", "CONDITIONAL")]
    made = interim("m", {"x": ("CASE WHEN flag THEN a ELSE b END", inputs)})
    found = explain(graph(source, made), "m.x")
    assert {each.column: each.direct for each in found.sources} == {"a": True, "b": True, "flag": False}


def test_through_a_file_written_and_read_again() -> None:
    place = Storage("file", "/tmp/stage", "parquet")
    source = dataset("s", ["a"])
    written = interim("/tmp/stage", {"a": ("a", [("s", "a")])}, kind=DatasetKind.SINK, storage=place)
    again = dataset("/tmp/stage~2", ["a"], DatasetKind.SOURCE, storage=place)
    made = interim("m", {"x": ("(a * 2)", [("/tmp/stage~2", "a")])})
    found = explain(graph(source, written, again, made), "m.x")
    assert [(each.dataset.id, each.column) for each in found.sources] == [("s", "a")]
    assert found.definition == "(a * 2)"


def test_a_long_chain() -> None:
    """300 steps: neither the stack nor the text runs away."""
    datasets = [dataset("s", ["x"])]
    for number in range(300):
        datasets.append(interim(f"d{number}", {"x": ("(x + x)", [(datasets[-1].id, "x")])}))
    found = explain(graph(*datasets), "d299.x")
    assert len(found.path) == 300
    assert len(found.definition) < 20_000
    assert [each.dataset.id for each in found.sources] == ["s"]


def test_what_was_not_observed_is_said() -> None:
    opaque = dataset("udf_output", ["y"], DatasetKind.INTERIM, "job.udf_output")
    made = interim("m", {"x": ("(y + 1)", [("udf_output", "y")])})
    (source,) = explain(graph(opaque, made), "m.x").sources
    assert not source.known


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("nothing", "write DATASET.COLUMN"),
        ("reprt.label", "no dataset reprt; the nearest one is"),
        ("report.lable", "no column lable; the nearest one is label"),
    ],
)
def test_unknown_columns(words: str, sentence: str) -> None:
    with pytest.raises(AnswerError, match=sentence):
        explain(ALL, words)


def test_several_columns_of_one_name_are_listed() -> None:
    other = dataset("/out/flights.parquet", ["dep"])
    with pytest.raises(AnswerError, match=r"flights.dep may mean 2 columns: write /\S+csv.dep, /\S+parquet.dep$"):
        explain(graph(FLIGHTS, other), "flights.dep")
    assert explain(graph(FLIGHTS, other), "/out/flights.parquet.dep").dataset is other


def test_versions_of_one_place_are_one_dataset() -> None:
    place = Storage("file", "/tmp/stage", "parquet")
    again = replace(dataset("/tmp/stage", ["a"], storage=place), id="/tmp/stage~2")
    assert explain(graph(dataset("/tmp/stage", ["a"], storage=place), again), "stage.a").dataset is again


@pytest.mark.parametrize("words", ["job.clean.gain", "clean#1.gain"])
def test_a_step_stands_for_what_it_made(words: str) -> None:
    assert explain(ALL, words).dataset is CLEAN


def test_names_with_dots_and_quotes() -> None:
    made = interim("split.good", {"a.b": ("a", [("/data/flights.csv", "dep")])})
    with_dots = graph(FLIGHTS, made)
    for words in ["split.good.a.b", "split.good.`a.b`", "`split.good`.a.b"]:
        assert explain(with_dots, words).column == "a.b"


@pytest.mark.skipif(not SHARED.is_dir(), reason="the contracts are not beside this repository")
@pytest.mark.parametrize("words", ["report.label", "joined.gain", "flights.dep"])
def test_the_contract(words: str) -> None:
    schema = json.loads((SHARED / "contracts" / "explain.schema.json").read_text("utf-8"))
    Draft202012Validator(schema).validate(document(explain(ALL, words)))


# --- the command, and the texts that it stands on


@pytest.fixture
def store(tmp_path: Path) -> Path:
    recorded = assemble(shop())
    Journal(tmp_path / "runs" / recorded.run.id).write(build(recorded), samples(recorded))
    return tmp_path


def test_the_command(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "report.b", "--store", str(store)]) == 0
    told = capsys.readouterr().out
    assert "\n  sum(b)\n" in told
    assert "\n  orders.b\n" in told or "/data/orders.b" in told
    assert "/data/orders" in told
    assert main(["explain", "report.b", "last", "--store", str(store), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["definition"] == "sum(b)"


@pytest.mark.parametrize("words", ["nothing.b", "report.nothing", "report"])
def test_one_sentence_for_what_is_not_there(store: Path, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", words, "--store", str(store)]) == 2
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)


def test_expressions_name_datasets_and_write_out_what_is_looked_through() -> None:
    """The JVM half knows DataFrames by ids that mean nothing in another run."""

    def made(df: str, expression: str, *inputs: tuple[str, str]) -> Fragment:
        columns = tuple(ColumnInput(*each, "DIRECT", "TRANSFORMATION") for each in inputs)
        return Fragment(
            df, (("x", "int", True),), "h", (), "", True, (), tuple(each for each, _ in inputs), (), (),
            (ColumnDefinition("x", expression, columns),), (), (),
        )  # fmt: skip

    fragments = {
        "d2": made("d2", "(d0.x + d1.x)", ("d0", "x"), ("d1", "x")),
        "d4": made("d4", "max(x)", ("d3", "x")),
        "d3": made("d3", "(x * 2)", ("d2", "x")),  # marked, but no dataset: cached within the step
    }
    ids = {"d0": "orders", "d1": "orders~2", "d2": "both", "d4": "top"}
    rewriter = Rewriter(fragments, ids, lambda df: ())
    both, top = rewriter.rewritten("d2"), rewriter.rewritten("d4")
    assert both is not None and both.definitions[0].expression == "(orders.x + `orders~2`.x)"
    assert top is not None and top.definitions[0].expression == "max((x * 2))"
    assert [(each.dataset, each.column) for each in top.definitions[0].inputs] == [("both", "x")]


def test_what_was_written_under_the_name_is_meant_where_a_variable_held_several() -> None:
    held = [replace(dataset(each, ["gross"], DatasetKind.INTERIM, f"job.{each}"), variable="best") for each in "xy"]
    written = dataset("/out/best", ["gross"], DatasetKind.SINK, "job.write_best", storage=Storage("file", "/out/best"))
    assert find.column(graph(*held, written), "best.gross")[0].id == "/out/best"
    with pytest.raises(AnswerError, match="may mean 2 columns"):
        find.column(graph(*held), "best.gross")
