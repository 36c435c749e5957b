"""Fingerprints of rows over some of the columns: what they say of each other, and who may take them for whole."""

from __future__ import annotations

from dataclasses import replace

import pytest
from comparing import Made, Runs

from spark_lineage.answers.diff import Comparison, compare_runs
from spark_lineage.answers.executions import DIFFERENT, SAME, UNKNOWN, verdict
from spark_lineage.answers.series import history
from spark_lineage.experiments.datasets import digest
from spark_lineage.model import Dataset, LineageGraph, StepKind, fingerprints

WHOLE, SOME, OTHERS = "row1:" + "1" * 32, "row1[1,3-4]:" + "2" * 32, "row1[1,3]:" + "2" * 32
CHANGED = "row1[1,3-4]:" + "4" * 32


@pytest.mark.parametrize(
    ("a", "b", "differs"),
    [
        (WHOLE, WHOLE, False), (WHOLE, "row1:" + "3" * 32, True), (SOME, CHANGED, True), (SOME, SOME, False),
        (WHOLE, SOME, False), (SOME, OTHERS, False), (None, SOME, False), (None, None, False),
    ],
)  # fmt: skip
def test_only_those_over_the_same_columns_differ(a: str | None, b: str | None, differs: bool) -> None:
    assert fingerprints.differ(a, b) == fingerprints.differ(b, a) == differs
    assert fingerprints.any_differ([each for each in (a, b) if each is not None]) == differs


def test_whole_rows_come_first() -> None:
    assert fingerprints.of_most((None, SOME, WHOLE)) == WHOLE
    assert fingerprints.of_most((None, SOME, OTHERS)) == SOME
    assert fingerprints.of_most((None,)) is None


def recorded(fingerprint: str | None, run: str = "r", unused: str | None = "b", started: float = 1.0) -> LineageGraph:
    """One step, whose dataset has three columns. Of ``unused`` nothing is known."""
    made = Made("ranked", ("/data/orders",), content="x", kind=StepKind.FUNCTION, columns=("a", "b", "c"), plan="rank")
    graph = Runs([made]).graph(run)

    def used(dataset: Dataset) -> Dataset:
        columns = tuple(
            replace(column, nulls=None, fingerprint=None) if column.name == unused else column
            for column in dataset.columns
        )
        return replace(dataset, fingerprint=fingerprint, columns=columns)

    datasets = tuple(used(each) if each.id == "ranked" else each for each in graph.datasets)
    return replace(graph, datasets=datasets, run=replace(graph.run, started=started))


def ranked(fingerprint: str | None, unused: str | None = "b") -> Dataset:
    return next(each for each in recorded(fingerprint, unused=unused).datasets if each.id == "ranked")


def compared(a: str | None, b: str | None) -> Comparison:
    return compare_runs(recorded(a), recorded(b, "0197a1b2-0000-7000-8000-000000000002"))


def test_rows_that_pair_the_same_values_otherwise_diverge() -> None:
    found = compared(SOME, CHANGED)
    assert [each.dataset.id for each in found.first_divergences if each.dataset] == ["ranked"]
    assert compared(SOME, SOME).same
    assert compared(SOME, OTHERS).same
    assert compared(SOME, None).same


def test_an_execution_of_a_cell_made_the_same_only_if_whole_rows_say_so() -> None:
    assert verdict(ranked(WHOLE, None), ranked(WHOLE, None)) == SAME
    assert verdict(ranked(SOME), ranked(SOME)) == UNKNOWN
    assert verdict(ranked(SOME), ranked(OTHERS)) == UNKNOWN
    assert verdict(ranked(SOME), ranked(CHANGED)) == DIFFERENT


def test_a_history_compares_those_over_the_same_columns() -> None:
    kept = [SOME, OTHERS, CHANGED, CHANGED]
    graphs = [recorded(each, f"r{number}", started=number) for number, each in enumerate(kept)]
    (series,) = history(graphs, "ranked")
    assert [point.changed for point in series.points] == [(), (), ("fingerprint of columns 1,3-4",), ()]


def test_a_digest_is_of_whole_rows() -> None:
    assert digest(ranked(WHOLE, None), "run") == "1" * 32
    assert digest(ranked(SOME), "run") == "run"
