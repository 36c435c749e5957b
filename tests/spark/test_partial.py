"""What Spark did not look at whole is marked so, with the reason, and never carries a wrong number."""

from __future__ import annotations

from typing import Any

import pytest
from program_runs import Runs, compare

MODES = ["flow", "used", "exact"]
NEEDS = [("truth", "partial"), *((mode, "partial") for mode in MODES)]
REASONS = {
    "shown": "limit",
    "taken": "limit",
    "headed": "limit",
    "limited_above": "limit",
    "never_executed": "never_executed",
    "only_schema": "never_executed",
    "existence": "limit",
}
PUSHED = {"filter_pushed": "filter_pushed", "partition_pruned": "filter_pushed"}


def first(runs: Runs, mode: str, function: str) -> dict[str, Any]:
    runs.observed("partial", mode=mode).succeeded()
    return runs.shown("partial", mode=mode).outputs_of(function)[0]


@pytest.mark.parametrize("mode", MODES)
def test_no_number_is_wrong(runs: Runs, mode: str) -> None:
    runs.observed("partial", mode=mode).succeeded()
    comparison = compare(runs.shown("partial", mode=mode), runs.truth("partial"))
    assert comparison.wrong == []
    assert comparison.missing == []


@pytest.mark.parametrize("function", REASONS)
@pytest.mark.parametrize("mode", MODES)
def test_it_says_why(runs: Runs, mode: str, function: str) -> None:
    dataset = first(runs, mode, function)
    assert (dataset["complete"], dataset["reason"]) == (False, REASONS[function]), dataset


@pytest.mark.parametrize("function", PUSHED)
def test_pushed_filters_are_named(runs: Runs, function: str) -> None:
    dataset = first(runs, "flow", function)
    assert (dataset["complete"], dataset["reason"]) == (False, PUSHED[function]), dataset
    column = "quantity" if function == "filter_pushed" else "day"
    assert column in str(dataset.get("detail")) + str(dataset.get("pushed")), dataset


@pytest.mark.parametrize("function", PUSHED)
def test_files_state_how_many_rows_lie_below_filters(runs: Runs, function: str) -> None:
    dataset = first(runs, "flow", function)
    assert (dataset["complete"], dataset["rows"], dataset["fingerprint"]) == (False, 2000, None), dataset


def test_rows_are_counted_between_the_filters_of_two_steps(runs: Runs) -> None:
    dataset = first(runs, "flow", "filters_pushed")
    expected = first(runs, "exact", "filters_pushed")
    assert (dataset["complete"], dataset["reason"], dataset["fingerprint"]) == (False, "filter_pushed", None), dataset
    assert dataset["rows"] == expected["rows"] and 0 < dataset["rows"] < 2000, (dataset, expected)


@pytest.mark.parametrize("mode", ["used", "exact"])
@pytest.mark.parametrize("function", PUSHED)
def test_a_barrier_sees_rows_below_filters(runs: Runs, function: str, mode: str) -> None:
    dataset = first(runs, mode, function)
    assert (dataset["complete"], dataset["rows"]) == (True, 2000), dataset


@pytest.mark.parametrize("mode", ["flow", "used"])
def test_pruned_columns_have_no_facts(runs: Runs, mode: str) -> None:
    dataset = first(runs, mode, "pruned")
    assert dataset["complete"] and dataset["rows"] == 15_000
    facts = {column["name"]: column["nulls"] for column in dataset["columns"]}
    assert facts["triple"] == 0
    assert facts["letter"] is None and facts["more"] is None, facts
    assert dataset["fingerprint"] is None


def test_exact_mode_brings_pruned_columns(runs: Runs) -> None:
    dataset = first(runs, "exact", "pruned")
    assert all(column["fingerprint"] for column in dataset["columns"]) and dataset["fingerprint"], dataset


@pytest.mark.parametrize("mode", MODES)
def test_count_gives_rows(runs: Runs, mode: str) -> None:
    dataset = first(runs, mode, "counted")
    assert (dataset["complete"], dataset["rows"]) == (True, 18_000), dataset


@pytest.mark.parametrize("mode", MODES)
def test_a_limit_that_was_not_reached_took_nothing_away(runs: Runs, mode: str) -> None:
    dataset = first(runs, mode, "all_of_limit")
    assert dataset["rows"] == 50 if dataset["complete"] else dataset["reason"] == "limit", dataset


@pytest.mark.parametrize("mode", MODES)
def test_the_best_measurement_stays(runs: Runs, mode: str) -> None:
    """A look at the first row and then at all: complete, and counted once."""
    dataset = first(runs, mode, "first_then_all")
    assert (dataset["complete"], dataset["rows"]) == (True, 22_000), dataset


@pytest.mark.parametrize("mode", MODES)
def test_the_content_of_a_limit_is_exact_or_not_claimed(runs: Runs, mode: str) -> None:
    """Spark collects a limit from as few partitions as it can; a probe above it would change that."""
    dataset = first(runs, mode, "limit_itself")
    assert dataset["rows"] == 9 if dataset["complete"] else dataset["reason"] in ("stepped_aside", "limit"), dataset
