"""Micro-batches of streaming queries: few of each are kept, and the sums of the others."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from spark_lineage.agent.queries import MOST, Queries
from spark_lineage.graph import assemble
from spark_lineage.graph.batches import FIRST, LAST, MOST_STORAGES, join, span, written_by
from spark_lineage.model import (
    CallSeen,
    ColumnDefinition,
    Execution,
    Fragment,
    JvmGap,
    Mode,
    Observation,
    Operation,
    OperationKind,
    Outcome,
    Place,
    ProgramStarted,
    Storage,
)
from spark_lineage.store.wal import WriteAhead, read

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
    assert span(between) == (QUERY.format(1), FIRST, 499 - LAST, True)
    assert between.spark_jobs == ()


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
    assert span(batch(3)) == (QUERY.format(1), 3, 3, False)
    named = Execution(1, "o1", "batch = 3", 1.0, 2.0, Outcome.COMPLETE, None, (), {}, (), ())
    assert span(named) is None


# --------------------------------------------------------------------------- written ahead


def written(folder: Path, *batches: Execution, at_once: int = 1) -> WriteAhead:
    ahead = WriteAhead(folder)
    for begin in range(0, len(batches), at_once):
        ahead.append(batches[begin : begin + at_once])
    return ahead


def read_back(folder: Path) -> list[Execution]:
    found = list(read(folder))
    assert None not in found
    return kept(*(each for each in found if isinstance(each, Execution)))


@pytest.mark.parametrize("at_once", [1, 7, 500])
def test_what_is_written_ahead_says_what_all_batches_would(tmp_path: Path, at_once: int) -> None:
    several = [batch(number, query) for number in range(500) for query in (1, 2)]
    written(tmp_path, *several, at_once=at_once)
    assert read_back(tmp_path) == kept(*several)


def test_the_file_does_not_grow_with_each_batch(tmp_path: Path) -> None:
    ahead = written(tmp_path, *map(batch, range(50)))
    size = ahead.path.stat().st_size
    ahead.append(list(map(batch, range(50, 1_000))))
    for number in range(1_000, 5_000):
        ahead.append([batch(number)])
    assert ahead.path.stat().st_size == size
    assert sum(execution.batches for execution in read_back(tmp_path)) == 5_000


def test_a_kill_leaves_all_batches_that_were_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one between two lines of the same batch."""
    ahead = WriteAhead(tmp_path)
    write, states = ahead._write, []

    def noted(at: int, content: bytes) -> None:
        write(at, content)
        states.append(sum(execution.batches for execution in read_back(tmp_path)))

    monkeypatch.setattr(ahead, "_write", noted)
    for number in range(100):
        ahead.append([batch(number)])
        assert states[-1] == number + 1
    assert states == sorted(states)


def test_what_could_not_be_written_is_written_the_next_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead, chance, waiting = WriteAhead(tmp_path), random.Random(7), []
    write = ahead._write

    def full(at: int, content: bytes) -> None:
        if content and chance.random() < 0.3:
            write(at, content[: len(content) // 2])
            raise OSError(28, os.strerror(28))
        write(at, content)

    monkeypatch.setattr(ahead, "_write", full)
    for number in range(300):
        waiting.append(batch(number))
        try:
            ahead.append(waiting)
        except OSError:
            continue
        waiting = []
    monkeypatch.undo()
    ahead.append([*waiting, batch(300)])
    whole = [each for each in read(tmp_path) if isinstance(each, Execution)]
    assert kept(*whole) == kept(*map(batch, range(301)))


def test_a_query_that_was_forgotten_begins_anew_and_loses_nothing(tmp_path: Path) -> None:
    several = [batch(number, query) for query in (1, 2) for number in range(100)]
    written(tmp_path / "a", *several[:60], *several[100:], *several[60:100])
    ahead = written(tmp_path / "b", *several[:60])
    ahead._batches._queries.clear()
    ahead.append(several[60:100])
    found = [each for each in read_back(tmp_path / "b") if span(each)]
    assert sum(execution.batches for execution in found) == 100
    assert sum(execution.metrics["rows_written"] for execution in found) == 300


def test_files_of_one_batch_are_not_said_of_all(tmp_path: Path) -> None:
    def reads(number: int) -> Execution:
        source = replace(SINK, name="/in", files=f"files1:1:{number}", part=f"f{number}")
        return replace(batch(number), sources=(source,))

    (between,) = [execution for execution in kept(*map(reads, range(100))) if execution.batches > 1]
    assert [(each.name, each.files, each.part) for each in between.sources] == [("/in", None, None)]


def test_storages_of_many_batches_are_bounded() -> None:
    def writes(number: int) -> Execution:
        return replace(batch(number), sinks=((replace(SINK, name=f"/out/{number}"), "append", None),))

    (between,) = [execution for execution in kept(*map(writes, range(1_000))) if execution.batches > 1]
    assert len(between.sinks) == MOST_STORAGES


def test_of_queries_that_one_operation_runs_again_and_again_the_first_are_recorded() -> None:
    queries = Queries()
    seen = [fragment(f"o{op}.q{number}") for number in range(1, 1_000) for op in (1, 2)]
    found = list(queries.few([*seen, fragment("d1"), batch(3)]))
    assert [each.dataset for each in found if isinstance(each, Fragment)] == [
        *(each.dataset for each in seen[: 2 * MOST]),
        "d1",
    ]
    assert [each.dataset for each in found if isinstance(each, JvmGap)] == ["o1", "o2"]
    assert found[-1] == batch(3)


def test_a_program_of_many_commands_has_the_queries_of_all() -> None:
    """The number in an id counts the queries of a JVM, in which another program may have run before."""
    queries = Queries()
    seen = [fragment(f"o{number}.q{7_000 + 2 * number + query}") for number in range(3_000) for query in (0, 1)]
    assert list(queries.few(seen)) == seen
    assert list(queries.few(seen[-10:])) == seen[-10:], "what is told of them later, too"


# --------------------------------------------------------------------------- whose sink is whose


def writes(op: str, df: str, started: float) -> Operation:
    place = Place("c1", None, 2)
    return Operation(op, "DataFrameWriter.parquet", OperationKind.WRITE, (place,), (df,), None, started, started + 1)


def to(*sinks: tuple[str, str | None]) -> tuple[tuple[Storage, str, str | None], ...]:
    return tuple((replace(SINK, name=name), "append", df) for name, df in sinks)


def test_each_write_of_a_batch_has_its_own_sink() -> None:
    """Also where later batches are told as sums, and no DataFrame of them is known."""
    both = replace(batch(0), op="o1", sinks=to(("/a", "d1"), ("/b", "d2")))
    later = replace(batch(30), op="o2", sinks=to(("/b", "o2.q60"), ("/c", None)), batches=20)
    found = list(written_by([both, later], [writes("o1", "d1", 1.0), writes("o2", "d2", 2.0)], {"d1", "d2"}))
    assert [(each.op, [(sink[0].name, sink[2]) for sink in each.sinks]) for each in found] == [
        ("o1", [("/a", "d1")]),
        ("o2", [("/b", "d2")]),
        ("o2", [("/b", None), ("/c", None)]),
    ]
    assert [each.metrics for each in found] == [both.metrics, {}, later.metrics]


def test_a_stream_that_several_queries_write_has_a_sink_of_each() -> None:
    seen = [replace(batch(0, n), op=f"o{n}", sinks=to((f"/{n}", "d1"))) for n in (1, 2, 3)]
    found = written_by(seen, [writes(f"o{n}", "d1", float(n)) for n in (1, 2, 3)], {"d1"})
    assert [(each.op, each.sinks[0][0].name) for each in found] == [("o1", "/1"), ("o2", "/2"), ("o3", "/3")]


def test_a_batch_that_is_written_twice_as_it_is_has_each_sink_where_it_was_named() -> None:
    operations = [replace(writes(f"o{n}", "d1", float(n)), detail={"path": f"out/{n}"}) for n in (1, 2)]
    both = replace(batch(0), op="o1", sinks=to(("/x/out/2", "d1"), ("/x/out/1", "d1")))
    found = written_by([both], operations, {"d1"})
    assert [(each.op, each.sinks[0][0].name) for each in found] == [("o1", "/x/out/1"), ("o2", "/x/out/2")]


def test_commands_of_later_calls_have_their_own_sinks() -> None:
    """MERGE into one table in each batch; two of them in one function."""
    seen = [replace(batch(n), op=f"o{n}1", sinks=to(("/t", f"o{n}1.q1"), ("/u", f"o{n}2.q1"))) for n in range(1, 4)]
    passed_over = replace(batch(9), op="o32", sinks=to(("/t", "o32.q2"), ("/u", "o32.q3")))
    found = list(written_by([*seen, passed_over], [], set()))
    assert [(each.op, each.sinks[0][0].name) for each in found] == [
        *((f"o{n}{m}", name) for n in range(1, 4) for m, name in ((1, "/t"), (2, "/u"))),
        ("o32", "/u"),
        ("o31", "/t"),
    ]
