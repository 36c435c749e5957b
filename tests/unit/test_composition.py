"""Columns composed down to the sources: against a few lines that are plainly right, and the same for both readers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from observing import shop
from test_assemble_properties import observations, whatever
from test_explain import dataset, graph, interim

from spark_lineage.answers.explain import explain
from spark_lineage.events import read
from spark_lineage.graph import assemble
from spark_lineage.graph.composition import Composition
from spark_lineage.model import ColumnInput, Dataset, DatasetKind, LineageGraph, Observation, Storage
from tests.both_readers import check_same_sources

COLUMNS = ("a", "b", "c")
PLACES = ("/out/p", "/out/q")
SUBTYPES = {"IDENTITY": "DIRECT", "AGGREGATION": "DIRECT", "CONDITIONAL": "INDIRECT", "WINDOW": "INDIRECT"}
Key = tuple[str, str]  # dataset id, column
End = tuple[str, str, bool]  # dataset id, column, whether its values go into the column


@st.composite
def runs(draw: st.DrawFn) -> LineageGraph:
    """Runs of sources, interim datasets, writes of two places (whole, appended, failed) and reads of them."""
    made = [dataset("/data/s", COLUMNS), dataset("/data/t", COLUMNS)]
    for number in range(draw(st.integers(1, 8))):
        place = draw(st.sampled_from(PLACES))
        what = draw(st.sampled_from(["interim", "interim", "read", "overwrite", "append", "failed"]))
        if what == "read":
            made.append(dataset(f"r{number}", COLUMNS, storage=Storage("file", place)))
            continue
        columns = draw(st.lists(st.sampled_from(COLUMNS), min_size=1, unique=True))
        inputs = st.lists(st.builds(use, st.sampled_from(made), st.sampled_from(COLUMNS), st.sampled_from([*SUBTYPES])))
        definitions = {column: ("f()", draw(inputs)) for column in columns}
        if what == "interim":
            made.append(interim(f"d{number}", definitions))
        else:
            sink = interim(f"w{number}", definitions, (), DatasetKind.SINK, Storage("file", place))
            mode = "append" if what == "append" else "overwrite"
            made.append(replace(sink, mode=mode, reason="failed" if what == "failed" else None))
    return graph(*made)


def use(of: Dataset, column: str, subtype: str) -> ColumnInput:
    return ColumnInput(of.id, column, SUBTYPES[subtype], subtype)


def plainly(run: LineageGraph) -> Mapping[Key, set[End]]:
    """Each column's ends, found dataset by dataset in the order in which they were made."""
    found: dict[Key, set[End]] = {}
    at_place: dict[str, Dataset] = {}
    for each in run.datasets:
        before = at_place.get(each.name) if each.kind is DatasetKind.SOURCE or each.mode == "append" else None
        defined = {one.column: list(one.inputs) for one in each.fragment.definitions} if each.fragment else {}
        for column in before.columns if before is not None else ():
            defined.setdefault(column.name, []).append(ColumnInput(before.id, column.name, "DIRECT", "IDENTITY"))
        for name, uses in defined.items():
            found[each.id, name] = {end for one in uses for end in ends_of(one, found)}
        if each.kind is DatasetKind.SINK and each.reason != "failed":
            at_place[each.name] = each
    return found


def ends_of(used: ColumnInput, found: Mapping[Key, set[End]]) -> set[End]:
    direct = used.kind == "DIRECT"
    below = found.get((used.dataset, used.column), {(used.dataset, used.column, True)})
    return {(dataset, column, direct and further) for dataset, column, further in below}


@settings(max_examples=100, deadline=None)
@given(runs())
def test_the_ends_are_those_of_a_plain_reading(run: LineageGraph) -> None:
    composition, truth = Composition(run), plainly(run)
    for each in run.datasets:
        for column in COLUMNS:
            ends = composition.ends(each.id, column)
            assert {(one.dataset, one.column, one.kind == "DIRECT") for one in ends} == truth.get(
                (each.id, column), set()
            )


@settings(max_examples=100, deadline=None)
@given(runs())
def test_both_readers_name_the_same_sources(run: LineageGraph) -> None:
    check_same_sources(run)


@whatever
@given(st.lists(observations, max_size=30))
def test_both_readers_name_the_same_sources_whatever_was_observed(seen: list[Observation]) -> None:
    check_same_sources(assemble(seen))


def test_both_readers_name_the_same_sources_of_runs_that_were_recorded() -> None:
    journal = Path(__file__).parents[1] / "contract" / "format_1.jsonl"
    assert check_same_sources(read(map(json.loads, journal.read_text("utf-8").splitlines()))) > 0
    assert check_same_sources(assemble(shop())) > 0


def test_masking_and_kinds_compose() -> None:
    source = dataset("s", ["a", "b"])
    hashed = interim("hashed", {"h": ("sha2(a)", [ColumnInput("s", "a", "DIRECT", "TRANSFORMATION", masking=True)])})
    chosen = [ColumnInput("hashed", "h", "DIRECT", "AGGREGATION"), ColumnInput("s", "b", "INDIRECT", "CONDITIONAL")]
    made = interim("made", {"x": ("max(h)", chosen)})
    assert Composition(graph(source, hashed, made)).ends("made", "x") == (
        ColumnInput("s", "a", "DIRECT", "AGGREGATION", masking=True), ColumnInput("s", "b", "INDIRECT", "CONDITIONAL"),
    )  # fmt: skip


def test_a_circle_ends_nowhere() -> None:
    one, two = interim("one", {"x": ("x", [("two", "x")])}), interim("two", {"x": ("x", [("one", "x")])})
    run = graph(one, two)
    assert Composition(run).ends("one", "x") == ()
    assert explain(run, "one.x").sources == ()


def test_columns_of_one_name_count_all() -> None:
    source = dataset("s", ["a", "b"])
    first, second = interim("i", {"x": ("a", [("s", "a")])}), interim("i", {"x": ("(b + 1)", [("s", "b")])})
    assert first.fragment is not None and second.fragment is not None
    both = replace(first.fragment, definitions=(*first.fragment.definitions, *second.fragment.definitions))
    found = explain(graph(source, replace(first, fragment=both)), "i.x")
    assert found.definition == "one_of(a, (b + 1))"
    assert [each.column for each in found.sources] == ["a", "b"]


@pytest.mark.parametrize("failed", [False, True])
def test_a_write_that_failed_is_not_what_is_read(failed: bool) -> None:
    source = dataset("s", ["a"])
    written = interim("w", {"a": ("a", [("s", "a")])}, (), DatasetKind.SINK, Storage("file", "/out/p"))
    again = dataset("/out/p", ["a"], storage=Storage("file", "/out/p"))
    made = interim("m", {"x": ("a", [("/out/p", "a")])})
    run = graph(source, replace(written, reason="failed" if failed else None), again, made)
    assert [each.dataset for each in Composition(run).ends("m", "x")] == ["/out/p" if failed else "s"]
