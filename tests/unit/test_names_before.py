"""A run that was recorded when statements were named by their lines is compared with one of today."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from flat_script import TEXT, flat

from spark_lineage.answers.diff import Comparison, compare_runs
from spark_lineage.answers.diff.document import document
from spark_lineage.events import read
from spark_lineage.graph import assemble
from spark_lineage.model import LineageGraph, ProgramStarted

BEFORE = Path(__file__).parents[1] / "contract" / "names_before.jsonl"
RUN = "0197a1b2-0000-7000-8000-00000000000b"


def before() -> LineageGraph:
    return read(map(json.loads, BEFORE.read_text("utf-8").splitlines()))


def compared(*observed: object, **changed: object) -> Comparison:
    return compare_runs(before(), assemble(flat(RUN, **changed)))  # type: ignore[arg-type]


def test_names_are_those_of_what_is_done() -> None:
    graph = assemble(flat(RUN))
    assert [step.step for step in graph.steps] == [
        "job", "job.orders", "job.best", "job.write_best", "job.train_test", "job.write_train", "job.write_test",
    ]  # fmt: skip
    assert [each.id for each in graph.datasets if each.step == "job.train_test"] == ["train", "test"]
    assert [step.step for step in before().steps][3] == "job.line_3"


def test_a_line_more_changes_no_name() -> None:
    moved = assemble(flat(RUN, "# one line more\n" + TEXT))
    assert [step.step for step in moved.steps] == [step.step for step in assemble(flat(RUN)).steps]


def test_the_same_program_is_the_same() -> None:
    found = compared()
    assert found.same, document(found)


def test_a_changed_step_is_found_and_no_other() -> None:
    found = compared(expression="Filter (a > 2)", text=TEXT.replace("a > 1", "a > 2"), salt=7)
    assert [each.step.step for each in found.first_divergences] == ["job.best"]


def test_a_program_that_moved_to_another_place_is_compared_all_the_same() -> None:
    first, *rest = flat(RUN)
    assert isinstance(first, ProgramStarted)
    moved = assemble([replace(first, place="acme/etl"), *rest])
    assert {each.namespace for each in moved.datasets} == {"file", "inmemory://acme/etl/job"}
    assert compare_runs(before(), moved).same
