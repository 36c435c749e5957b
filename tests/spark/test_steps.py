"""Which steps a program has: statements of a flat script, functions of a main(), parents of nested calls."""

from __future__ import annotations

from pathlib import Path

from program_runs import Runs, Shown, compare

NEEDS = [("truth", "flat"), ("flow", "flat"), ("truth", "nested"), ("flow", "nested"), ("plan", "nested")]


def inputs_of(shown: Shown, name: str) -> list[str]:
    return [shown.dataset(id)["name"] for id in shown.step(name)["inputs"]]


def test_flat_script_has_a_step_per_dataframe_statement(runs: Runs) -> None:
    runs.observed("flat").succeeded()
    shown = runs.shown("flat")
    statements = {step["step"]: step for step in shown.steps if step["kind"] == "statement"}
    expected = [
        "orders",
        "customers",
        "orders_clean",
        "orders_clean~2",
        "germans",
        "joined",
        "per_customer",
        "per_day",
        "good_bad",
        "by_status",
        "written",
    ]
    assert [name for name in expected if f"flat.{name}" not in statements] == []
    assert [step["kind"] for step in shown.steps if step["parent"] is None] == ["application"]
    assert {step["parent"] for step in statements.values()} == {"flat"}
    assert {step["function"] for step in statements.values()} == {"<module>"}
    assert all(step["file"].endswith("flat.py") and step["line"] > 6 for step in statements.values())
    # No statement without a DataFrame is a step: imports, DATA, the session.
    assert not {"flat.DATA", "flat.spark"} & set(statements)
    # good, bad = ..., ...: one statement, two datasets
    assert {"good", "bad"} <= {dataset["variable"] for dataset in shown.datasets}


def test_flat_script_has_its_edges(runs: Runs) -> None:
    shown = runs.shown("flat")
    assert inputs_of(shown, "flat.joined") == ["orders_clean~2", "germans"]
    assert inputs_of(shown, "flat.per_customer") == ["joined"]
    assert inputs_of(shown, "flat.by_status") == ["joined"], "through the temp view"
    sources = {d["name"].rsplit("/", 1)[-1] for d in shown.datasets if d["kind"] == "source"}
    assert {"orders", "customers"} <= sources
    [sink] = [d for d in shown.datasets if d["kind"] == "sink"]
    assert sink["name"].endswith("out/per_customer")
    # Written and read again: one dataset, so the lineage goes on.
    assert shown.step("flat.written")["inputs"] == [sink["id"]]


def test_flat_script_facts(runs: Runs) -> None:
    comparison = compare(runs.shown("flat"), runs.truth("flat"))
    assert comparison.wrong == []
    assert {"per_customer#1", "by_status#1"} <= comparison.complete


def test_sink_facts_are_those_of_what_was_written(runs: Runs) -> None:
    shown = runs.shown("flat")
    [sink] = [d for d in shown.datasets if d["kind"] == "sink"]
    [written] = [t for t in runs.truth("flat") if t.variable == "per_customer"]
    assert (sink["complete"], sink["rows"]) == (True, written.rows)
    assert [(c["name"], c["nulls"], c["fingerprint"]) for c in sink["columns"]] == list(written.columns)


def test_main_that_calls_functions_gives_both(runs: Runs) -> None:
    runs.observed("nested").succeeded()
    shown = runs.shown("nested")
    names = {step["step"] for step in shown.steps}
    assert {"nested", "nested.main", "nested.main.read", "nested.main.clean", "nested.main.enrich"} <= names
    assert "nested.main.renamed" in names, "a statement of main() between calls is a step"
    assert shown.step("nested.main")["parent"] == "nested"
    assert shown.step("nested.main")["kind"] == "function"
    assert shown.step("nested.main")["outputs"] == []


def test_nested_calls_give_parents(runs: Runs) -> None:
    shown = runs.shown("nested")
    inner = shown.step("nested.main.clean.drop_missing")
    assert inner["parent"] == "nested.main.clean"
    assert shown.step("nested.main.clean")["parent"] == "nested.main"
    assert shown.step("nested.main.clean")["outputs"] == [], "only the innermost step that made it has it"
    assert shown.step("nested.main.clean.add_total")["inputs"] == inner["outputs"]
    [made] = shown.step("nested.main.clean.add_total")["outputs"]
    assert made in shown.step("nested.main.enrich")["inputs"]


def test_calls_are_numbered(runs: Runs) -> None:
    shown = runs.shown("nested")
    assert [step["call"] for step in shown.steps if step["step"] == "nested.main.read"] == [1, 2]
    ids = [id for step in shown.steps if step["step"] == "nested.main.read" for id in step["outputs"]]
    assert len(ids) == 2 and ids[1] == f"{ids[0]}~2", ids


def test_methods_generators_and_recursion(runs: Runs) -> None:
    shown = runs.shown("nested")
    functions = {step["function"] for step in shown.steps}
    assert {"Report.by", "halves", "shrink", "totals_of"} <= functions
    assert len(shown.outputs_of("Report.by")) == 2
    assert len(shown.outputs_of("halves")) == 2
    assert len(shown.outputs_of("totals_of")) == 3, "one per thread"


def test_nested_facts(runs: Runs) -> None:
    assert compare(runs.shown("nested"), runs.truth("nested")).wrong == []


def test_names_are_the_same_in_every_run(runs: Runs) -> None:
    one, other = runs.shown("nested"), runs.shown("nested", mode="plan")

    def names(shown: Shown) -> list[tuple[str, ...]]:
        # Sinks are named by their path, and each run has a folder of its own.
        return sorted((s["step"], str(s["call"]), *(Path(each).name for each in s["outputs"])) for s in shown.steps)

    assert names(one) == names(other)
