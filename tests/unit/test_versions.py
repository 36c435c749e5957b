"""Interim datasets of one name: versions of one dataset, or datasets of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from spark_lineage.events.jobs import job_names
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


def test_what_is_made_from_itself_is_told_apart() -> None:
    again = [made("read", "a"), made("read~2", "a"), made("other", "a", name="other")]
    by_id = {each.id: each.id for each in again}
    assert names(*again, steps=[step("read", outputs=["read~2"])]) == by_id
    around = [step("read", outputs=["other"]), step("other", outputs=["read~2"])]
    assert names(*again, steps=around) == by_id
    aside = [step("other", outputs=["read"]), step("other", outputs=["read~2"])]
    assert names(*again, steps=aside) == {"read": "read", "read~2": "read", "other": "other"}


# --- jobs


def jobs(steps: Sequence[Step], *datasets: Dataset) -> list[str]:
    found = job_names(steps, {each.id: each for each in datasets})
    return [found[(each.step, each.call)] for each in steps]


def call(name: str, number: int, *outputs: str, parent: tuple[str, int] | None = None) -> Step:
    return replace(step(outputs=outputs), step=name, call=number, parent=parent)


def test_calls_that_make_other_datasets_are_jobs_of_their_own() -> None:
    a, a2, b = made("a", "x", name="a"), made("a~2", "x", name="a"), made("b", "y", name="b")
    calls = [call("job.f", 1, "a"), call("job.f", 2, "b"), call("job.f", 3, "a~2"), call("job.f", 4)]
    assert jobs(calls, a, a2, b) == ["job.f", "job.f~2", "job.f", "job.f"]


def test_steps_below_are_named_after_their_parents_job() -> None:
    a, b, c = made("a", "x", name="a"), made("b", "y", name="b"), made("c", "z", name="c")
    calls = [
        call("job.f", 1, "a"),
        call("job.f.g", 1, "c", parent=("job.f", 1)),
        call("job.f", 2, "b"),
        call("job.f.g", 2, parent=("job.f", 2)),
    ]
    assert jobs(calls, a, b, c) == ["job.f", "job.f.g", "job.f~2", "job.f~2.g"]
