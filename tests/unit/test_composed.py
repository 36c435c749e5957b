"""Column lineage composed from the sinks of a run down to its sources, and the one rule by which uses compose."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from test_explain import dataset, graph, interim

from spark_lineage.answers.explain import explain
from spark_lineage.events import composed
from spark_lineage.model import ColumnInput, DatasetKind, LineageGraph, Storage


def use(subtype: str, dataset: str = "d", column: str = "c", masking: bool = False) -> ColumnInput:
    direct = subtype in ("IDENTITY", "TRANSFORMATION", "AGGREGATION")
    return ColumnInput(dataset, column, "DIRECT" if direct else "INDIRECT", subtype, masking)


@pytest.mark.parametrize(
    ("outer", "inner", "expected"),
    [
        ("IDENTITY", "IDENTITY", "IDENTITY"),
        ("IDENTITY", "TRANSFORMATION", "TRANSFORMATION"),
        ("TRANSFORMATION", "IDENTITY", "TRANSFORMATION"),
        ("AGGREGATION", "IDENTITY", "AGGREGATION"),
        ("TRANSFORMATION", "AGGREGATION", "AGGREGATION"),
        ("AGGREGATION", "TRANSFORMATION", "AGGREGATION"),
        ("AGGREGATION", "CONDITIONAL", "CONDITIONAL"),
        ("TRANSFORMATION", "WINDOW", "WINDOW"),
        ("FILTER", "AGGREGATION", "FILTER"),
        ("JOIN", "CONDITIONAL", "JOIN"),
    ],
)
def test_uses_compose(outer: str, inner: str, expected: str) -> None:
    assert use(outer, "a", "x").through(use(inner, "b", "y")) == use(expected, "b", "y")


def test_masking_stays() -> None:
    for first, second in product([True, False], repeat=2):
        made = use("IDENTITY", masking=first).through(use("TRANSFORMATION", masking=second))
        assert made.masking == (first or second)


def sink(name: str, definitions: dict[str, Any], rows: tuple[ColumnInput, ...] = ()) -> Any:
    made = interim(name, definitions, rows, DatasetKind.SINK, Storage("file", name, "parquet"))
    assert made.fragment is not None
    inputs = dict.fromkeys([*made.fragment.inputs, *(each.dataset for each in rows)])
    return replace(made, fragment=replace(made.fragment, inputs=tuple(inputs)))


SALES = dataset("/data/sales", ["item", "price", "shop"])
SHOPS = dataset("/data/shops", ["shop", "city"])
CLEAN = interim(
    "clean",
    {"price": ("(price * 2)", [("/data/sales", "price")]), "shop": ("shop", [("/data/sales", "shop")])},
    [use("FILTER", "/data/sales", "item")],
)
REPORT = sink(
    "/out/report",
    {"total": ("sum(price)", [use("AGGREGATION", "clean", "price")]), "n": ("count(*)", [])},
    (use("JOIN", "clean", "shop"), use("JOIN", "/data/shops", "shop")),
)
COPY = sink("/out/copy", {"total": ("total", [("/out/report", "total")])})


def entries(of: LineageGraph) -> dict[str, Any]:
    facet = composed.facet(of)
    return {} if facet is None else {each["name"]: each for each in facet["entries"]}


def told(inputs: Any) -> list[tuple[Any, ...]]:
    return [
        (
            each["name"],
            each.get("field"),
            *[(used["type"], used["subtype"]) for used in each.get("transformations", ())],
        )
        for each in inputs
    ]


def test_from_sink_to_source() -> None:
    report = entries(graph(SALES, SHOPS, CLEAN, REPORT))["/out/report"]
    assert {name: told(each["inputs"]) for name, each in report["fields"].items()} == {
        "total": [("/data/sales", "price", ("DIRECT", "AGGREGATION"))]
    }
    assert told(report["inputs"]) == [
        ("/data/sales", None),
        ("/data/shops", None),
        ("/data/sales", "item", ("INDIRECT", "FILTER")),
        ("/data/sales", "shop", ("INDIRECT", "JOIN")),
        ("/data/shops", "shop", ("INDIRECT", "JOIN")),
    ]


def test_through_what_was_written_and_read_again() -> None:
    copy = entries(graph(SALES, SHOPS, CLEAN, REPORT, COPY))["/out/copy"]
    assert told(copy["fields"]["total"]["inputs"]) == [("/data/sales", "price", ("DIRECT", "AGGREGATION"))]
    assert told(copy["inputs"])[0] == ("/data/sales", None)


def test_what_was_appended_comes_from_all_writes() -> None:
    place = Storage("file", "/out/all", "parquet")
    first = replace(
        interim("/out/all", {"a": ("price", [("/data/sales", "price")])}, (), DatasetKind.SINK, place), mode="overwrite"
    )
    more = interim("/out/all~2", {"a": ("(city || 'x')", [("/data/shops", "city")])}, (), DatasetKind.SINK, place)
    more = replace(more, name="/out/all", mode="append")
    read = interim("read", {"a": ("a", [("/out/all~2", "a")])})
    copy = sink("/out/copy", {"b": ("a", [("read", "a")])})
    run = graph(SALES, SHOPS, first, more, read, copy)
    made = {(name, field) for name, field, *_ in told(entries(run)["/out/copy"]["fields"]["b"]["inputs"])}
    assert made == {("/data/sales", "price"), ("/data/shops", "city")}
    explained = explain(run, "/out/copy.b")
    assert {(each.dataset.id, each.column) for each in explained.sources} == made
    assert explained.definition == "one_of((shops.city || 'x'), sales.price)"


def test_where_rows_went_through_python_only_the_dataset_is_known() -> None:
    hop = interim("hop", {"x": ("x", [])})
    assert hop.fragment is not None
    hop = replace(hop, fragment=replace(hop.fragment, opaque=("rdd",)))
    run = graph(SALES, CLEAN, hop, sink("/out/x", {"x": ("x", [("hop", "x")])}))
    steps = tuple(replace(each, inputs=("clean",)) if "hop" in each.outputs else each for each in run.steps)
    made = entries(replace(run, steps=steps))["/out/x"]
    assert told(made["inputs"])[0] == ("/data/sales", None)
    assert "fields" not in made


def test_nothing_written() -> None:
    assert composed.facet(graph(SALES, CLEAN)) is None


def test_too_many_pairs_leave_the_datasets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(composed, "MOST", 2)
    report = entries(graph(SALES, SHOPS, CLEAN, REPORT))["/out/report"]
    assert "fields" not in report
    assert told(report["inputs"]) == [("/data/sales", None), ("/data/shops", None)]


def test_a_chain_of_a_thousand_steps() -> None:
    made: list[Any] = [dataset("/data/s", ["x"])]
    for number in range(1000):
        made.append(interim(f"d{number}", {"x": ("(x + 1)", [(made[-1].id, "x")])}))
    made.append(sink("/out/x", {"x": ("x", [(made[-1].id, "x")])}))
    assert told(entries(graph(*made))["/out/x"]["fields"]["x"]["inputs"]) == [
        ("/data/s", "x", ("DIRECT", "TRANSFORMATION"))
    ]
