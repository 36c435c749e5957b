"""build: events of a graph, by the specification, and the graph back from them."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from observing import Program, probe, shop
from validating import OURS, check_event, check_show, shared

from spark_lineage.answers.show import document
from spark_lineage.events import build, read, samples
from spark_lineage.events.facets import NAMES
from spark_lineage.events.lines import to_line
from spark_lineage.graph import assemble
from spark_lineage.model import LineageGraph, Mode, Observation, Operation, OperationKind, Outcome, Place, Probed
from tests.receiver import Book


def documents(graph: LineageGraph, **options: bool) -> list[dict[str, object]]:
    return [json.loads(to_line(each)) for each in build(graph, **options)]


def without_storages(graph: LineageGraph) -> LineageGraph:
    """Executions in events do not repeat the sources and sinks: those are datasets."""
    steps = tuple(
        replace(step, executions=tuple(replace(each, sources=(), sinks=()) for each in step.executions))
        for step in graph.steps
    )
    return replace(graph, steps=steps)


def failing() -> list[Observation]:
    """The shop, but the write fails and takes ``main`` with it."""
    seen = shop(finished=False)[:-1]
    p = Program()
    p.seen, p._ops = seen, 100
    p._clock += 10
    main = "c1"
    path = (Place("c0", 0, 1), Place(main, 3, 34))
    p.op(path, OperationKind.WRITE, ["d3"], error="AnalysisException: path exists", failed=["c1", "c0"])
    p.end(main, "AnalysisException: path exists")
    p.finish(Outcome.FAIL, "AnalysisException: path exists", ["c0", "c1"])
    return p.seen


PROGRAMS = {"shop": shop(), "plan": shop(Mode.PLAN), "running": shop(finished=False), "failing": failing()}


def test_what_a_step_reads_that_it_has_written_itself_is_no_input_of_its_columns() -> None:
    """As where one function writes a table and gives what it reads of it: a receiver has no such input of that job."""
    graph = assemble(shop())
    step = next(step for step in graph.steps if step.inputs and step.outputs)
    (read, *_), (made, *_) = step.inputs, step.outputs
    own = replace(step, inputs=step.inputs[1:], outputs=(read, *step.outputs))
    changed = replace(graph, steps=tuple(own if each is step else each for each in graph.steps))

    def origins(graph: LineageGraph) -> set[tuple[str, str]]:
        last = [event for event in build(graph) if event["outputs"] and event["eventType"] == "COMPLETE"]
        made_by = next(event for event in last if graph_name(made) in {each["name"] for each in event["outputs"]})
        facets = {each["name"]: each for each in made_by["outputs"]}[graph_name(made)]["facets"]
        return {
            (used["namespace"], used["name"])
            for field in facets["columnLineage"]["fields"].values()
            for used in field["inputFields"]
        }

    def graph_name(dataset: str) -> str:
        return next(each.name for each in graph.datasets if each.id == dataset)

    (place,) = {(each.namespace, each.name) for each in graph.datasets if each.id == read}
    assert place in origins(graph)
    assert place not in origins(changed)


@pytest.mark.parametrize("name", PROGRAMS)
def test_events_are_by_the_specification(name: str) -> None:
    events = documents(assemble(PROGRAMS[name]))
    assert sum(check_event(event) for event in events) > 40


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_strict_receiver_takes_them_all(name: str) -> None:
    shared("openlineage-spec")
    book = Book()
    for event in build(assemble(PROGRAMS[name])):
        answer = book.receive(to_line(event).encode())
        assert answer.accepted, answer
    assert [str(each) for each in book.breaches] == []


def test_columns_of_what_a_step_gives_that_ends_after_its_reader_stand_at_the_reader() -> None:
    """As where a generator gives frames."""
    shared("openlineage-spec")
    graph = assemble(shop())
    maker = next(
        made for made in graph.steps if {*made.outputs} & {each for step in graph.steps for each in step.inputs}
    )
    late = replace(maker, ended=graph.run.ended)
    changed = replace(graph, steps=tuple(late if step is maker else step for step in graph.steps))
    book = Book()
    for event in build(changed):
        assert book.receive(to_line(event).encode()).accepted
    assert [str(each) for each in book.breaches] == []


@pytest.mark.parametrize("name", ["shop", "plan", "failing"])
def test_events_hold_the_whole_graph(name: str) -> None:
    graph = assemble(PROGRAMS[name])
    assert read(documents(graph), samples(graph)) == without_storages(graph)


def test_without_the_sampled_rows_only_they_are_missing() -> None:
    graph = assemble(shop())
    bare = replace(graph, datasets=tuple(replace(each, sample=None) for each in graph.datasets))
    assert read(documents(graph)) == without_storages(bare)


@pytest.mark.parametrize("name", PROGRAMS)
def test_show_keeps_its_contract(name: str) -> None:
    check_show(document(assemble(PROGRAMS[name])))


def test_start_comes_first_the_parent_before_the_child_and_the_application_ends_last() -> None:
    events = documents(assemble(shop()))
    names = [(event["eventType"], event["job"]["name"]) for event in events]
    assert names[0] == ("START", "job")
    assert names[-1] == ("COMPLETE", "job")
    for event in events:
        parent = event["run"]["facets"].get("parent")
        assert (parent is None) == (event["job"]["name"] == "job")
        if parent is not None:
            assert parent["root"]["job"]["name"] == "job"
            assert event["job"]["name"].startswith(parent["job"]["name"] + ".")
            position = names.index((event["eventType"], event["job"]["name"]))
            assert names.index(("START", parent["job"]["name"])) < position
    times = [event["eventTime"] for event in events]
    assert times == sorted(times)


def test_run_ids_are_the_same_whoever_computes_them() -> None:
    first, second = ([event["run"]["runId"] for event in documents(assemble(shop()))] for _ in range(2))
    assert first == second
    assert len(set(first)) == 6


def test_a_start_has_inputs_and_no_outputs_and_a_running_step_no_end() -> None:
    events = documents(assemble(shop(finished=False)))
    for event in events:
        if event["eventType"] == "START":
            assert event["outputs"] == []
    assert {event["eventType"] for event in events if event["job"]["name"] == "job.main"} == {"START"}


def test_a_failing_step_is_fail_with_its_error_and_so_are_its_callers() -> None:
    ends = {event["job"]["name"]: event for event in documents(assemble(failing())) if event["eventType"] != "START"}
    assert {name: event["eventType"] for name, event in ends.items()} == {
        "job": "FAIL", "job.main": "FAIL", "job.line_34": "FAIL",
        "job.load": "COMPLETE", "job.clean": "COMPLETE", "job.total": "COMPLETE",
    }  # fmt: skip
    assert "path exists" in ends["job.main"]["run"]["facets"]["errorMessage"]["message"]


def test_the_job_of_a_streaming_query_is_of_that_type() -> None:
    graph = assemble(
        replace(each, name="DataStreamWriter.start")
        if isinstance(each, Operation) and each.kind is OperationKind.WRITE
        else each
        for each in shop()
    )
    assert [step.step for step in graph.steps if step.streaming] == ["job.main.line_34"]
    types: dict[str, set[str]] = {}
    for event in documents(graph):
        for facet in (event["job"].get("facets") or {}).values():
            types.setdefault(event["job"]["name"], set()).update({facet.get("processingType")} - {None})
    assert {name for name, each in types.items() if each == {"STREAMING"}} == {"job.line_34"}
    starts = [event for event in documents(graph) if event["job"]["name"] == "job.line_34"]
    assert all("jobType" in event["job"]["facets"] for event in starts)
    assert read(documents(graph), samples(graph)) == without_storages(graph)


def test_a_source_is_described_once_where_it_is_read() -> None:
    ends = [event for event in documents(assemble(shop())) if event["eventType"] != "START"]
    described = [each for event in ends for each in event["inputs"] if "sparkLineage_dataset" in each.get("facets", {})]
    assert [each["name"] for each in described] == ["/data/orders"]
    assert described[0]["facets"]["dataQualityMetrics"]["rowCount"] == 100


def test_nan_nul_and_nothing_survive_the_serialiser() -> None:
    seen: list[Observation] = []
    for each in shop():
        if isinstance(each, Probed) and each.dataset == "d2" and each.sample is not None:
            column = replace(each.columns[0], sum=math.nan, sum_squares=math.inf, signed_sum=-0.0)
            sample = replace(each.sample, rows=((None, "a\x00b"),))
            each = replace(each, columns=(column, *each.columns[1:]), sample=sample)
        seen.append(each)
    graph = assemble(seen)
    back = read(documents(graph, sample_rows=True), samples(graph))
    clean = next(each for each in back.datasets if each.id == "clean")
    assert clean.sample is not None
    assert clean.sample.rows == ((None, "a\x00b"),)
    assert math.isnan(clean.columns[0].sum or 0.0)
    assert clean.columns[0].sum_squares == math.inf
    for event in build(graph, sample_rows=True):
        line = to_line(event)
        assert "\\u0000" not in line.replace("\\\\u0000", "")
        assert "NaN" not in line.replace('"nan"', "")


def test_an_incomplete_dataset_has_no_number_that_could_be_taken_for_one() -> None:
    seen = [each for each in shop() if not isinstance(each, Probed)]
    seen.append(probe("d2", 7, ["a"], complete=False, reason="limit"))
    for event in documents(assemble(seen)):
        for each in event["outputs"]:
            assert "dataQualityMetrics" not in each.get("facets", {})
            assert "outputStatistics" not in each.get("outputFacets", {})


def test_every_facet_of_ours_has_a_schema_in_the_package() -> None:
    assert {*NAMES.values()} == {file.stem for file in OURS.glob("*.json")}


def test_reading_events_needs_no_openlineage_client() -> None:
    import subprocess
    import sys

    code = "import sys, spark_lineage.store.runs, spark_lineage.answers.show; print('openlineage' in sys.modules)"
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True)
    assert done.stdout.strip() == "False"


def test_the_start_of_a_step_has_what_a_receiver_needs_and_no_more() -> None:
    starts = [event for event in documents(assemble(shop())) if event["eventType"] == "START"]
    assert len(starts) == 6
    for event in starts[1:]:
        assert set(event["run"]["facets"]) == {"parent"}
        assert set(event["job"]) == {"namespace", "name"}
        assert all(set(each) == {"namespace", "name"} for each in event["inputs"])


def test_the_benchmark_says_what_a_step_takes() -> None:
    """What it prints stands in docs/performance.md; a step may get smaller, not larger."""
    import subprocess
    import sys

    root = Path(__file__).parents[2]
    words = [sys.executable, str(root / "benchmarks" / "events.py"), "--steps", "20", "--rounds", "1"]
    printed = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in printed.splitlines() if "made up" in line]
    bare = {name: float(cells[5]) for name, *cells in rows}
    assert 0 < bare["made up, 8 columns"] < 8.5
    assert 0 < bare["made up, 25 columns"] < 13.6


def test_the_application_has_its_outer_inputs_and_outputs() -> None:
    """A receiver draws no parents: without them it would show the application as a lone node."""
    *_, end = build(assemble(shop()))
    assert [(each["namespace"], each["name"]) for each in end["inputs"]] == [("file", "/data/orders")]
    (report,) = end["outputs"]
    assert (report["namespace"], report["name"]) == ("file", "/data/report")
    fields = report["facets"]["columnLineage"]["fields"]
    assert {name: [each["name"] for each in field["inputFields"]] for name, field in fields.items()} == {
        "a": ["/data/orders"], "b": ["/data/orders"],
    }  # fmt: skip
    assert "sparkLineage_dataset" not in report["facets"]


def test_fields_have_what_marquez_shows_of_them() -> None:
    ends = [event for event in build(assemble(shop())) if event["eventType"] == "COMPLETE"]
    (total,) = (each for event in ends for each in event["outputs"] if each["name"] == "total")
    fields = total["facets"]["columnLineage"]["fields"]
    assert fields["b"]["transformationDescription"] == "sum(b)"
    assert fields["b"]["transformationType"] == "TRANSFORMATION"
    assert "transformationDescription" not in fields["a"]
    assert fields["a"]["transformationType"] == "IDENTITY"
