"""Interim datasets of one name: versions of one dataset, or datasets of their own."""

from __future__ import annotations

from collections.abc import Sequence

from spark_lineage.graph.versions import told_apart
from spark_lineage.model import Column, Dataset, DatasetKind, Outcome, Step, StepKind


def made(id_: str, *columns: str, name: str = "read", kind: DatasetKind = DatasetKind.INTERIM) -> Dataset:
    return Dataset(
        id_, name, "inmemory://job", kind, "job.read", 1, None, "spark", tuple(Column(each, "int") for each in columns),
        None, False, None, None, (), None, None, None, None, 0,
    )  # fmt: skip


def step(*inputs: str, outputs: Sequence[str] = ()) -> Step:
    return Step(
        "job.use", 1, StepKind.FUNCTION, "use", "job.py", 1, 2, None, None, inputs, tuple(outputs), 0.0, 1.0,
        Outcome.COMPLETE, None, (), None, None, None, None, "MainThread",
    )  # fmt: skip


def names(*datasets: Dataset, steps: Sequence[Step] = ()) -> dict[str, str]:
    return {each.id: each.name for each in told_apart(datasets, steps)}


def test_calls_with_the_same_columns_are_versions() -> None:
    loop = [made("read", "a", "b"), made("read~2", "a", "b"), made("read~3", "a", "b")]
    assert names(*loop, steps=[step("read"), step("read~2")]) == {each.id: "read" for each in loop}


def test_other_columns_are_another_dataset() -> None:
    found = names(made("read", "a"), made("read~2", "x", "y"), made("read~3", "a"), made("read~4", "x", "y"))
    assert found == {"read": "read", "read~2": "read~2", "read~3": "read", "read~4": "read~2"}


def test_those_that_meet_are_told_apart() -> None:
    both = [made("read", "a"), made("read~2", "a")]
    assert names(*both, steps=[step("read", "read~2")]) == {"read": "read", "read~2": "read~2"}
    assert names(*both, steps=[step(outputs=["read", "read~2"])]) == {"read": "read", "read~2": "read~2"}


def test_columns_that_were_not_seen_are_taken_to_be_the_same() -> None:
    assert names(made("read", "a"), made("read~2"), made("read~3", "b")) == {
        "read": "read", "read~2": "read", "read~3": "read~3",
    }  # fmt: skip
    assert names(made("read"), made("read~2", "b")) == {"read": "read", "read~2": "read~2"}


def test_stored_datasets_keep_their_places() -> None:
    found = names(
        made("/data", "a", name="/data", kind=DatasetKind.SOURCE),
        made("/data~2", "b", name="/data", kind=DatasetKind.SINK),
    )
    assert found == {"/data": "/data", "/data~2": "/data"}
