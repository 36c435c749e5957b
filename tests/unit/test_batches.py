"""Micro-batches of streaming queries: few of each are kept, and the sums of the others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from spark_lineage.graph import assemble
from spark_lineage.graph.batches import FIRST, LAST, join, query_of
from spark_lineage.model import (
    CallSeen,
    ColumnDefinition,
    Execution,
    Fragment,
    Mode,
    Observation,
    Operation,
    OperationKind,
    Outcome,
    Place,
    ProgramStarted,
    Storage,
)

QUERY = "0a1b2c3d-0000-0000-0000-00000000000{}"
SINK = Storage("file", "/out", "parquet", None, None, ())


def batch(number: int, query: int = 1, outcome: Outcome = Outcome.COMPLETE) -> Execution:
    described = f"name<br/>id = {QUERY.format(9)}<br/>runId = {QUERY.format(query)}<br/>batch = {number}"
    return Execution(
        execution=query * 10_000 + number, op=f"o{query}", description=described, started=10.0 + number,
        ended=10.5 + number, outcome=outcome, error=None if outcome is Outcome.COMPLETE else "E: no",
        spark_jobs=(number,), metrics={"rows_written": 3, "peak_memory_bytes": number}, sources=(),
        sinks=((SINK, "append", None),),
    )  # fmt: skip


def program(*executions: Execution) -> Iterator[Observation]:
    yield ProgramStarted("job", "job.py", (), "3.11", 1.0, Mode.FLOW, {}, "run")
    yield CallSeen("c1", None, "<module>", "__main__", "job.py", 1, None, "MainThread", 1.0, True)
    for query in sorted({execution.op or "" for execution in executions}):
        yield Operation(
            query, "DataStreamWriter.start", OperationKind.WRITE, (Place("c1", None, 2),), (), None, 2.0, 3.0
        )  # fmt: skip
    yield from executions


def kept(*executions: Execution) -> list[Execution]:
    return [execution for step in assemble(program(*executions)).steps for execution in step.executions]


def test_of_five_hundred_batches_few_are_kept_and_nothing_is_lost_of_their_sums() -> None:
    found = kept(*map(batch, range(500)))
    assert len(found) == FIRST + 1 + LAST
    assert sum(execution.batches for execution in found) == 500
    assert sum(execution.metrics["rows_written"] for execution in found) == 1500
    assert max(execution.metrics["peak_memory_bytes"] for execution in found) == 499
    (between,) = [execution for execution in found if execution.batches > 1]
    assert (between.started, between.ended) == (10.0 + FIRST, 10.5 + 499 - LAST)
    assert between.sinks == batch(0).sinks


def test_batches_that_failed_are_kept() -> None:
    found = kept(*(batch(n, outcome=Outcome.FAIL if n == 250 else Outcome.COMPLETE) for n in range(500)))
    assert [execution.execution for execution in found if execution.outcome is Outcome.FAIL] == [10_250]


def test_queries_are_told_apart() -> None:
    found = kept(*(batch(number, query) for number in range(100) for query in (1, 2)))
    assert len(found) == 2 * (FIRST + 1 + LAST)


def test_few_batches_stay_as_they_are() -> None:
    assert kept(*map(batch, range(FIRST + LAST))) == list(map(batch, range(FIRST + LAST)))


def fragment(df: str, **more: Any) -> Fragment:
    definition = ColumnDefinition("id", "id", (), followed=False)
    whole: dict[str, Any] = {"inputs": (), "sources": (), "opaque": ("rdd",), "definitions": (definition,), **more}
    return Fragment(
        dataset=df, columns=(("id", "bigint", True),), plan_hash="plan2:0", operators=(), plan_text="",
        deterministic=True, nondeterminism=(), indirect=(), sample_key=(), **whole,
    )  # fmt: skip


def handed_over(batch: str, *streams: str) -> Operation:
    place = Place("c1", None, 2)
    return Operation("o1", "DataStreamWriter.foreachBatch", OperationKind.TRANSFORM, (place,), streams, batch, 2.0, 2.0)


def test_columns_of_a_batch_are_those_of_the_stream() -> None:
    fragments = {"d1": fragment("d1", opaque=(), sources=(SINK,)), "d2": fragment("d2")}
    join([handed_over("d2", "d1")], fragments)
    assert fragments["d2"].inputs == ("d1",)
    (definition,) = fragments["d2"].definitions
    assert definition.followed and [(each.dataset, each.column) for each in definition.inputs] == [("d1", "id")]


def test_a_batch_whose_plan_says_where_it_comes_from_stays_as_it_is() -> None:
    fragments = {"d1": fragment("d1"), "d2": fragment("d2", opaque=(), sources=(SINK,))}
    before = dict(fragments)
    join([handed_over("d2", "d1"), handed_over("d2"), handed_over("d9", "d1")], fragments)
    assert fragments == before


def test_only_what_spark_calls_a_batch_is_one() -> None:
    assert query_of(batch(3)) == QUERY.format(1)
    named = Execution(1, "o1", "batch = 3", 1.0, 2.0, Outcome.COMPLETE, None, (), {}, (), ())
    assert query_of(named) is None
