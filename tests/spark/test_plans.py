"""The physical plans of an observed program against those of the plain one, as Spark's own event log has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import product
from typing import TypeVar

import pytest
from program_runs import PlannedExecution, Runs

T = TypeVar("T")

# The queries whose plans have more than scans, joins and one aggregate: subqueries, outer and semi-joins, reuse.
QUERIES = ["q4", "q9", "q11", "q13", "q15", "q16", "q21", "q22"]
MORE_QUERIES = ["q1", "q2", "q17", "q18", "q20"]  # of the same kinds
PROGRAMS = {
    "plans": ("plans",), "pushdown": ("pushdown",), "tpch": ("tpch", *QUERIES), "more of tpch": ("tpch", *MORE_QUERIES),
}  # fmt: skip
MODES = {"plans": ["plan", "flow"], "pushdown": ["plan", "flow"], "tpch": ["flow"], "more of tpch": ["flow"]}
SLOW = ["more of tpch"]
NEEDS = [(how, *PROGRAMS[name]) for name in PROGRAMS if name not in SLOW for how in ["plain", *MODES[name]]]
PRUNING = ["PushedFilters", "ReadSchema", "PartitionFilters", "PushedAggregation", "PushedLimit"]
# Operators whose number says whether a rewrite of Spark's was lost; the rest (projections, codegen) follows.
REWRITES = ["ReusedExchange", "InMemoryTableScan", "ReusedSubquery", "SubqueryBroadcast", "ReusedSubqueryBroadcast"]
SHAPE = [
    "WindowGroupLimit",
    "TakeOrderedAndProject",
    "Sort",
    "Exchange",
    "BroadcastExchange",
    "BroadcastHashJoin",
    "SortMergeJoin",
    "ShuffledHashJoin",
    "BroadcastNestedLoopJoin",
    "CartesianProduct",
    "HashAggregate",
    "ObjectHashAggregate",
    "SortAggregate",
]


# Adaptive execution decides by which stage ends first. Without us, beside other tasks of the same session, a join of q2
# built its other side in 7 of 21 runs, and q17 had 4 jobs and not 3 in 10 of 30. What ours does to a plan it does in
# each run: a difference counts if it is there between each run of ours and each plain one.
ATTEMPTS = {"tpch": 3, "more of tpch": 3}


def pairs(
    runs: Runs, program: str, mode: str, attempts: tuple[int, int] = (1, 1)
) -> list[tuple[PlannedExecution, PlannedExecution]]:
    """``attempts``: which run of ours and which plain one."""
    command = PROGRAMS[program]
    plain = runs.plain(*command, attempt=attempts[1]).succeeded().executions
    ours = runs.observed(*command, mode=mode, attempt=attempts[0]).succeeded().executions
    assert [one.description for one in ours] == [other.description for other in plain]
    return list(zip(ours, plain, strict=True))


def named(one: PlannedExecution, number: int) -> str:
    return f"execution {number}: {one.description.splitlines()[0]}"


def marks(program: str) -> list[pytest.MarkDecorator]:
    return [pytest.mark.slow] * (program in SLOW)


EACH = [pytest.param(program, marks=marks(program)) for program in PROGRAMS]
EACH_MODE = [pytest.param(program, mode, marks=marks(program)) for program in PROGRAMS for mode in MODES[program]]


@pytest.mark.parametrize(("program", "mode"), EACH_MODE)
def test_no_extra_spark_jobs(runs: Runs, program: str, mode: str) -> None:
    def different(attempts: tuple[int, int]) -> dict[str, tuple[int, int]]:
        return {
            named(a, n): (a.spark_jobs, b.spark_jobs)
            for n, (a, b) in enumerate(pairs(runs, program, mode, attempts))
            if a.spark_jobs != b.spark_jobs
        }

    assert lasting(program, different) == {}


@pytest.mark.parametrize("program", [program for program in PROGRAMS if "plan" in MODES[program]])
def test_plan_mode_leaves_plans_as_they_are(runs: Runs, program: str) -> None:
    different = [named(a, n) for n, (a, b) in enumerate(pairs(runs, program, "plan")) if a.normal != b.normal]
    assert different == []


@pytest.mark.parametrize("what", PRUNING)
@pytest.mark.parametrize("program", EACH)
def test_flow_mode_loses_no_pruning(runs: Runs, program: str, what: str) -> None:
    different = {
        named(a, n): (a.details(what) - b.details(what), b.details(what) - a.details(what))
        for n, (a, b) in enumerate(pairs(runs, program, "flow"))
        if a.details(what) != b.details(what)
    }
    assert different == {}


@pytest.mark.parametrize("program", EACH)
def test_flow_mode_keeps_reuse_and_caches(runs: Runs, program: str) -> None:
    assert differing(runs, program, REWRITES) == {}


@pytest.mark.parametrize("program", EACH)
def test_flow_mode_keeps_the_shape(runs: Runs, program: str) -> None:
    assert lasting(program, lambda attempts: differing(runs, program, SHAPE, attempts)) == {}


@pytest.mark.parametrize("program", EACH)
def test_flow_mode_keeps_join_types(runs: Runs, program: str) -> None:
    different = {
        named(a, n): (dict(a.details("Join type")), dict(b.details("Join type")))
        for n, (a, b) in enumerate(pairs(runs, program, "flow"))
        if a.details("Join type") != b.details("Join type")
    }
    assert different == {}


def test_the_log_shows_what_is_compared(runs: Runs) -> None:
    """The plain program has what the tests above look for; else they would compare nothing with nothing."""
    plain = runs.plain("pushdown").succeeded().executions
    nodes: Counter[str] = sum((one.nodes() for one in plain), Counter())
    for name in ["ReusedExchange", "InMemoryTableScan", "WindowGroupLimit", "TakeOrderedAndProject"]:
        assert nodes[name] > 0, (name, nodes)
    assert any("dynamicpruning" in text for one in plain for text in one.details("PartitionFilters"))
    assert any("GreaterThan" in text for one in plain for text in one.details("PushedFilters"))
    assert any("struct<city:string>" in text for one in plain for text in one.details("ReadSchema"))


def lasting(program: str, different: Callable[[tuple[int, int]], dict[str, T]]) -> dict[str, T]:
    """The differences that are there in each pair of runs; further runs are made only where there are any."""
    found = different((1, 1))
    for last in range(2, ATTEMPTS.get(program, 1) + 1):
        for attempts in product(range(1, last + 1), repeat=2):
            if found and last in attempts:
                again = different(attempts)
                found = {name: how for name, how in found.items() if name in again}
    return found


def differing(
    runs: Runs, program: str, names: list[str], attempts: tuple[int, int] = (1, 1)
) -> dict[str, dict[str, tuple[int, int]]]:
    found = {}
    for number, (ours, plain) in enumerate(pairs(runs, program, "flow", attempts)):
        mine, theirs = ours.nodes(), plain.nodes()
        # Joins are compared with their type and side: "BroadcastHashJoin Inner BuildRight".
        looked_at = {name for name in (*mine, *theirs) if name.split(" ")[0] in names}
        wrong = {name: (mine[name], theirs[name]) for name in looked_at if mine[name] != theirs[name]}
        if wrong:
            found[named(ours, number)] = wrong
    return found
