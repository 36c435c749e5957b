"""The run of an orchestrator that started the program: where it is found, and what receivers are told of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from observing import shop
from validating import check_event

from spark_lineage.answers.show import document
from spark_lineage.events import build, read
from spark_lineage.events.lines import to_line
from spark_lineage.graph import assemble
from spark_lineage.model import ParentSeen, PythonGap
from spark_lineage.store.wal import decode, encode
from spark_lineage.surroundings import parent_run
from tests.orchestrator import CONF, DAG, TASK
from tests.receiver import Book

PARENT = ParentSeen("airflow", "daily.load", TASK)
ROOT = ParentSeen("airflow", "daily", DAG, root=True)

Document = dict[str, Any]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (f"airflow/daily.load/{TASK}", PARENT),
        (f" airflow/daily.load/{TASK.upper()} ", PARENT),
        (
            f"https://airflow.example.org/daily.load/{TASK}",
            ParentSeen("https://airflow.example.org", "daily.load", TASK),
        ),
        ("", None),
        ("daily.load", "no UUID"),
        (f"daily.load/{TASK}", "not namespace/name/run id"),
        (f"/daily.load/{TASK}", "not namespace/name/run id"),
        (f"airflow//{TASK}", "not namespace/name/run id"),
        ("airflow/daily.load/manual__2026", "no UUID"),
    ],
)
def test_the_environment(value: str, expected: ParentSeen | str | None) -> None:
    found = list(parent_run.of_environment({"OPENLINEAGE_PARENT_ID": value}))
    if isinstance(expected, str):
        (gap,) = found
        assert isinstance(gap, PythonGap)
        assert gap.what == "parent"
        assert expected in gap.why
    else:
        assert found == [expected] if expected else not found


def test_the_root_of_the_environment() -> None:
    environ = {
        "OPENLINEAGE_PARENT_ID": f"airflow/daily.load/{TASK}",
        "OPENLINEAGE_ROOT_PARENT_ID": f"airflow/daily/{DAG}",
    }
    assert list(parent_run.of_environment(environ)) == [PARENT, ROOT]


def test_the_conf_of_the_spark_integration() -> None:
    assert list(parent_run.of_conf(CONF.get)) == [PARENT, ROOT]
    assert list(parent_run.of_conf({"spark.openlineage.parentJobNamespace": "airflow"}.get)) == []
    (gap,) = parent_run.of_conf({"spark.openlineage.parentRunId": TASK}.get)
    assert isinstance(gap, PythonGap)


def events(*seen: ParentSeen) -> list[Document]:
    program = shop()
    graph = assemble([program[0], *seen, *program[1:]])
    return [json.loads(to_line(each)) for each in build(graph)]


@pytest.mark.bad_events  # looked at here: only this receiver knows that there is another system's run
@pytest.mark.parametrize("seen", [(PARENT,), (PARENT, ROOT), (ROOT,)])
def test_every_event_joins_the_run_that_started_the_program(seen: tuple[ParentSeen, ...]) -> None:
    made = events(*seen)
    book = Book(foreign=frozenset((DAG, TASK)))
    assert all(book.receive(json.dumps(event).encode()).accepted for event in made)
    assert [str(each) for each in (*book.breaches, *book.unfinished())] == []
    top, name = (ROOT, "daily") if ROOT in seen else (PARENT, "daily.load")
    above = PARENT if PARENT in seen else ROOT
    for event in made:
        check_event(event)
        facet = event["run"]["facets"]["parent"]
        assert facet["root"] == _as_root(top, name)
        is_application = event["job"]["name"] == f"{above.name}.job"
        assert (facet["run"]["runId"] == above.run) == is_application
        assert event["job"]["name"].startswith(f"{facet['job']['name']}.")
    assert made[0]["run"]["facets"]["parent"]["job"] == {"namespace": "airflow", "name": above.name}


def _as_root(top: ParentSeen, name: str) -> Document:
    return {"run": {"runId": top.run}, "job": {"namespace": "airflow", "name": name}}


@pytest.mark.bad_events
def test_it_is_in_the_record_and_changes_no_name_of_a_step() -> None:
    program = shop()
    graph, without = assemble([program[0], PARENT, ROOT, *program[1:]]), assemble(program)
    assert (graph.run.parent, graph.run.root) == (PARENT, ROOT)
    back = read(events(PARENT, ROOT)).run
    assert (back.parent, back.root) == (PARENT, ROOT)
    assert document(graph)["run"]["started_by"] == {"namespace": "airflow", "job": "daily.load", "run": TASK}
    assert graph.steps == without.steps
    assert document(without)["run"]["started_by"] is None
    assert decode(encode(ROOT)) == ROOT


@pytest.mark.bad_events
def test_the_first_word_counts_and_a_root_that_is_the_parent_says_nothing() -> None:
    program = shop()
    other = ParentSeen("other", "other", DAG)
    same = ParentSeen(PARENT.namespace, PARENT.name, PARENT.run, root=True)
    run = assemble([program[0], PARENT, other, same, *program[1:]]).run
    assert (run.parent, run.root) == (PARENT, None)
