"""diff: which step is to blame, on graphs built by hand."""

from __future__ import annotations

import functools
import json
import os
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from comparing import Made, Runs, chain
from hypothesis import given, settings
from hypothesis import strategies as st

from spark_lineage.answers.diff import Comparison, compare_runs
from spark_lineage.answers.diff.document import document
from spark_lineage.answers.errors import AnswerError
from spark_lineage.model import ChangedRows, Column, DatasetKind, LineageGraph, Mode, Sample, StepKind, Storage

FUNCTION = StepKind.FUNCTION


def compared(a: Runs, b: Runs, **options: Any) -> Comparison:
    found = compare_runs(a.graph(), b.graph("0197a1b2-0000-7000-8000-000000000002"), **options)
    if (validator := contract()) is not None:
        validator.validate(json.loads(json.dumps(document(found))))
    return found


@functools.cache
def contract() -> Any:
    """None where the contracts are not at hand."""
    folder = Path(os.environ.get("SPARK_LINEAGE_SHARED", Path(__file__).parents[3] / "shared"))
    file = folder / "contracts" / "diff.schema.json"
    return jsonschema.Draft202012Validator(json.loads(file.read_text())) if file.exists() else None


def causes(found: Comparison) -> list[str]:
    return [each.dataset.id if each.dataset is not None else each.step.step for each in found.first_divergences]


def consequences(found: Comparison) -> dict[str, tuple[str, ...]]:
    return {each.dataset: each.caused_by for each in found.diverged}


def flow(**changed: Made) -> list[Made]:
    """load -> clean -> enrich -> report, as functions; ``changed`` replaces some."""
    made = [
        Made("load", ("/data/orders",), plan="read", content=None, kind=FUNCTION, pushed=("(amount >= 0)",)),
        Made("clean", ("load",), plan="amount >= 0", content="clean", kind=FUNCTION),
        Made("enrich", ("clean",), plan="join", content="enriched", kind=FUNCTION),
        Made("report", ("enrich",), plan="sum", content="report", kind=FUNCTION),
    ]
    return [changed.get(each.name, each) for each in made]


def job(**changed: Made) -> Runs:
    return Runs(flow(**changed), sinks=[("/out/report", "report")])


CLEAN, ENRICH, REPORT = flow()[1:]
LOAD = flow()[0]


# ------------------------------------------------------------------------------------------------ same


def test_a_run_is_the_same_as_itself() -> None:
    found = compared(job(), job())
    assert found.same
    assert not found.different
    assert (found.measured, found.derived) == (5, 1)  # load is derived: its facts are partial


def test_renamed_functions_variables_folders_and_programs_are_the_same() -> None:
    tidy = [
        LOAD,
        CLEAN.named("tidy"),
        replace(ENRICH.named("enrich"), inputs=("tidy",)),
        REPORT,
    ]
    renamed = Runs(tidy, sinks=[("/elsewhere/report", "report")], program="/home/bob/other.py", app="other")
    assert compared(job(), renamed).same


def test_a_refactored_step_with_the_same_rows_is_the_same() -> None:
    found = compared(job(), job(clean=replace(CLEAN, plan="NOT amount < 0", source="other")))
    assert found.same


def test_a_rewritten_step_that_was_not_measured_is_cleared_by_what_is_made_of_it() -> None:
    load = replace(LOAD, plan="read with a schema", source="other")
    assert compared(job(), job(load=load)).same


def test_an_inserted_repartition_is_no_divergence() -> None:
    a, b = chain("1", "2", None, "4"), chain("1", "2", None, "4")
    extra = Made(
        "df", ("df~2",), plan="repartition", content=None, operators=("Repartition 8",), reason="stepped_aside"
    )
    b = [*b[:2], extra, replace(b[2], inputs=("df~3",)), replace(b[3], inputs=("df~4",))]
    found = compared(Runs(a), Runs(b))
    assert found.same
    assert found.only_in_b == ("job.df~3",)


def test_two_steps_made_one_are_the_same_if_the_rows_are() -> None:
    a = chain("1", "2", "3", "4")
    b = [a[0], replace(a[2], inputs=("df",), plan="steps 1 and 2"), replace(a[3], inputs=("df~2",))]
    assert compared(Runs(a), Runs(b)).same


def test_the_order_of_threads_does_not_matter() -> None:
    parts = [Made("part", ("/data/orders",), plan=f"country = {each}", content=each, kind=FUNCTION) for each in "abcd"]
    assert compared(Runs(parts), Runs([parts[3], parts[0], parts[2], parts[1]])).same


def test_calls_in_threads_are_told_apart_by_what_they_read_and_make() -> None:
    """The calls are numbered as they came; a fault in one step of each changes what they make."""

    def regions(order: str, plan: str) -> Runs:
        made: list[Made] = []
        for number, each in enumerate(order):
            call = "" if number == 0 else f"~{number + 1}"
            made.append(Made("read", (f"/data/{each}",), plan="read", content=each, kind=FUNCTION, source="r"))
            changed = f"{each} {plan}"
            made.append(Made("rate", (f"read{call}",), plan=plan, content=changed, kind=FUNCTION, source=plan))
        return Runs(made, sources=[(f"/data/{each}", None) for each in "enw"])

    assert compared(regions("enw", "p"), regions("wen", "p")).same
    found = compared(regions("enw", "p"), regions("wen", "q"))
    assert causes(found) == ["rate", "rate~2", "rate~3"]
    assert {each.a.id: each.b.id for each in found.first_divergences if each.a and each.b} == {
        "rate": "rate~2", "rate~2": "rate~3", "rate~3": "rate",
    }  # fmt: skip


def noisy(sum_: float, squares: float, fingerprint: str, **more: Any) -> Runs:
    runs = Runs([Made("total", ("/data/orders",), content="x", kind=FUNCTION, columns=("amount",), **more)])
    graph = runs.graph()
    column = Column("amount", "double", True, 0, fingerprint, sum_, squares, sum_ / 3)
    datasets = tuple(
        replace(each, columns=(column,), fingerprint=f"row1:{fingerprint}") if each.id == "total" else each
        for each in graph.datasets
    )
    runs.graph = lambda run="r": replace(graph, datasets=datasets)  # type: ignore[method-assign]
    return runs


def test_another_order_of_summation_is_within_tolerance_and_rounding_is_not() -> None:
    a = noisy(1234.56789, 99.5, "a")
    found = compared(a, noisy(1234.56789 * (1 + 1e-14), 99.5 * (1 - 1e-14), "b"))
    assert found.same
    assert found.within_tolerance == (("total", ("amount",)),)
    assert causes(compared(a, noisy(1234.57, 99.5003, "b"))) == ["total"]


def test_rounding_that_is_too_small_for_the_sketch_is_seen_in_the_definition() -> None:
    a = noisy(1e12, 1e20, "a", expressions=(("amount", "sum(x)"),))
    b = noisy(1e12, 1e20, "b", expressions=(("amount", "round(sum(x), 2)"),), plan="rounded")
    assert causes(compared(a, b)) == ["total"]


# ------------------------------------------------------------------------------------------------ different


def test_the_step_that_changed_is_named_and_what_follows_is_its_consequence() -> None:
    clean = replace(CLEAN, plan="amount > 0", content="fewer", rows=90, operators=("Filter (amount > 0)",))
    enrich, report = replace(ENRICH, content="fewer+"), replace(REPORT, content="other")
    found = compared(job(clean=CLEAN), job(clean=clean, enrich=enrich, report=report))
    assert causes(found) == ["clean"]
    assert not found.same
    assert consequences(found) == dict.fromkeys(("enrich", "report", "/out/report"), ("job.clean",))
    (first,) = found.first_divergences
    assert first.why == "`clean` (job.py:11): 10 rows fewer; filter `amount >= 0` became `amount > 0`"
    assert (first.inputs_equal, first.inputs_evidence, first.deterministic) == (True, "derived", True)


def test_a_changed_filter_is_pinned_on_its_step_though_partial_facts_above_moved() -> None:
    load = replace(LOAD, pushed=("(amount > 0)",))
    clean = replace(CLEAN, plan="amount > 0", content="fewer", rows=90)
    assert causes(compared(job(), job(load=load, clean=clean))) == ["clean"]


def test_a_changed_step_that_was_not_measured_is_blamed_for_what_differs_below_it() -> None:
    a = [*flow()[:2], replace(ENRICH, content=None, reason="stepped_aside"), REPORT]
    b = [*flow()[:2], replace(a[2], plan="left join"), replace(REPORT, content="other")]
    found = compared(Runs(a), Runs(b))
    assert causes(found) == ["enrich"]
    assert consequences(found) == {"report": ("job.enrich",)}
    assert "not compared" in found.first_divergences[0].why


def test_a_removed_and_an_inserted_statement_shift_no_others() -> None:
    a = chain("1", "2", "3", "4", "5", "6")
    b = [
        *a[:2],
        replace(a[3], inputs=("df~2",), content="4x"),
        replace(a[4], inputs=("df~3",), content="5x"),
        replace(a[5], inputs=("df~4",), content="6x"),
    ]
    removed = compared(Runs(a), Runs(b))
    assert causes(removed) == ["df~3"]
    assert removed.first_divergences[0].b is None
    assert removed.only_in_a == ("job.df~3",)
    inserted = compared(Runs(b), Runs(a))
    assert causes(inserted) == ["df~3"]
    assert inserted.first_divergences[0].a is None


def test_a_removed_statement_is_named_though_the_next_one_was_not_measured() -> None:
    a = chain("1", "2", "3", None, "5")
    b = [*a[:2], replace(a[3], inputs=("df~2",)), replace(a[4], inputs=("df~3",), content="5x")]
    assert causes(compared(Runs(a), Runs(b))) == ["df~3"]


def test_a_source_that_is_read_with_other_options_has_not_changed() -> None:
    """What it holds is known only as its reader read it."""
    b = [replace(LOAD, plan="read with another null value", content="read otherwise"), *flow()[1:]]
    a = [replace(LOAD, content="read"), *flow()[1:]]
    found = compared(Runs(a, sources=[("/data/orders", "as read")]), Runs(b, sources=[("/data/orders", "otherwise")]))
    assert causes(found) == ["load"]
    assert found.sources_changed == ()


@pytest.mark.parametrize(("b", "blamed"), [("same", "clean"), ("copied", "source"), ("written anew", "source")])
def test_what_is_known_of_files(b: str, blamed: str) -> None:
    """The rows differ, the plan is the same and deterministic. Only of files that are the very same is a source clear:
    a copy of equal names and sizes is a likelier cause than code that has not changed."""
    files = {"same": "files1:2:aa:bb", "copied": "files1:2:aa:cc", "written anew": "files1:2:dd:ee"}
    runs = [Runs(flow()), Runs([flow()[0], *(replace(each, content=f"{each.content}!") for each in flow()[1:])])]
    graphs = []
    for run, listed in zip(runs, ("same", b), strict=True):
        run.sources = [("/data/orders", None)]
        graph = run.graph()
        source = graph.datasets[0]
        assert source.storage is not None
        known = replace(source, storage=replace(source.storage, files=files[listed]))
        graphs.append(replace(graph, datasets=(known, *graph.datasets[1:])))
    found = compare_runs(*graphs)
    assert (causes(found) == ["clean"]) is (blamed == "clean")
    assert bool(found.sources_changed) is (blamed == "source")


def test_one_of_many_calls_in_a_loop() -> None:
    parts = [Made("part", ("/data/orders",), plan="p", content=f"{n}", kind=FUNCTION, source="s") for n in range(9)]
    b = [*parts[:4], replace(parts[4], plan="q", content="x", source="t"), *parts[5:]]
    assert causes(compared(Runs(parts), Runs(b))) == ["part~5"]


def test_another_input_is_a_change_of_the_step_that_takes_it() -> None:
    report = replace(REPORT, inputs=("clean",), content="other")
    found = compared(job(), job(report=report))
    assert causes(found) == ["report"]
    assert "in place of" in found.first_divergences[0].why


def test_both_sides_of_a_join_swapped_is_a_change() -> None:
    a = [LOAD, CLEAN, Made("joined", ("load", "clean"), content="x", kind=FUNCTION)]
    b = [LOAD, CLEAN, Made("joined", ("clean", "load"), content="y", kind=FUNCTION)]
    found = compared(Runs(a), Runs(b))
    assert causes(found) == ["joined"]
    assert "another order" in found.first_divergences[0].why


def test_schema_changes_need_no_measurement() -> None:
    load = replace(LOAD, columns=("id",), plan="other")
    found = compared(job(), job(load=load, clean=replace(CLEAN, columns=("id",), content="less")))
    assert causes(found) == ["load"]
    assert [(each.name, each.change) for each in found.first_divergences[0].columns] == [("amount", "removed")]


def test_sources_come_first() -> None:
    a = Runs(flow(), sources=[("/data/orders", "monday")])
    changed = [replace(each, content=f"{each.content}!") if each.content else each for each in flow()]
    found = compared(a, Runs(changed, sources=[("/data/orders", "tuesday")]))
    assert causes(found) == []
    assert [each.b.id for each in found.sources_changed] == ["/data/orders"]
    assert set(consequences(found).values()) == {("/data/orders",)}


def test_a_source_of_which_little_is_known_is_named_before_a_step_whose_code_is_the_same() -> None:
    a = Runs(flow(), sources=[("/data/orders", None)])
    changed = [replace(each, content=f"{each.content}!") if each.content else each for each in flow()]
    b = Runs([replace(changed[0], inputs=("/copy/orders",)), *changed[1:]], sources=[("/copy/orders", None)])
    found = compared(a, b)
    assert causes(found) == []
    assert [each.b.id for each in found.sources_changed] == ["/copy/orders"]


def test_the_same_code_over_the_same_inputs_is_not_deterministic() -> None:
    a = flow(clean=replace(CLEAN, nondeterminism=("rand()",)))
    b = [each if each.name == "load" else replace(each, content=f"{each.content}!") for each in a]
    found = compared(Runs(a), Runs(b))
    assert causes(found) == ["clean"]
    assert found.first_divergences[0].deterministic is False
    assert "rand()" in found.first_divergences[0].why


def test_a_failing_step_is_a_divergence_and_what_is_missing_follows_from_it() -> None:
    broken = replace(ENRICH, fails="ValueError: no such column")
    found = compared(Runs(flow()), Runs([*flow()[:2], broken]))
    assert [each.step.step for each in found.first_divergences] == ["job.enrich"]
    assert "ValueError: no such column" in found.first_divergences[0].why
    assert set(consequences(found)) == {"report"} | {"enrich"}


ERROR = "AssertionError: assert 7 == 12"
OTHER = replace(CLEAN, plan="amount >= 5", content="fewer", rows=90)


def called(fails: str | None = None, source: str = "def main", **changed: Made) -> Runs:
    """The steps of :func:`flow` are called in ``main``, which gives nothing back and may fail at its end."""
    main = Made("main", ("/data/orders",), kind=FUNCTION, source=source, returns=False, fails=fails)
    return Runs([main, *(replace(each, within="main") for each in flow(**changed))])


def named(found: Comparison) -> list[str]:
    return [each.step.step for each in found.first_divergences]


def failures(found: Comparison) -> dict[str, tuple[str, ...]]:
    return {each.step: each.caused_by for each in found.diverged if not each.dataset}


def below(*changed: str) -> dict[str, Made]:
    """The steps with other rows, as they are made from other rows."""
    return {each.name: replace(each, content=f"{each.content}!") for each in flow() if each.name in changed}


@pytest.mark.parametrize("source", ["def main", "def main, of which something changed"])
def test_a_caller_that_fails_because_what_it_called_differs_is_a_consequence(source: str) -> None:
    found = compared(called(), called(ERROR, source, clean=OTHER, **below("enrich", "report")))
    assert named(found) == ["job.main.clean"]
    assert failures(found) == {"job.main": ("job.main.clean",)}
    assert {each.b: each.state.value for each in found.steps}["job.main", 1] == "differs_upstream"


def test_so_it_is_where_run_a_is_the_one_that_fails() -> None:
    found = compared(called(ERROR, clean=OTHER, **below("enrich", "report")), called())
    assert named(found) == ["job.main.clean"]


@pytest.mark.parametrize("changed", [{"clean": OTHER, **below("enrich", "report")}, {"clean": OTHER}])
def test_a_program_that_fails_around_a_divergence_is_a_consequence(changed: dict[str, Made]) -> None:
    """Also where the function between the two does not fail, as one that catches, and where the rest is equal again."""
    found = compared(called(), replace(called(**changed), fails=ERROR))
    assert named(found) == ["job.main.clean"]
    assert failures(found) == {"job": ("job.main.clean",)}


def test_a_caller_is_the_divergence_where_all_within_it_is_equal() -> None:
    for source in ("def main", "def main, with another number in its assert"):
        found = compared(called(), called(ERROR, source))
        assert named(found) == ["job.main"]
        assert ERROR in found.first_divergences[0].why


def test_a_caller_that_fails_in_one_run_though_what_it_calls_fails_in_both_is_the_divergence() -> None:
    broken = replace(ENRICH, fails="ValueError: no such column")
    found = compared(called(enrich=broken), called("ValueError: no such column", "no try", enrich=broken))
    assert named(found) == ["job.main"]


def test_what_was_never_measured_and_has_another_definition_is_blamed_for_the_failure_around_it() -> None:
    plain = replace(REPORT, content=None, reason="stepped_aside")
    found = compared(called(report=plain), called(ERROR, report=replace(plain, plan="avg")))
    assert named(found) == ["job.main.report"]
    assert failures(found) == {"job.main": ("job.main.report",)}


def test_a_change_that_all_below_cleared_is_not_blamed_for_a_failure() -> None:
    plain = replace(CLEAN, content=None, reason="stepped_aside")
    found = compared(called(clean=plain), called(ERROR, clean=replace(plain, plan="amount > -1")))
    assert named(found) == ["job.main"]


def test_a_changed_function_that_raises_after_a_plan_that_nothing_ran_is_the_divergence() -> None:
    idle = replace(REPORT, content=None, reason="never_executed")
    other = replace(idle, plan="avg")
    assert named(compared(called(report=idle), called(ERROR, "it raises", report=other))) == ["job.main"]
    assert named(compared(called(report=idle), called(ERROR, report=other))) == ["job.main.report"]


@pytest.mark.parametrize("text", [None, "its own code changed"])
def test_a_step_that_fails_over_other_inputs_is_a_consequence(text: str | None) -> None:
    broken = replace(ENRICH, fails="ValueError: too few", source=text)
    found = compared(
        called(), Runs([*called("ValueError: too few", clean=OTHER).made[:3], replace(broken, within="main")])
    )
    assert named(found) == ["job.main.clean"]
    assert "job.main.enrich" in {each.step for each in found.diverged}


def test_a_changed_step_that_fails_over_equal_inputs_is_the_divergence() -> None:
    broken = replace(ENRICH, fails="ValueError: not yet", source="def enrich: raise", within="main")
    found = compared(called(), Runs([*called("ValueError: not yet").made[:3], broken]))
    assert named(found) == ["job.main.enrich"]
    assert found.first_divergences[0].source_changed


def test_a_check_of_numbers_fails_because_of_what_came_before_it() -> None:
    """No dataset is known of it: a function that is given a number taken from one."""
    check = Made("check", kind=FUNCTION, source="assert total == 12", returns=False, within="main")
    right, fails = called(), replace(check, fails=ERROR)
    other = called(ERROR, clean=OTHER, **below("enrich", "report"))
    runs = [Runs([*each.made, end]) for each, end in ((right, check), (other, fails), (right, fails))]
    assert named(compared(runs[0], runs[1])) == ["job.main.clean"]
    assert named(compared(runs[0], runs[2])) == ["job.main.check"]
    changed = Runs([*other.made, replace(fails, source="assert total == 13")])
    assert named(compared(runs[0], changed)) == ["job.main.clean", "job.main.check"]


def test_a_step_of_one_run_only_is_the_cause_of_the_failure_around_it() -> None:
    more = replace(Made("extra", ("report",), plan="limit 1", content="one", kind=FUNCTION), within="main")
    found = compared(called(), Runs([*called(ERROR).made, more]))
    assert named(found) == ["job.main.extra"]


def test_a_missing_output_is_a_divergence() -> None:
    found = compared(job(), Runs(flow()))
    assert causes(found) == ["/out/report"]
    assert "missing in B" in found.first_divergences[0].why


# ------------------------------------------------------------------------------------------------ uncertain


def test_without_evidence_nothing_is_the_same() -> None:
    """The last step has another definition and was not measured: nothing below can clear it."""
    a = replace(REPORT, content=None, reason="stepped_aside")
    found = compared(Runs(flow(report=a)), Runs(flow(report=replace(a, plan="avg"))))
    assert not found.same
    assert not found.different
    assert [each.dataset for each in found.uncertain] == ["report"]
    assert "definition changed" in found.uncertain[0].why


def test_what_never_ran_is_the_same_where_its_definition_is() -> None:
    idle = replace(REPORT, content=None, reason="never_executed", nondeterminism=("rand()",))
    assert compared(Runs(flow(report=idle)), Runs(flow(report=idle))).same


def test_partial_facts_are_compared_where_the_same_filters_were_pushed() -> None:
    def load(plan: str, partial: str, pushed: str = "(a > 1)") -> Runs:
        return job(load=replace(LOAD, plan=plan, partial=partial, pushed=(pushed,)))

    assert compared(load("read", "x"), load("read otherwise", "x")).same
    assert causes(compared(load("read", "x"), load("read otherwise", "y"))) == ["load"]
    # Other filters: other rows, and no evidence.
    assert compared(load("read", "x"), load("read", "y", pushed="(a > 2)")).same


def test_all_parts_of_the_rows_that_both_runs_saw_are_compared() -> None:
    """Queries read the same dataset behind other filters, and some of them only its key."""

    def runs(content: str, key_first: bool) -> LineageGraph:
        load = Made("load", ("/data/orders",), plan=content, content=None, pushed=("(id > 1)",), partial=content)
        graph = Runs([load, Made("report", ("load",), content=content, nondeterminism=("rand()",))]).graph()
        (loaded,) = [each for each in graph.datasets if each.id == "load"]
        (whole,) = loaded.partial
        key = replace(whole, pushed=("(id > 0)",), columns=(replace(whole.columns[0], fingerprint="xxh64:1"),))
        parts = (key, whole) if key_first else (whole, key)
        datasets = tuple(replace(each, partial=parts) if each is loaded else each for each in graph.datasets)
        return replace(graph, datasets=datasets)

    for key_first in (True, False):
        found = compare_runs(runs("x", key_first), runs("y", key_first))
        assert causes(found) == ["load"]
        assert {each.name for each in found.first_divergences[0].columns} == {"id", "amount"}
        assert compare_runs(runs("x", key_first), runs("x", not key_first)).same


def test_other_options_of_a_reader_may_change_each_column_that_no_query_looked_at() -> None:
    """The definitions of the columns are the same: they are read from the source by their names."""

    def runs(options: str, content: str) -> LineageGraph:
        load = Made("load", ("/data/orders",), plan=options, content=None, pushed=("(id > 1)",), partial="same")
        made = [load, Made("report", ("load",), plan="any", content=content, nondeterminism=("dropDuplicates",))]
        graph = Runs(made).graph()
        datasets = list(graph.datasets)
        for at, each in enumerate(datasets):
            if each.id == "load" and each.fragment is not None:
                (seen,) = each.partial
                fragment = replace(each.fragment, sources=(Storage("file", "/data/orders", "csv"),))
                key_only = replace(seen, columns=seen.columns[:1])
                datasets[at] = replace(each, partial=(key_only,), fragment=fragment)
        return replace(graph, datasets=tuple(datasets))

    assert causes(compare_runs(runs("nullValue=-", "x"), runs("nullValue=?", "y"))) == ["load"]
    assert compare_runs(runs("nullValue=-", "x"), runs("nullValue=?", "x")).same
    assert causes(compare_runs(runs("nullValue=-", "x"), runs("nullValue=-", "y"))) == ["report"]


@pytest.mark.parametrize(
    ("read", "expected"), [(("id",), ["changed"]), (("id", "amount"), [])], ids=["not read", "read"]
)
def test_a_changed_command_is_the_same_only_where_what_it_sets_was_read(
    read: tuple[str, ...], expected: list[str]
) -> None:
    """Equal counts of rows do not say that an UPDATE gave the same rows another value."""

    def runs(value: str) -> LineageGraph:
        changed = Made("changed", ("/data/orders",), plan=value, content=None, expressions=(("amount", value),))
        graph = Runs([changed, Made("report", ("changed",), columns=read)]).graph()
        datasets = list(graph.datasets)
        for at, each in enumerate(datasets):
            if each.id == "changed":
                counts = ChangedRows(updated=18)
                datasets[at] = replace(each, kind=DatasetKind.SINK, mode="update", changed=counts, reason="changed")
        return replace(graph, datasets=tuple(datasets))

    found = compare_runs(runs("IF(shop = 'S2', 0, amount)"), runs("IF(shop = 'S3', 0, amount)"))
    assert causes(found) == expected
    assert found.same is not bool(expected)


def test_equal_numbers_of_rows_are_no_evidence_of_what_was_written() -> None:
    counted = replace(REPORT, counted=True)
    found = compared(job(report=counted), job(report=replace(counted, plan="avg")))
    assert not found.same
    assert {each.dataset for each in found.uncertain} == {"report", "/out/report"}
    assert compared(job(report=counted), job(report=counted)).same, "derived"


def test_columns_that_flowed_in_one_run_only_are_derived() -> None:
    whole = job().graph()
    pruned = replace(
        whole,
        datasets=tuple(
            replace(each, fingerprint=None, columns=(each.columns[0], replace(each.columns[1], fingerprint=None)))
            if each.id == "enrich"
            else each
            for each in whole.datasets
        ),
    )
    assert compare_runs(whole, pruned).same


def test_what_differs_in_a_column_that_was_not_looked_at_is_handed_on() -> None:
    """Between the fault and the next dataset that shows it lies one of which only the other column flowed."""

    def runs(plan: str, content: str) -> LineageGraph:
        made = [
            Made("priced", ("/data/orders",), plan=plan, content=content),
            Made("joined", ("priced",), plan="join", content="joined"),
            Made("sold", ("joined",), plan="sum", content=content),
        ]
        graph = Runs(made).graph()
        datasets = list(graph.datasets)
        for at, each in enumerate(datasets):
            if each.id != "sold" and each.kind is DatasetKind.INTERIM:
                same = replace(each.columns[0], fingerprint="xxh64:1111111111111111")  # the key is the same everywhere
                amount = each.columns[1] if each.id == "priced" else replace(each.columns[1], fingerprint=None)
                datasets[at] = replace(each, fingerprint=None, columns=(same, amount))
        return replace(graph, datasets=tuple(datasets))

    found = compare_runs(runs("discount / 100", "x"), runs("discount / 1000", "y"))
    assert causes(found) == ["priced"]
    assert consequences(found) == {"sold": ("job.priced",)}


def test_rows_that_the_program_holds_are_compared_by_their_hash() -> None:
    def rates(word: str, source: str) -> Runs:
        made = Made(
            "rates", plan=word, content=None, kind=FUNCTION, source=source, operators=("Rows from local",),
            opaque=("local",), covers=(f"local@{word}",), reason="stepped_aside",
        )  # fmt: skip
        return Runs([made, Made("taxed", ("rates",), content=word, kind=FUNCTION)])

    assert compared(rates("2:aa", "v1"), rates("2:aa", "v2")).same
    found = compared(rates("2:aa", "v1"), rates("2:bb", "v2"))
    assert causes(found) == ["rates"]
    assert "its code changed" in found.first_divergences[0].why


def test_a_function_that_the_plan_calls_is_named() -> None:
    clean = replace(CLEAN, covers=("fee@aaaa",))
    other = replace(
        clean, plan="x", covers=("fee@bbbb",), content="other", operators=("Filter (amount >= 0)",), source="same"
    )
    (first,) = compared(job(clean=replace(clean, source="same")), job(clean=other)).first_divergences
    assert first.why.endswith("the code of `fee`, which it calls, changed")


def test_nothing_is_derived_from_code_that_cannot_be_looked_into() -> None:
    report = replace(REPORT, content=None, covers=("fee@aaaa?",), reason="stepped_aside")
    found = compared(Runs(flow(report=report)), Runs(flow(report=report)))
    assert [each.dataset for each in found.uncertain] == ["report"]


# ------------------------------------------------------------------------------------------------ rows side by side


def sampled(*amounts: str, count: int = 1) -> Sample:
    rows = tuple((str(number), amount) for number, amount in enumerate(amounts))
    return Sample(("id",), ("id", "amount"), rows, tuple(count for _ in rows))


def test_rows_with_one_key_stand_side_by_side() -> None:
    a = replace(CLEAN, sample=sampled("1.0", "2.5", "3.0"))
    b = replace(CLEAN, plan="x", content="y", sample=sampled("1.0", "2.0", "3.0"))
    rows = compared(job(clean=a), job(clean=b)).first_divergences[0].rows
    assert rows is not None
    assert rows.changed == ((("1",), ("2.5",), ("2.0",)),)


def test_rows_that_share_a_key_are_no_counterparts() -> None:
    a = replace(CLEAN, sample=sampled("1.0", count=7))
    b = replace(CLEAN, plan="x", content="y", sample=sampled("2.0", count=7))
    assert compared(job(clean=a), job(clean=b)).first_divergences[0].rows is None


# ------------------------------------------------------------------------------------------------ refusals


def test_plan_mode_has_nothing_to_compare() -> None:
    with pytest.raises(AnswerError, match="plan mode"):
        compared(job(), replace_mode(job()))


def replace_mode(runs: Runs) -> Runs:
    runs.mode = Mode.PLAN
    return runs


def test_different_programs_are_refused_unless_forced() -> None:
    other = Runs(
        [Made(each, ("/data/orders",), plan=each, content=each) for each in ("x", "y", "z")],
        program="/home/bob/weather.py", app="weather",
    )  # fmt: skip
    with pytest.raises(AnswerError, match="different programs"):
        compared(job(), other)
    assert not compared(job(), other, force=True).same


# ------------------------------------------------------------------------------------------------ properties


@st.composite
def programs(draw: st.DrawFn) -> list[Made]:
    """Steps that each take one or two earlier ones; some are not measured, some assign one variable again."""
    made: list[Made] = []
    ids: list[str] = []
    met: dict[str, int] = {}
    for number in range(draw(st.integers(2, 12))):
        name = draw(st.sampled_from(["df", "x", f"step_{number}"]))
        above = tuple(draw(st.lists(st.sampled_from(ids), min_size=1, max_size=2, unique=True))) if ids else ()
        measured = draw(st.integers(0, 3)) > 0
        made.append(
            Made(
                name, above or ("/data/orders",), plan=f"plan {number}", content=f"rows {number}" if measured else None
            )
        )
        met[name] = met.get(name, 0) + 1
        ids.append(name if met[name] == 1 else f"{name}~{met[name]}")
    return made


def ids_of(made: list[Made]) -> list[str]:
    return Runs(made)._ids()


@settings(max_examples=150, deadline=None)
@given(programs())
def test_every_run_is_the_same_as_itself(made: list[Made]) -> None:
    assert compared(Runs(made), Runs(made)).same


@settings(max_examples=100, deadline=None)
@given(programs(), st.randoms(use_true_random=False))
def test_other_names_are_no_difference(made: list[Made], chance: random.Random) -> None:
    names = {each.name: f"v{number}" for number, each in enumerate(made)}
    before = ids_of(made)
    after = ids_of([each.named(names[each.name]) for each in made])
    renamed = dict(zip(before, after, strict=True))
    other = [
        replace(each.named(names[each.name]), inputs=tuple(renamed.get(one, one) for one in each.inputs))
        for each in made
    ]
    assert compared(Runs(made), Runs(other)).same


@settings(max_examples=150, deadline=None)
@given(programs(), st.data())
def test_a_single_changed_step_is_named(made: list[Made], data: st.DataObject) -> None:
    """Its plan changes, and the rows of everything that is made from it."""
    at = data.draw(st.integers(0, len(made) - 1))
    ids = ids_of(made)
    tainted = {ids[at]}
    other = list(made)
    other[at] = replace(made[at], plan="changed", content=f"{made[at].content}!" if made[at].content else None)
    for number in range(at + 1, len(made)):
        if tainted & set(made[number].inputs):
            tainted.add(ids[number])
            if made[number].content:
                other[number] = replace(made[number], content=f"{made[number].content}!")
    found = compared(Runs(made), Runs(other))
    assert not found.same
    measured = any(made[ids.index(each)].content for each in tainted)
    assert causes(found) == ([ids[at]] if measured else [])
    assert set(consequences(found)) <= tainted
