"""assemble: steps, datasets, facts, outcomes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from observing import (
    ORDERS,
    REPORT,
    Program,
    executed,
    fragment,
    function,
    module,
    probe,
    shop,
    storage,
)

from spark_lineage.graph import assemble
from spark_lineage.model import (
    Dataset,
    DatasetKind,
    Execution,
    Fragment,
    JvmGap,
    LineageGraph,
    Mode,
    Observation,
    OperationKind,
    Outcome,
    Place,
    Probed,
    PythonGap,
    SparkStarted,
    Step,
    StepKind,
)
from spark_lineage.privacy import code, redaction


def steps(graph: LineageGraph) -> dict[str, Step]:
    return {step.step if step.call == 1 else f"{step.step}#{step.call}": step for step in graph.steps}


def datasets(graph: LineageGraph) -> dict[str, Dataset]:
    return {dataset.id: dataset for dataset in graph.datasets}


def flat(*variables: str | None) -> tuple[Program, str]:
    """A script of statements only, one per line; gives its module call too."""
    p = Program()
    p.read(module(*variables))
    return p, p.call("<module>", 1, composite=True)


def at(call: str, index: int) -> tuple[Place, ...]:
    return (Place(call, index, index + 1),)


class TestSteps:
    def test_a_statement_that_writes_again_runs_again(self) -> None:
        """``for name, df in frames: df.write.parquet(name)``: each sink has the inputs that are its own."""
        p, body = flat("one", "two", None)
        for number in (1, 2):
            p.op(at(body, number - 1), output=f"d{number}")
        for number, where in ((1, "/data/a"), (2, "/data/b")):
            p.mark(f"d{number}")
            write = p.op(at(body, 2), OperationKind.WRITE, inputs=[f"d{number}"], name="DataFrameWriter.parquet")
            p.seen.append(executed(number, write, p.tick(), [(storage(where, "a"), "overwrite", f"d{number}")]))
        p.finish()
        found = steps(assemble(p.seen))
        assert (found["job.line_3"].inputs, found["job.line_3"].outputs) == (("one",), ("/data/a",))
        assert (found["job.line_3#2"].inputs, found["job.line_3#2"].outputs) == (("two",), ("/data/b",))

    def test_tasks_of_a_pool_are_numbered_as_they_were_given(self) -> None:
        """Whichever thread was faster; and what a task encloses is numbered with it."""
        found = []
        for order in ((1, 2, 3), (3, 1, 2)):
            p, body = flat(None)
            p.read(function("process", 10), function("make", 20))
            site = Place(body, 0, 1)
            tasks = {task: p.call("process", 10, site, task=task) for task in order}
            for task in reversed(order):  # the last to begin is the first that makes something
                call = p.call("make", 20, Place(tasks[task], None, 11))
                p.op((site, Place(tasks[task], None, 11), Place(call, None, 21)), output=f"d{task}")
            for task in order:
                p.mark(f"d{task}")
                p.op((site, Place(tasks[task], None, 12)), OperationKind.ACTION, inputs=[f"d{task}"])
                p.seen.append(probe(f"d{task}", task))
            p.finish()
            found.append({each.id: each.rows for each in assemble(p.seen).datasets})
        assert found[0] == found[1] == {"make": 1, "make~2": 2, "make~3": 3}

    def test_methods_of_one_name_are_told_apart_by_their_class(self) -> None:
        p = Program()
        p.read(module("a", "b"), function("Drop.transform", 10, None), function("Scale.transform", 20, None))
        body = p.call("<module>", 1, composite=True)
        for number, (name, line) in enumerate((("Drop.transform", 10), ("Scale.transform", 20))):
            call = p.call(name, line, Place(body, number, number + 1))
            p.op((*at(body, number), Place(call, 0, line + 1)), output=f"d{number}")
            p.op(at(body, 1), OperationKind.ACTION, inputs=[f"d{number}"], name="DataFrame.count")
        p.finish()
        assert set(datasets(assemble(p.seen))) == {"Drop.transform", "Scale.transform"}

    def test_calls_and_statements_make_one_tree(self) -> None:
        graph = assemble(shop())
        assert [(step.step, step.kind.value, step.parent) for step in graph.steps] == [
            ("job", "application", None),
            ("job.main", "function", ("job", 1)),
            ("job.main.load", "function", ("job.main", 1)),
            ("job.main.clean", "function", ("job.main", 1)),
            ("job.main.total", "statement", ("job.main", 1)),
            ("job.main.line_34", "statement", ("job.main", 1)),
        ]
        clean = steps(graph)["job.main.clean"]
        assert (clean.line, clean.end_line, clean.site_line, clean.doc) == (20, 22, 32, "Keeps what is good.")

    def test_inputs_and_outputs_are_those_of_the_innermost_step(self) -> None:
        graph = assemble(shop())
        assert {step.step: (step.inputs, step.outputs) for step in graph.steps} == {
            "job": ((), ()),
            "job.main": ((), ()),
            "job.main.load": (("/data/orders",), ("load",)),
            "job.main.clean": (("load",), ("clean",)),
            "job.main.total": (("clean",), ("total",)),
            "job.main.line_34": (("total",), ("/data/report",)),
        }

    def test_a_flat_script_gives_a_step_per_statement_named_after_its_variable(self) -> None:
        p, body = flat("orders", "orders", "big", None)
        p.op(at(body, 0), OperationKind.READ, output="d1")
        p.op(at(body, 1), inputs=["d1"], output="d2")
        p.op(at(body, 2), inputs=["d2"], output="d3")
        p.op(at(body, 3), OperationKind.ACTION, inputs=["d3"])
        p.finish()
        graph = assemble(p.seen)
        assert [step.step for step in graph.steps] == ["job", "job.orders", "job.orders~2", "job.big", "job.line_4"]
        assert list(datasets(graph)) == ["orders", "orders~2", "big"]
        assert [each.variable for each in graph.datasets] == ["orders", "orders", "big"]

    def test_a_loop_of_several_statements_runs_each_statement_once_per_round(self) -> None:
        p, body = flat("part", "total", None)
        for round_ in range(3):
            p.op(at(body, 0), OperationKind.READ, output=f"a{round_}")
            p.op(at(body, 1), inputs=[f"a{round_}"], output=f"b{round_}")
            p.op(at(body, 2), OperationKind.ACTION, inputs=[f"b{round_}"])
        p.finish()
        graph = assemble(p.seen)
        assert [(step.step, step.call) for step in graph.steps if step.step == "job.total"] == [
            ("job.total", 1), ("job.total", 2), ("job.total", 3)
        ]  # fmt: skip
        assert list(datasets(graph)) == ["part", "total", "part~2", "total~2", "part~3", "total~3"]
        assert datasets(graph)["total~2"].call == 2
        assert steps(graph)["job.total#2"].inputs == ("part~2",)

    def test_a_chain_in_a_loop_of_one_statement_is_one_step(self) -> None:
        p, body = flat("df", "df", None)
        p.op(at(body, 0), OperationKind.READ, output="d0")
        for number in range(300):
            p.op(at(body, 1), inputs=[f"d{number}"], output=f"d{number + 1}")
        p.op(at(body, 2), OperationKind.ACTION, inputs=["d300"])
        graph = assemble(p.seen)
        assert list(datasets(graph)) == ["df", "df~2"]

    def test_later_calls_are_numbered_and_so_are_their_datasets(self) -> None:
        p, body = flat("a", "b", None, None)
        p.read(function("load", 10, None))
        for number, df in enumerate(("d1", "d2")):
            call = p.call("load", 10, Place(body, number, number + 1))
            p.op((*at(body, number), Place(call, 0, 11)), OperationKind.READ, output=df)
            p.end(call)
            p.variable(df, "ab"[number], body)
        p.op(at(body, 2), OperationKind.ACTION, inputs=["d1"])
        p.op(at(body, 3), OperationKind.ACTION, inputs=["d2"])
        p.finish()
        graph = assemble(p.seen)
        assert [(each.id, each.name, each.call, each.variable) for each in graph.datasets] == [
            ("load", "load", 1, "a"), ("load~2", "load", 2, "b"),
        ]  # fmt: skip
        assert [steps(graph)[f"job.line_{line}"].inputs for line in (3, 4)] == [("load",), ("load~2",)]

    def test_several_outputs_of_one_call_are_told_apart_by_their_variables(self) -> None:
        p, body = flat(None, None)
        split = p.call("split", 10, Place(body, 0, 1))
        for df, variable in (("d1", "good"), ("d2", "bad")):
            p.op((*at(body, 0), Place(split, 0, 11)), output=df)
            p.variable(df, variable, split)
        p.end(split)
        p.op(at(body, 1), OperationKind.ACTION, inputs=["d1", "d2"])
        graph = assemble(p.seen)
        assert steps(graph)["job.split"].outputs == ("split.good", "split.bad")

    def test_equal_names_take_their_parents_in_front(self) -> None:
        p, body = flat(None, None, None)
        dfs = []
        for index, outer in enumerate(("daily", "weekly")):
            above = p.call(outer, 20 + index, Place(body, index, index + 1), composite=True)
            inner = p.call("clean", 10, Place(above, 0, 21))
            p.op((*at(body, index), Place(above, 0, 21), Place(inner, 0, 11)), output=f"d{index}")
            dfs.append(f"d{index}")
        p.op(at(body, 2), OperationKind.ACTION, inputs=dfs)
        graph = assemble(p.seen)
        assert [each.name for each in graph.datasets] == ["daily.clean", "weekly.clean"]

    def test_two_functions_of_one_name_are_two_steps(self) -> None:
        p, body = flat(None, None)
        for index, name in enumerate(("lib.orders", "lib.people")):
            call = p.call("clean", 10, Place(body, index, index + 1), module=name, file=f"/home/ada/{name}.py")
            p.op((*at(body, index), Place(call, 0, 11)), OperationKind.ACTION)
        assert [step.step for step in assemble(p.seen).steps] == ["job", "job.orders.clean", "job.people.clean"]

    def test_a_statement_never_shares_the_name_of_a_function(self) -> None:
        p, body = flat("load", None)
        call = p.call("load", 10, Place(body, 0, 1))
        p.op((*at(body, 0), Place(call, 0, 11)), OperationKind.READ, output="d1")
        p.op(at(body, 0), inputs=["d1"], output="d2")
        p.op(at(body, 1), OperationKind.ACTION, inputs=["d2"])
        assert [step.step for step in assemble(p.seen).steps] == ["job", "job.load", "job.load~2", "job.line_2"]

    def test_names_of_inner_functions_and_methods_are_readable(self) -> None:
        p, body = flat(None, None)
        for index, qualname in enumerate(("make.<locals>.inner", "Pipeline.clean")):
            call = p.call(qualname, 10 + index, Place(body, index, index + 1))
            p.op((*at(body, index), Place(call, 0, 11)), output=f"d{index}")
        p.op(at(body, 1), OperationKind.ACTION, inputs=["d0", "d1"])
        graph = assemble(p.seen)
        assert [step.step for step in graph.steps][1:3] == ["job.inner", "job.Pipeline.clean"]
        assert list(datasets(graph)) == ["inner", "clean"]

    def test_deep_recursion_does_not_make_names_without_end(self) -> None:
        p, body = flat(None)
        path = at(body, 0)
        for _ in range(400):
            call = p.call("halve", 10, path[-1], composite=True)
            path = (*path, Place(call, 0, 11))
        p.op(path, OperationKind.READ, output="d1")
        graph = assemble(p.seen)
        assert len({step.step for step in graph.steps}) == 5
        assert sum(step.function == "halve" for step in graph.steps if step.kind is StepKind.FUNCTION) == 400

    def test_a_step_that_passes_on_or_only_acts_has_no_outputs(self) -> None:
        p, body = flat("x", "y", None)
        p.op(at(body, 0), OperationKind.READ, output="d1")
        log = p.call("log", 10, Place(body, 1, 2))
        p.op((*at(body, 1), Place(log, 0, 11)), OperationKind.ACTION, inputs=["d1"])
        p.end(log)
        p.op(at(body, 2), OperationKind.ACTION, inputs=["d1"])
        step = steps(assemble(p.seen))["job.log"]
        assert (step.inputs, step.outputs) == (("x",), ())

    def test_cached_or_registered_dataframes_stay_what_they_are(self) -> None:
        p, body = flat("x", "x", None)
        p.op(at(body, 0), OperationKind.READ, output="d1")
        p.op(at(body, 1), OperationKind.CACHE, inputs=["d1"], output="d1")
        p.op(at(body, 2), OperationKind.ACTION, inputs=["d1"])
        graph = assemble(p.seen)
        assert list(datasets(graph)) == ["x"]
        assert steps(graph)["job.line_3"].inputs == ("x",)


class TestStorage:
    def test_a_sink_read_later_is_one_dataset(self) -> None:
        p, body = flat("a", None, "b", None)
        there = storage("/data/mid", "a")
        p.op(at(body, 0), OperationKind.READ, output="d1")
        write = p.op(at(body, 1), OperationKind.WRITE, inputs=["d1"])
        p.seen.append(executed(1, write, p.tick() - 0.2, [(there, "overwrite", "d1")]))
        p.tick(), p.tick()
        p.op(at(body, 2), OperationKind.READ, output="d2")
        p.mark("d2")
        p.seen.append(fragment("d2", ["a"], sources=[there], operators=["Relation"], indirect=False))
        p.op(at(body, 3), OperationKind.ACTION, inputs=["d2"])
        p.finish()
        graph = assemble(p.seen)
        assert [(each.id, each.kind.value, each.step) for each in graph.datasets] == [
            ("a", "interim", "job.a"), ("/data/mid", "sink", "job.line_2"), ("b", "interim", "job.b"),
        ]  # fmt: skip
        assert steps(graph)["job.b"].inputs == ("/data/mid",)
        assert datasets(graph)["b"].fragment is not None
        assert datasets(graph)["b"].fragment.definitions[0].inputs[0].dataset == "/data/mid"

    def test_a_source_that_is_overwritten_afterwards_is_two_datasets_of_one_name(self) -> None:
        p, body = flat("a", None)
        p.op(at(body, 0), OperationKind.READ, output="d1")
        p.mark("d1")
        p.seen.append(fragment("d1", ["a"], sources=[ORDERS], operators=["Relation"], indirect=False))
        write = p.op(at(body, 1), OperationKind.WRITE, inputs=["d1"])
        p.seen.append(executed(1, write, p.tick(), [(ORDERS, "overwrite", "d1")]))
        p.finish()
        graph = assemble(p.seen)
        assert [(each.id, each.name, each.kind.value) for each in graph.datasets] == [
            ("/data/orders", "/data/orders", "source"),
            ("a", "a", "interim"),
            ("/data/orders~2", "/data/orders", "sink"),
        ]  # fmt: skip
        assert steps(graph)["job.a"].inputs == ("/data/orders",)

    def test_what_was_appended_in_several_steps_is_read_as_all_of_them(self) -> None:
        p, body = flat("a", None, None, None, "b", None)
        p.op(at(body, 0), OperationKind.READ, output="d1")
        for index, mode in ((1, "append"), (2, "overwrite"), (3, "append")):
            write = p.op(at(body, index), OperationKind.WRITE, inputs=["d1"])
            p.seen.append(executed(index, write, p.tick() - 0.2, [(REPORT, mode, "d1")]))
        p.tick(), p.tick()
        p.op(at(body, 4), OperationKind.READ, output="d2")
        p.mark("d2")
        p.seen.append(fragment("d2", ["a"], sources=[REPORT], operators=["Relation"], indirect=False))
        p.op(at(body, 5), OperationKind.ACTION, inputs=["d2"])
        p.finish()
        graph = assemble(p.seen)
        assert steps(graph)["job.b"].inputs == ("/data/report~3", "/data/report~2")
        assert [each.kind.value for each in graph.datasets].count("source") == 0

    def test_files_of_a_place_that_are_read_for_their_schema_are_no_sources(self) -> None:
        p, body = flat("a", None)
        read = p.op(at(body, 0), OperationKind.READ, output="d1")
        files = [storage(f"/data/orders/part-{number}.csv", format="text") for number in range(3)]
        p.seen.append(executed(1, read, p.tick(), sources=[*files, storage("/data/orders/_delta_log/1.json")]))
        p.mark("d1")
        p.seen.append(fragment("d1", ["a"], sources=[ORDERS], operators=["Relation"], indirect=False))
        p.op(at(body, 1), OperationKind.ACTION, inputs=["d1"])
        p.finish()
        assert steps(assemble(p.seen))["job.a"].inputs == ("/data/orders",)

    def test_columns_of_files_without_a_header_are_those_that_were_written(self) -> None:
        p, body = flat("a", None, "b", None)
        there = storage("/data/mid", "x", "y", format="csv")
        p.op(at(body, 0), OperationKind.READ, output="d1")
        write = p.op(at(body, 1), OperationKind.WRITE, inputs=["d1"])
        p.seen.append(executed(1, write, p.tick() - 0.2, [(there, "overwrite", "d1")]))
        p.tick(), p.tick()
        p.op(at(body, 2), OperationKind.READ, output="d2")
        p.mark("d2")
        again = storage("/data/mid", "_c0", "_c1", format="csv")
        p.seen.append(fragment("d2", ["_c0", "_c1"], sources=[again], operators=["Relation"], indirect=False))
        p.op(at(body, 3), OperationKind.ACTION, inputs=["d2"])
        p.finish()
        made = datasets(assemble(p.seen))["b"].fragment
        assert made is not None
        assert [(each.column, each.inputs[0].column) for each in made.definitions] == [("_c0", "x"), ("_c1", "y")]

    def test_a_connector_that_is_not_known_is_a_gap(self) -> None:
        p, body = flat("a", None)
        p.op(at(body, 0), OperationKind.READ, output="d1")
        p.mark("d1")
        odd = replace(ORDERS, namespace="unknown", name="counter", format=None)
        p.seen.append(fragment("d1", ["a"], sources=[odd], operators=["Relation"], indirect=False))
        p.op(at(body, 1), OperationKind.ACTION, inputs=["d1"])
        p.finish()
        (gap,) = [each for each in assemble(p.seen).gaps if each.what == "connector"]
        assert (gap.dataset, "counter is a connector that is not known" in gap.why) == ("counter", True)

    def test_a_function_that_reads_what_it_wrote_makes_no_source_of_it(self) -> None:
        p, body = flat("a", "b", None)
        p.op(at(body, 0), OperationKind.READ, output="d1")
        call = p.call("save", 10, Place(body, 1, 2))
        path = (*at(body, 1), Place(call, 0, 11))
        write = p.op(path, OperationKind.WRITE, inputs=["d1"])
        p.seen.append(executed(1, write, p.tick() - 0.2, [(REPORT, "overwrite", "d1")]))
        p.tick(), p.tick()
        p.op(path, OperationKind.READ, output="d2")
        p.mark("d2")
        p.seen.append(fragment("d2", ["a"], sources=[REPORT], operators=["Relation"], indirect=False))
        p.op(at(body, 2), OperationKind.ACTION, inputs=["d2"])
        p.finish()
        graph = assemble(p.seen)
        assert list(datasets(graph)) == ["a", "/data/report", "save"]
        assert (steps(graph)["job.save"].inputs, steps(graph)["job.save"].outputs) == (("a",), ("save", "/data/report"))

    def test_one_write_of_several_executions_is_one_write(self) -> None:
        p, body = flat("a", None)
        p.op(at(body, 0), OperationKind.READ, output="d1")
        write = p.op(at(body, 1), OperationKind.WRITE, inputs=["d1"])
        p.seen.append(probe("d1", 5, ["a"]))
        for number in (1, 2):
            p.seen.append(executed(number, write, p.tick(), [(REPORT, "create", "d1")]))
        p.finish()
        sink = datasets(assemble(p.seen))["/data/report"]
        assert (sink.rows, sink.complete) == (5, True)

    def test_several_writes_of_one_step_are_not_summed(self) -> None:
        p, body = flat("a", "b", None)
        p.op(at(body, 0), OperationKind.READ, output="d1")
        p.op(at(body, 1), OperationKind.READ, output="d2")
        save = p.call("save", 10, Place(body, 2, 3))
        for number, df in enumerate(("d1", "d2")):
            write = p.op((*at(body, 2), Place(save, number, 11)), OperationKind.WRITE, inputs=[df])
            p.seen.extend([probe(df, 5, ["a"]), executed(number, write, p.tick(), [(REPORT, "append", df)])])
        p.finish()
        sink = datasets(assemble(p.seen))["/data/report"]
        assert (sink.rows, sink.reason) == (None, "several_writes")

    def test_a_failed_write_leaves_no_numbers(self) -> None:
        p, body = flat("a", None)
        p.op(at(body, 0), OperationKind.READ, output="d1")
        write = p.op(at(body, 1), OperationKind.WRITE, inputs=["d1"], error="boom")
        p.seen.append(probe("d1", 5, ["a"]))
        p.seen.append(executed(1, write, p.tick(), [(REPORT, "overwrite", "d1")], outcome=Outcome.FAIL, error="boom"))
        p.finish()
        sink = datasets(assemble(p.seen))["/data/report"]
        assert (sink.rows, sink.complete, sink.reason) == (None, False, "failed")

    def test_an_action_in_the_reading_statement_still_has_its_source(self) -> None:
        p, body = flat("n", None)
        p.op(at(body, 0), OperationKind.READ, output="d1", detail={"path": "/data/orders"})
        count = p.op(at(body, 0), OperationKind.ACTION, inputs=["d1"], name="DataFrame.count")
        p.seen.append(executed(1, count, p.tick(), sources=[ORDERS]))
        p.finish()
        graph = assemble(p.seen)
        assert steps(graph)["job.n"].inputs == ("/data/orders",)
        assert datasets(graph)["/data/orders"].kind is DatasetKind.SOURCE

    def test_an_execution_further_on_does_not_make_its_step_a_reader(self) -> None:
        graph = assemble(shop())
        assert steps(graph)["job.main.line_34"].inputs == ("total",)

    def test_a_write_that_the_jvm_half_did_not_tell_of_is_a_gap(self) -> None:
        seen = [each for each in shop() if not isinstance(each, Execution)]
        assert any(gap.what == "sink" and "/data/report" in gap.why for gap in assemble(seen).gaps)

    def test_rows_of_a_source_are_known_only_from_a_plain_read_of_all_of_it(self) -> None:
        assert datasets(assemble(shop()))["/data/orders"].rows == 100
        seen = [
            fragment("d1", ["a"], sources=[ORDERS]) if getattr(each, "plan_hash", "") == "plan1:d1" else each
            for each in shop()
        ]
        orders = datasets(assemble(seen))["/data/orders"]
        assert (orders.rows, orders.complete, orders.reason) == (None, False, "not_measured")

    def test_a_projection_of_a_source_has_its_rows_but_not_its_content(self) -> None:
        swapped = fragment("d1", ["b", "a"], sources=[ORDERS], indirect=False)
        plain = [each for each in shop() if isinstance(each, Fragment) and each.dataset == "d1"]
        swapped = replace(swapped, operators=("Project [b, a]", *plain[0].operators[-1:]))
        seen = [swapped if each == plain[0] else each for each in shop()]
        orders = datasets(assemble(seen))["/data/orders"]
        assert (orders.rows, orders.complete, orders.fingerprint) == (100, True, None)
        assert [column.fingerprint for column in orders.columns] == [None, None]


class TestFacts:
    def measured(self, *probes: Probed) -> LineageGraph:
        return assemble([*(each for each in shop() if not isinstance(each, Probed)), *probes])

    def test_a_complete_measurement_counts_and_none_are_summed(self) -> None:
        graph = self.measured(
            probe("d2", 3, ["a"], complete=False, reason="limit", instance="1"),
            probe("d2", 80, ["a", "b"], instance="2"),
            probe("d2", 80, ["a"], instance="3"),
        )
        clean = datasets(graph)["clean"]
        assert (clean.rows, clean.complete, clean.reason, clean.measurements) == (80, True, None, 3)

    def test_a_later_snapshot_of_one_instance_replaces_the_earlier(self) -> None:
        graph = self.measured(probe("d2", 40, ["a"]), probe("d2", 80, ["a", "b"]))
        assert datasets(graph)["clean"].rows == 80
        assert datasets(graph)["clean"].measurements == 1

    def test_columns_that_different_actions_saw_come_together(self) -> None:
        b_only = replace(probe("d2", 80, ["x", "b"], instance="2"), fingerprint=None)
        b_only = replace(b_only, columns=b_only.columns[1:])
        a_only = replace(probe("d2", 80, ["a"], instance="1"), fingerprint=None)
        facts = {"a": a_only.columns[0].fingerprint, "b": b_only.columns[0].fingerprint}
        for probes in [(a_only, b_only), (b_only, a_only)]:
            clean = datasets(self.measured(*probes))["clean"]
            assert {column.name: column.fingerprint for column in clean.columns} == facts
            assert clean.fingerprint is None

    def test_columns_of_one_name_are_compared_by_their_place(self) -> None:
        def twice(instance: str) -> Probed:
            return probe("d2", 80, ["a", "b", "a"], instance=instance)

        one_a = replace(probe("d2", 80, ["a"], instance="3", salt=9), fingerprint=None)
        clean = self.measured(twice("1"), twice("2"), one_a)
        assert not any(gap.what == "measurements_differ" for gap in clean.gaps)

    @pytest.mark.parametrize(
        "other", [probe("d2", 81, ["a"], instance="2"), probe("d2", 80, ["a"], instance="2", salt=7)]
    )
    def test_complete_measurements_that_disagree_are_told_of(self, other: Probed) -> None:
        graph = self.measured(probe("d2", 80, ["a", "b"]), other)
        gap = next(gap for gap in graph.gaps if gap.what == "measurements_differ")
        assert (gap.step, gap.dataset) == ("job.main.clean", "clean")
        assert "nondeterministic" in gap.why

    def test_a_sum_that_differs_in_its_last_bits_is_no_difference(self) -> None:
        def measured(number: int, total: float) -> Probed:
            each = probe("d2", 80, ["a"], instance=str(number), salt=number)
            column = replace(each.columns[0], type="double", sum=total, sum_squares=total * total, signed_sum=-total)
            return replace(each, columns=(column,))

        def differ(*probes: Probed) -> bool:
            return any(gap.what == "measurements_differ" for gap in self.measured(*probes).gaps)

        assert not differ(measured(1, 0.3), measured(2, 0.1 + 0.2))
        assert differ(measured(1, 0.3), measured(2, 0.3001))

    def test_an_incomplete_measurement_gives_its_reason_and_no_numbers(self) -> None:
        graph = self.measured(probe("d2", 20, ["a"], complete=False, reason="limit"))
        clean = datasets(graph)["clean"]
        assert (clean.rows, clean.complete, clean.reason, clean.fingerprint) == (None, False, "limit", None)
        assert all(column.nulls is None and column.fingerprint is None for column in clean.columns)
        assert "20 rows seen" in (clean.detail or "")

    def test_a_plan_that_was_shown_hides_nothing_from_what_is_planned_anew(self) -> None:
        shown = probe("d2", None, complete=False, reason="fixed_plan", instance="1")
        assert datasets(self.measured(shown))["clean"].reason == "fixed_plan"
        clean = datasets(self.measured(shown, probe("d2", 80, ["a"], instance="2")))["clean"]
        assert (clean.rows, clean.complete, clean.reason) == (80, True, None)

    def test_filters_that_ran_below_are_named(self) -> None:
        graph = self.measured(probe("d2", 20, ["a"], complete=False, reason="filter_pushed", pushed=["b > 3"]))
        assert datasets(graph)["clean"].pushed == ("b > 3",)

    def test_a_reused_exchange_takes_the_facts_of_its_twin_in_the_same_execution(self) -> None:
        twin = probe("d1", 80, ["a", "b"], plan_hash="h", execution=4)
        reused = probe("d2", None, complete=False, reason="exchange_reused", plan_hash="h", execution=4)
        assert datasets(self.measured(twin, reused))["clean"].rows == 80
        assert datasets(self.measured(twin, replace(reused, execution=5)))["clean"].rows is None

    def test_what_no_action_ran_was_never_executed(self) -> None:
        p, body = flat("a", "b")
        p.op(at(body, 0), OperationKind.READ, output="d1")
        p.mark("d1")
        p.op(at(body, 1), inputs=["d1"], output="d2")
        p.finish()
        assert datasets(assemble(p.seen))["a"].reason == "never_executed"

    def test_plan_mode_measures_nothing_and_says_so(self) -> None:
        assert {each.reason for each in assemble(shop(Mode.PLAN)).datasets} == {"plan_mode", "not_measured"}

    def test_an_action_that_failed_is_the_reason(self) -> None:
        p, body = flat("a", None)
        p.op(at(body, 0), OperationKind.READ, output="d1")
        p.mark("d1")
        p.op(at(body, 1), OperationKind.ACTION, inputs=["d1"], error="boom")
        p.finish()
        assert datasets(assemble(p.seen))["a"].reason == "failed"

    def test_two_columns_of_one_name_are_told_apart_by_position_only(self) -> None:
        def with_twins(*columns: str) -> Dataset:
            twins = fragment("d2", ["a", "a"], inputs=["d1"])
            seen = [twins if getattr(each, "plan_hash", "") == "plan1:d2" else each for each in shop()]
            seen = [each for each in seen if not isinstance(each, Probed)]
            return datasets(assemble([*seen, probe("d2", 80, columns)]))["clean"]

        assert len({column.fingerprint for column in with_twins("a", "a").columns}) == 2
        assert {column.fingerprint for column in with_twins("a").columns} == {None}


class TestPlans:
    def with_clean(self, other: Fragment) -> list[Observation]:
        """The shop, with another fragment for ``clean``."""
        return [other if isinstance(each, Fragment) and each.dataset == "d2" else each for each in shop()]

    def test_fragments_name_datasets(self) -> None:
        total = datasets(assemble(shop()))["total"].fragment
        assert total is not None
        assert (total.dataset, total.inputs) == ("total", ("clean",))
        assert {each.dataset for definition in total.definitions for each in definition.inputs} == {"clean"}

    def test_a_sink_holds_what_was_written_as_it_is(self) -> None:
        written = datasets(assemble(shop()))["/data/report"].fragment
        assert written is not None
        assert written.inputs == ("total",)
        assert all(each.inputs[0].subtype == "IDENTITY" for each in written.definitions)

    def test_an_input_that_is_no_dataset_is_looked_through(self) -> None:
        inner = fragment("d9", ["a", "b"], inputs=["d1"], expressions={"b": "b + 1"})
        seen = [
            fragment("d2", ["a", "b"], inputs=["d9"]) if getattr(e, "plan_hash", "") == "plan1:d2" else e
            for e in shop()
        ]
        clean = datasets(assemble([*seen, inner]))["clean"].fragment
        assert clean is not None
        assert clean.inputs == ("load",)
        assert [each.inputs[0].subtype for each in clean.definitions] == ["IDENTITY", "TRANSFORMATION"]

    def test_an_input_of_which_nothing_is_known_is_a_gap(self) -> None:
        seen = [
            fragment("d2", ["a"], inputs=["d77"]) if getattr(e, "plan_hash", "") == "plan1:d2" else e for e in shop()
        ]
        graph = assemble(seen)
        assert any(gap.what == "lineage" and "d77" in gap.why for gap in graph.gaps)
        assert datasets(graph)["clean"].rows == 80

    def test_fragments_in_a_circle_come_to_an_end(self) -> None:
        circle = [fragment("d8", ["a"], inputs=["d9"]), fragment("d9", ["a"], inputs=["d8"])]
        seen = [
            fragment("d2", ["a"], inputs=["d9"]) if getattr(e, "plan_hash", "") == "plan1:d2" else e for e in shop()
        ]
        assert any(gap.what == "lineage" for gap in assemble([*seen, *circle]).gaps)


class TestOutcomes:
    def test_callers_of_a_failing_call_fail_and_what_came_before_is_complete(self) -> None:
        p, body = flat("a", None)
        p.op(at(body, 0), OperationKind.READ, output="d1")
        main = p.call("main", 10, Place(body, 1, 2), composite=True)
        bad = p.call("bad", 20, Place(main, 0, 11))
        path = (*at(body, 1), Place(main, 0, 11), Place(bad, 0, 21))
        p.op(path, OperationKind.ACTION, inputs=["d1"], error="ValueError: no", failed=[bad, main, body])
        p.end(bad, "ValueError: no")
        p.end(main, "ValueError: no")
        p.finish(Outcome.FAIL, "ValueError: no", [body, main, bad])
        graph = assemble(p.seen)
        assert {step.step: (step.outcome.value, step.error) for step in graph.steps} == {
            "job": ("fail", "ValueError: no"), "job.a": ("complete", None),
            "job.main": ("fail", "ValueError: no"), "job.main.bad": ("fail", "ValueError: no"),
        }  # fmt: skip

    def test_an_error_that_is_caught_fails_only_the_statement(self) -> None:
        p, body = flat("a", "b")
        p.op(at(body, 0), OperationKind.ACTION, error="AnalysisException: no such table")
        p.op(at(body, 1), OperationKind.READ, output="d1")
        p.finish()
        graph = assemble(p.seen)
        assert [step.outcome.value for step in graph.steps] == ["complete", "fail", "complete"]

    def test_a_leaf_that_catches_is_complete(self) -> None:
        p, body = flat(None)
        call = p.call("careful", 10, Place(body, 0, 1))
        p.op((*at(body, 0), Place(call, 0, 11)), OperationKind.ACTION, error="ValueError: no")
        p.end(call)
        p.finish()
        assert steps(assemble(p.seen))["job.careful"].outcome is Outcome.COMPLETE

    def test_a_run_without_end_is_running_and_so_are_its_open_calls(self) -> None:
        graph = assemble(shop(finished=False))
        assert graph.run.outcome is Outcome.RUNNING
        assert {step.step for step in graph.steps if step.outcome is Outcome.RUNNING} == {"job", "job.main"}
        assert any(gap.what == "end" for gap in graph.gaps)

    def test_every_beginning_of_a_run_gives_a_graph(self) -> None:
        seen = shop()
        for length in range(len(seen)):
            graph = assemble(seen[:length])
            assert graph.steps[0].kind is StepKind.APPLICATION

    def test_no_step_starts_before_its_parent_or_ends_before_it_starts(self) -> None:
        graph = assemble(shop())
        by_name = {(step.step, step.call): step for step in graph.steps}
        for step in graph.steps:
            assert step.ended is not None
            assert step.started <= step.ended
            if step.parent is not None:
                assert by_name[step.parent].started <= step.started


def test_gaps_name_the_step_and_the_dataset() -> None:
    seen = [*shop(), PythonGap("rdd", "made from rows", None, "d2"), JvmGap("probe", "too wide", "d3")]
    gaps = {gap.what: gap for gap in assemble(seen).gaps}
    assert (gaps["rdd"].step, gaps["rdd"].dataset) == ("job.main.clean", "clean")
    assert (gaps["probe"].step, gaps["probe"].dataset) == ("job.main.total", "total")


def test_a_jvm_half_that_is_not_heard_of_is_one_gap_which_says_why_if_that_is_known() -> None:
    seen = [each for each in shop() if not isinstance(each, SparkStarted)]
    (unknown,) = [gap.why for gap in assemble(seen).gaps if gap.what == "jvm"]
    assert unknown.startswith("the JVM half was not heard of")
    known = [*seen, PythonGap("jvm", "The spark-lineage jar is for Spark 4.2.")]
    assert [gap.why for gap in assemble(known).gaps if gap.what == "jvm"] == ["The spark-lineage jar is for Spark 4.2."]


def test_executions_belong_to_the_step_whose_action_ran_them() -> None:
    graph = assemble(shop())
    assert [each.execution for each in steps(graph)["job.main.line_34"].executions] == [1]


def test_ten_thousand_operations_take_less_than_two_seconds() -> None:
    import time

    p, body = flat("df", None)
    for number in range(10_000):
        call = p.call("f", 10, Place(body, 0, 1))
        p.op((*at(body, 0), Place(call, 0, 11)), inputs=[f"d{number}"] if number else [], output=f"d{number + 1}")
        p.end(call)
    p.finish()
    before = time.process_time()
    graph = assemble(p.seen)
    assert len(graph.steps) == 10_001
    assert time.process_time() - before < 2


def test_the_same_observations_give_the_same_graph() -> None:
    assert assemble(shop()) == assemble(shop())


class TestRedaction:
    @pytest.mark.parametrize(
        "text",
        ["jdbc:postgresql://ada:hunter2@db/x failed", "no access with password=hunter2", "token: 'hunter2' refused",
         "https://store/x?sig=hunter2&y=1", '{"api_key": "hunter2"}'],
    )  # fmt: skip
    def test_secrets_in_errors_are_taken_out(self, text: str) -> None:
        assert "hunter2" not in redaction.text(text)
        assert "hunter2" in text

    def test_arguments_after_a_secret_flag_are_taken_out(self) -> None:
        assert "hunter2" not in redaction.arguments(("--db-password", "hunter2", "--day", "1", "--token=hunter2"))
        assert redaction.arguments(("--day", "1")) == ("--day", "1")

    def test_source_keeps_its_names_and_loses_its_literals(self) -> None:
        source = 'token = load(spark)\nreader.option("password", "hunter2").option("user", "ada")'
        cleaned = code.redacted(source)
        assert "hunter2" not in cleaned
        assert "token = load(spark)" in cleaned
        assert '.option("user", "ada")' in cleaned

    def test_urls_in_source_lose_their_parameters(self) -> None:
        source = 'url = "jdbc:postgresql://db/x?user=ada&password=hunter2"\ncheck(password=given, x="a")'
        cleaned = code.redacted(source)
        assert "hunter2" not in cleaned
        assert 'check(password=given, x="a")' in cleaned
        assert "?user=ada&" in cleaned

    def test_no_secret_reaches_the_graph(self) -> None:
        p, body = flat(None)
        p.seen[0] = replace(p.seen[0], argv=("--password", "hunter2"))  # type: ignore[type-var]
        p.op(at(body, 0), OperationKind.ACTION, error="IOException: s3://ada:hunter2@bucket")
        p.seen.append(PythonGap("x", "secret=hunter2"))
        p.finish(Outcome.FAIL, "IOException: s3://ada:hunter2@bucket")
        assert "hunter2" not in repr(assemble(p.seen))
