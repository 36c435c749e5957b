"""Runs that earlier releases have written stay readable: format 1, as it was before columns' facts became lists."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

from observing import shop
from test_events import without_storages

from spark_lineage.events import build, read, samples
from spark_lineage.events.lines import to_line
from spark_lineage.graph import assemble
from spark_lineage.model import LineageGraph, Partial, ProbedColumn

FORMAT_1 = Path(__file__).parents[1] / "contract" / "format_1.jsonl"


def measured_in_part() -> LineageGraph:
    """The shop; of one dataset only the rows that passed a filter were seen, twice, once without a column."""
    graph = assemble(shop())
    clean = next(each for each in graph.datasets if each.id == "clean")
    seen = tuple(ProbedColumn(each.name, each.type, each.nulls, each.fingerprint) for each in clean.columns)
    floats = tuple(replace(each, sum=1.5, sum_squares=2.25, signed_sum=-0.0) for each in seen[:1])
    partial = (
        Partial(("(a > 0)",), 7, (*floats, *seen[1:]), "row1:" + "0123456789abcdef" * 2),
        Partial(
            ("(a > 0)", "(b > 0)"), 5, tuple(replace(each, nulls=None, fingerprint=None) for each in seen[1:]), None
        ),
        Partial((), 3, (), None),
    )
    changed = replace(clean, complete=False, reason="filter_pushed", pushed=("(a > 0)",), partial=partial)
    total = next(each for each in graph.datasets if each.id == "total")
    summed = replace(total.columns[1], nulls=None, sum=math.inf, sum_squares=2.5, signed_sum=-1.0)
    known = {"clean": changed, "total": replace(total, columns=(total.columns[0], summed))}
    return replace(graph, datasets=tuple(known.get(each.id, each) for each in graph.datasets))


def test_format_1_is_read() -> None:
    graph = measured_in_part()
    lines = FORMAT_1.read_text("utf-8").splitlines()
    assert "/facets/1/" in lines[0]
    assert read([json.loads(line) for line in lines], samples(graph)) == without_storages(graph)


def test_what_is_written_now_is_read() -> None:
    graph = measured_in_part()
    events = [json.loads(to_line(each)) for each in build(graph)]
    assert read(events, samples(graph)) == without_storages(graph)
