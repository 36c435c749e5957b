"""The page's answer: it says the same as the commands, whatever the run is like."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from comparing import Made, Runs, chain
from hypothesis import given, settings
from hypothesis import strategies as st
from observing import shop
from test_composition import runs
from test_diff import programs
from test_diff_command import FIRST, SECOND, THIRD, program, record
from test_explain import ALL
from test_show import limited, write

from spark_lineage.answers import ask
from spark_lineage.answers.check.results import document as check_document
from spark_lineage.answers.diff import compare_runs
from spark_lineage.answers.diff.conclusion import conclusion
from spark_lineage.answers.diff.document import document as diff_document
from spark_lineage.answers.errors import AnswerError
from spark_lineage.answers.page import Page, PageOfTwo, RunPart, document
from spark_lineage.answers.page.columns import conditions, details
from spark_lineage.answers.page.content import program_hash
from spark_lineage.answers.show import document as show_document
from spark_lineage.answers.verify import Verified
from spark_lineage.answers.verify import document as verify_document
from spark_lineage.graph import assemble
from spark_lineage.model import CheckStatus, Fragment, LineageGraph, Mode, RowOperator, StepKind
from spark_lineage.store.runs import aborted
from tests.page_says import Types, check_columns, check_states

TYPES = Types()


def part(graph: LineageGraph) -> RunPart:
    """Of a run that is in no store."""
    verified = Verified(graph.run.id, 0, "not written")
    return RunPart(graph, None, "not checked", verified, program_hash(graph), details(graph))


def of_one(graph: LineageGraph) -> dict[str, Any]:
    """Its document, as JSON hands it on."""
    return round_trip(document(Page(part(graph), 1.0)))


def of_two(a: LineageGraph, b: LineageGraph) -> dict[str, Any]:
    return round_trip(document(PageOfTwo(part(a), part(b), compare_runs(a, b), 1.0)))


def round_trip(page: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(page))
    TYPES.check(found, {"run": "RunPage", "diff": "DiffPage"}[found["kind"]])
    return found


# --------------------------------------------------------------------------- one run


def test_members_are_the_documents_of_the_commands(tmp_path: Path) -> None:
    record(tmp_path, program().graph(FIRST))
    page = document(ask.page(FIRST, tmp_path))
    round_trip(page)
    run = page["run"]
    assert run["show"] == show_document(ask.show(FIRST, tmp_path))
    assert run["check"] == check_document(ask.check(FIRST, tmp_path))
    assert run["verify"] == verify_document(ask.verify(FIRST, tmp_path, tables=False))
    assert run["proof"]["root_hash"] == run["verify"]["root_hash"] is not None
    chain_file = (tmp_path / "runs" / FIRST / "chain.jsonl").read_text().splitlines()
    assert run["verify"]["root_hash"] == json.loads(chain_file[-1])["chain"]
    assert page["left_out"] == []


KINDS = {
    "complete": assemble(shop()),
    "partial": assemble(limited()),
    "plan": assemble(shop(Mode.PLAN)),
    "running": assemble(shop(finished=False)),
    "aborted": aborted(assemble(shop(finished=False))),
    "begun": assemble(shop()[:1]),
    "nothing": assemble([]),
    "failed": Runs([*chain("1", "2"), Made("bad", ("df",), fails="ValueError: no")]).graph(),
    "joined": ALL,
}


@pytest.mark.parametrize("graph", KINDS.values(), ids=KINDS.keys())
def test_every_kind_of_run_has_a_page_that_explains_its_columns(graph: LineageGraph) -> None:
    page = of_one(graph)
    check_columns(page["run"], graph)
    assert page["run"]["show"]["run"]["outcome"] == graph.run.outcome.value
    assert [each["thread"] for each in page["run"]["steps"]] == [each.thread for each in graph.steps]


@settings(max_examples=40, deadline=None)
@given(runs())
def test_the_columns_of_any_run_are_explained_as_explain_does(run: LineageGraph) -> None:
    check_columns(of_one(run)["run"], run)


def test_a_run_that_cannot_be_checked_says_why(tmp_path: Path) -> None:
    write(tmp_path, assemble(shop(Mode.PLAN)))
    run = document(ask.page("last", tmp_path))["run"]
    with pytest.raises(AnswerError) as refused:
        ask.check("last", tmp_path)
    assert (run["check"], run["check_refused"]) == (None, str(refused.value))


def test_executions_say_when_they_started() -> None:
    (execution,) = [each for step in of_one(KINDS["complete"])["run"]["show"]["steps"] for each in step["executions"]]
    assert execution["started_at"] > "2023-11-14T22:13:20"


def test_a_source_text_is_there_once(tmp_path: Path) -> None:
    calls = [
        Made("part", ("/data/orders",), content=each, kind=StepKind.FUNCTION, source="def part()") for each in "ab"
    ]
    run = of_one(Runs(calls).graph())["run"]
    assert run["sources"].count("def part()") == 1
    of_calls = [each["source"] for each, step in zip(run["steps"], run["show"]["steps"]) if step["function"] == "part"]
    assert len(of_calls) == 2
    assert {run["sources"][number] for number in of_calls} == {"def part()"}


def test_failed_checks_are_counted_at_their_dataset(tmp_path: Path) -> None:
    empty = [Made("empty", ("/data/orders",), content="none", rows=0), Made("after", ("empty",), content="some")]
    record(tmp_path, Runs(empty).graph(FIRST))
    run = document(ask.page(FIRST, tmp_path))["run"]
    failed = [each["dataset"] for each in run["check"]["results"] if each["status"] == CheckStatus.FAILED.value]
    assert failed
    counted = {each["id"]: detail["failed_checks"] for each, detail in zip(run["show"]["datasets"], run["datasets"])}
    assert {name: failed.count(name) for name in counted} == counted


def test_what_must_stay_in_the_house_is_left_out(tmp_path: Path) -> None:
    record(tmp_path, program().graph(FIRST))
    record(tmp_path, program("amount > 0", "fewer").graph(THIRD))
    whole = json.dumps(document(ask.page_of_two([FIRST, THIRD], tmp_path)))
    assert "7.5" in whole
    assert "return orders.filter" in whole
    page = document(ask.page_of_two([FIRST, THIRD], tmp_path, samples=False, source=False))
    assert page["left_out"] == ["samples", "source"]
    said = json.dumps(page)
    assert "7.5" not in said
    assert "return orders.filter" not in said
    for run in (page["a"], page["b"]):
        assert all(each["sample"] is None for each in run["show"]["datasets"])
        assert run["sources"] == []
        assert all("details" not in each for each in run["check"]["results"])
    assert all(each["sample"] is None and not each["source_diff"] for each in page["diff"]["first_divergences"])


def test_the_program_hash_is_of_the_code_alone() -> None:
    graph = program().graph(FIRST)
    moved = replace(graph, steps=tuple(replace(step, file="/elsewhere/job.py", line=99) for step in graph.steps[::-1]))
    assert program_hash(graph) == program_hash(moved)
    assert program_hash(graph) != program_hash(program("amount > 0", "fewer").graph(FIRST))
    assert program_hash(assemble([])) is None


# --------------------------------------------------------------------------- what decides rows


def fragment(operators: tuple[str, ...], rows: tuple[RowOperator, ...]) -> Fragment:
    return Fragment("d", (), "h", operators, "", True, (), (), (), (), (), (), (), row_operators=rows)


def test_conditions_are_sql_the_last_operator_first() -> None:
    operators = ("Limit 10", "Filter (n > 1)", "Aggregate by [a, b] [a, b, count(*) AS n]", "Deduplicate [a]",
                 "Join left outer on (a = b)", "Sample 0.5", "Input x", "Input y")  # fmt: skip
    rows = (
        RowOperator("input"), RowOperator("input"), RowOperator("sample", (0,)),
        RowOperator("join", (2, 1), "left outer", "(a = b)"), RowOperator("deduplicate", (3,), "rows", keys=("a",)),
        RowOperator("aggregate", (4,), keys=("a", "b")), RowOperator("filter", (5,), text="(n > 1)"),
        RowOperator("limit", (6,)),
    )  # fmt: skip
    said = [(each.kind, each.text) for each in conditions(fragment(operators, rows))]
    assert said == [
        ("limit", "LIMIT 10"), ("filter", "(n > 1)"), ("group", "GROUP BY a, b"), ("deduplicate", "a"),
        ("join", "LEFT OUTER JOIN ON (a = b)"), ("sample", "SAMPLE 0.5"),
    ]  # fmt: skip


def test_conditions_of_operators_that_are_only_texts() -> None:
    operators = ("Project [a]", "Filter (a > 1)", "Union of 2", "Limit 3", "Except", "Input x")
    assert [(each.kind, each.text) for each in conditions(fragment(operators, ()))] == [
        ("filter", "(a > 1)"), ("union", "UNION of 2"), ("limit", "LIMIT 3"), ("set", "EXCEPT"),
    ]  # fmt: skip


def test_rows_that_are_first_of_their_key() -> None:
    first = RowOperator("deduplicate", (0,), "row_number", "(n = 1)", keys=("id",))
    (said,) = conditions(
        fragment(
            (),
            (
                RowOperator("input"),
                first,
            ),
        )
    )
    assert said.text == "id (row_number: (n = 1))"


# --------------------------------------------------------------------------- two runs


def flow(clean: str = "amount >= 0", rows: str = "clean", **more: Any) -> Runs:
    made = [
        Made("load", ("/data/orders",), plan="read", content="loaded", kind=StepKind.FUNCTION),
        Made("clean", ("load",), plan=clean, content=rows, kind=StepKind.FUNCTION),
        Made("enrich", ("clean",), plan="join", content=f"enriched {rows}", kind=StepKind.FUNCTION),
        Made("other", ("load",), plan="other", content="other", kind=StepKind.FUNCTION),
    ]
    return Runs(made, sinks=[("/out/report", "enrich")], **more)


def states(page: dict[str, Any], what: str = "datasets") -> dict[str, str]:
    def name(each: dict[str, Any]) -> str:
        found = each["b"] if each["b"] is not None else each["a"]
        return found if isinstance(found, str) else found[0]

    return {name(each): each["state"] for each in page[what]}


def test_each_dataset_and_step_of_two_runs_has_its_state() -> None:
    page = of_two(flow().graph(FIRST), flow("amount > 0", "fewer").graph(SECOND))
    check_states(page)
    assert states(page) == {
        "/data/orders": "same", "load": "same", "clean": "differs_here", "enrich": "differs_upstream",
        "other": "same", "/out/report": "differs_upstream",
    }  # fmt: skip
    assert states(page, "steps") == {
        "job": "differs_here", "job.load": "same", "job.clean": "differs_here", "job.enrich": "differs_upstream",
        "job.other": "same", "job.line_14": "differs_upstream",
    }  # fmt: skip
    (first,) = [each for each in page["datasets"] if each["first"] is not None]
    assert (first["b"], first["first"], page["diff"]["first_divergences"][0]["dataset"]) == ("clean", 0, "clean")
    (after,) = [each for each in page["datasets"] if each["b"] == "enrich"]
    assert after["caused_by"] == ["clean"]


CHANGES: dict[str, Runs] = {
    "same": flow(),
    "other source": Runs(flow("amount >= 0", "x").made, sources=[("/data/orders", "other rows")]),
    "one step more": Runs([*flow().made, Made("more", ("clean",), plan="more", content="more")]),
    "one step less": Runs(flow().made[:-1], sinks=[("/out/report", "enrich")]),
    "failed": Runs([*flow().made[:3], replace(flow().made[3], fails="ValueError: no")]),
    "not measured": Runs([*flow().made[:3], replace(flow().made[3], content=None, plan="?", source="?")]),
    "uncertain source": Runs(flow().made, sources=[("/data/orders", None)]),
    "random": Runs([*flow().made[:3], replace(flow().made[3], content="r", nondeterminism=("rand()",))]),
    "renamed": Runs([*flow().made[:3], replace(flow().made[3].named("another"), source="s")]),
    "inserted": Runs([*flow().made[:2], Made("mid", ("clean",), plan="mid", content="mid", kind=StepKind.FUNCTION),
                      replace(flow().made[2], inputs=("mid",), content="e")]),
}  # fmt: skip


@pytest.mark.parametrize("other", CHANGES.values(), ids=CHANGES.keys())
def test_the_states_are_what_diff_tells(other: Runs) -> None:
    for a, b in ((flow(), other), (other, flow())):
        page = of_two(a.graph(FIRST), b.graph(SECOND))
        check_states(page)
        compared = compare_runs(a.graph(FIRST), b.graph(SECOND))
        assert page["diff"] == json.loads(json.dumps(diff_document(compared)))
        said = page["verdict"]
        assert f"{said['word']}: {said['where']}{said['said']}" == conclusion(compared).text


@settings(max_examples=30, deadline=None)
@given(programs(), programs(), st.sampled_from(["", "fails", "not measured"]))
def test_the_states_of_any_two_runs_are_what_diff_tells(a: list[Made], b: list[Made], last: str) -> None:
    if last == "fails":
        b = [*b[:-1], replace(b[-1], fails="ValueError: no")]
    elif last:
        b = [*b[:-1], replace(b[-1], content=None)]
    graphs = Runs(a).graph(FIRST), Runs(b).graph(SECOND)
    check_states(round_trip(document(PageOfTwo(part(graphs[0]), part(graphs[1]), compare_runs(*graphs, True), 1.0))))


def test_what_only_one_run_has_stands_behind_its_neighbour() -> None:
    page = of_two(CHANGES["inserted"].graph(FIRST), flow().graph(SECOND))
    names = [each["b"] or each["a"] for each in page["datasets"]]
    assert names.index("mid") == names.index("clean") + 1
    assert states(page)["mid"] == "only_in_a"


def test_runs_that_cannot_be_compared_have_no_page(tmp_path: Path) -> None:
    record(tmp_path, program().graph(FIRST))
    record(tmp_path, program(mode=Mode.PLAN).graph(SECOND))
    with pytest.raises(AnswerError, match="plan mode"):
        ask.page_of_two([FIRST, SECOND], tmp_path)


def test_two_runs_are_chosen_as_for_diff(tmp_path: Path) -> None:
    for name in (FIRST, SECOND):
        record(tmp_path, program(labels={"branch": "main"}).graph(name))
    record(tmp_path / "other", program("amount > 0", "fewer").graph(THIRD))
    for words, more in (((), {}), ((FIRST,), {}), ((), {"store_b": tmp_path / "other"}), ((), {"baseline": "main"})):
        page, compared = ask.page_of_two(words, tmp_path, **more), ask.diff(words, tmp_path, **more)
        assert (page.a.graph.run.id, page.b.graph.run.id) == (compared.a.run.id, compared.b.run.id)


# --------------------------------------------------------------------------- size


def test_a_page_takes_time_and_room_in_line_with_its_steps() -> None:
    """Of two runs of the same kind the larger one takes as much more as it is larger, with some room for chance."""
    sizes = {}
    for many in (100, 400):
        graph = Runs(chain(*map(str, range(many))), sinks=[("/out/report", f"df~{many}")]).graph()
        sizes[many] = len(json.dumps(of_one(graph)))
    assert sizes[400] < 4.4 * sizes[100]


def test_of_two_thousand_columns_each_is_explained() -> None:
    columns = tuple(f"column_{number}" for number in range(2_000))
    made = [Made("wide", ("/data/orders",), columns=columns), Made("wider", ("wide",), columns=columns)]
    graph = Runs(made, sinks=[("/out/wide", "wider")]).graph()
    run = of_one(graph)["run"]
    (sink,) = [detail for each, detail in zip(run["show"]["datasets"], run["datasets"]) if each["kind"] == "sink"]
    assert len(sink["definitions"]) == 2_000
    assert sink["hops"] == []
    assert sink["passed_on"] == [{"dataset": "wider", "columns": list(columns), "decided": False}]
