"""What is marked complete is what plain Spark counts, for every kind of plan, in each measuring mode."""

from __future__ import annotations

import pytest
from program_runs import Comparison, Runs, compare

MODES = ["flow", "used", "exact"]
NEEDS = [("truth", "plans"), *((mode, "plans") for mode in ("plan", *MODES))]
# Types for which Spark has no hash; their rows and nulls count all the same.
UNHASHED = {"maps"}


def compared(runs: Runs, mode: str) -> Comparison:
    runs.observed("plans", mode=mode).succeeded()
    return compare(runs.shown("plans", mode=mode), runs.truth("plans"))


@pytest.mark.parametrize("mode", MODES)
def test_every_function_that_made_a_dataset_is_there(runs: Runs, mode: str) -> None:
    assert compared(runs, mode).missing == []


@pytest.mark.parametrize("mode", MODES)
def test_no_number_is_wrong(runs: Runs, mode: str) -> None:
    assert compared(runs, mode).wrong == []


def test_exact_mode_sees_everything(runs: Runs) -> None:
    comparison = compared(runs, "exact")
    assert comparison.incomplete == {}
    # The optimizer makes new rows of local ones; only their number is sure.
    assert set(comparison.checked) - comparison.full <= {"from_pandas#1", "odd_floats#1"}


def test_used_mode_sees_every_row(runs: Runs) -> None:
    assert compared(runs, "used").incomplete == {}


# These are the ends of their pipelines, written whole: nothing above can be pushed into them.
def test_flow_mode_sees_what_is_consumed_whole(runs: Runs) -> None:
    comparison = compared(runs, "flow")
    inputs = {"read_orders#1", "read_customers#1", "read_nested#1"}
    # The optimizer makes new rows of local ones; only their number is sure.
    local = {"from_pandas#1", "odd_floats#1"}
    assert {label: why for label, why in comparison.incomplete.items() if label not in inputs} == {}
    assert set(comparison.checked) - inputs - local - comparison.full == set()


@pytest.mark.parametrize("mode", MODES)
def test_complete_datasets_carry_column_fingerprints(runs: Runs, mode: str) -> None:
    """Nulls without a fingerprint would pass every comparison."""
    shown, unprinted = runs.shown("plans", mode=mode), []
    for truth in runs.truth("plans"):
        assert truth.function is not None
        for dataset in shown.outputs_of(truth.function)[:1]:
            if not dataset["complete"] or truth.function in UNHASHED:
                continue
            unprinted += [
                f"{truth.label}.{column['name']} {column['type']}"
                for column in dataset["columns"]
                if column["nulls"] is not None and column["fingerprint"] is None
            ]
    assert unprinted == []


@pytest.mark.parametrize("mode", ["flow", "used"])
def test_the_modes_give_one_row_fingerprint(runs: Runs, mode: str) -> None:
    other, exact = compared(runs, mode), compared(runs, "exact")
    assert sum(d["fingerprint"] is not None for d in exact.checked.values()) > 50
    for label, dataset in other.checked.items():
        if dataset["fingerprint"] is not None and exact.checked[label]["fingerprint"] is not None:
            assert dataset["fingerprint"] == exact.checked[label]["fingerprint"], label


def test_plan_mode_claims_no_numbers(runs: Runs) -> None:
    runs.observed("plans", mode="plan").succeeded()
    shown = runs.shown("plans", mode="plan")
    comparison = compare(shown, runs.truth("plans"))
    assert comparison.missing == []
    assert comparison.wrong == []
    assert all(d["columns"] for d in comparison.checked.values()), "schemas are known without a probe"
