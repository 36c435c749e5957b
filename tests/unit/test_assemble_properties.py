"""assemble is total: whatever the observations say, a graph comes out, and its promises hold."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from observing import shop

from spark_lineage.events import build, read, samples
from spark_lineage.events.lines import to_line
from spark_lineage.graph import assemble
from spark_lineage.model import (
    CallEnded,
    CallSeen,
    ColumnDefinition,
    ColumnInput,
    Execution,
    Fragment,
    FunctionReading,
    JvmGap,
    LineageGraph,
    Marked,
    Mode,
    Observation,
    Operation,
    OperationKind,
    Outcome,
    Place,
    Probed,
    ProbedColumn,
    ProgramEnded,
    ProgramStarted,
    PythonGap,
    Sample,
    SourceRead,
    SourceReading,
    SparkStarted,
    Statement,
    Storage,
    VariableSeen,
)
from tests.receiver import Book

calls = st.sampled_from([f"c{number}" for number in range(6)])
dfs = st.sampled_from([f"d{number}" for number in range(8)])
ops = st.sampled_from([f"o{number}" for number in range(12)])
texts = st.sampled_from(["", "a", "main", "<module>", "A.b", "f.<locals>.g", "x~2", "line_1", "é", "/a/b"])
times = st.one_of(st.floats(allow_nan=True, allow_infinity=True), st.floats(1e9, 2e9))
numbers = st.integers(-2, 40)
errors = st.one_of(st.none(), texts)
outcomes = st.sampled_from(list(Outcome))


def many(each: st.SearchStrategy[Any], most: int = 3) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(each, max_size=most).map(tuple)


places = st.builds(Place, calls, st.one_of(st.none(), numbers), numbers)
storages = st.builds(
    Storage, st.sampled_from(["file", "s3://b", ""]), texts, errors, errors, errors, many(st.tuples(texts, texts), 2)
)
inputs = st.builds(
    ColumnInput,
    st.one_of(dfs, st.sampled_from(["source:0", "source:9", "source:x", ""])),
    texts,
    st.sampled_from(["DIRECT", "INDIRECT"]),
    st.sampled_from(["IDENTITY", "FILTER"]),
    st.booleans(),
)
definitions = st.builds(ColumnDefinition, texts, texts, many(inputs))
columns = st.builds(
    ProbedColumn, texts, texts, st.one_of(st.none(), st.integers(0, 9)), st.just("xxh64:0000000000000000"), times
)
statements = st.builds(Statement, numbers, numbers, numbers, errors, st.integers(1, 3), texts, texts)
functions = st.builds(FunctionReading, texts, numbers, numbers, st.booleans(), texts, errors, many(statements))
samples_of = st.builds(Sample, many(texts), many(texts), many(many(errors)), many(st.integers(0, 9)))
observations: st.SearchStrategy[Observation] = st.one_of(
    st.builds(
        ProgramStarted, texts, texts, many(texts), texts, times, st.sampled_from(list(Mode)),
        st.dictionaries(texts, texts, max_size=2), texts,
    ),
    st.builds(ProgramEnded, times, outcomes, errors, many(calls)),
    st.builds(SourceRead, st.builds(SourceReading, texts, texts, many(functions))),
    st.builds(
        CallSeen, calls, st.one_of(st.none(), calls), texts, texts, texts, numbers, st.one_of(st.none(), places),
        texts, times, st.booleans(),
    ),
    st.builds(CallEnded, calls, times, errors),
    st.builds(
        Operation, ops, texts, st.sampled_from(list(OperationKind)), many(places), many(dfs), st.one_of(st.none(), dfs),
        times, times, errors, many(calls), st.dictionaries(texts, texts, max_size=1),
    ),
    st.builds(Marked, dfs, st.sampled_from(["boundary", "cache", "write", ""]), many(dfs)),
    st.builds(VariableSeen, dfs, texts, calls),
    st.builds(PythonGap, texts, texts, st.one_of(st.none(), calls), st.one_of(st.none(), dfs)),
    st.builds(JvmGap, texts, texts, st.one_of(st.none(), dfs)),
    st.builds(SparkStarted, texts, texts, texts, texts, texts, texts, times),
    st.builds(
        Fragment, dfs, many(st.tuples(texts, texts, st.booleans())), texts, many(texts), texts, st.booleans(),
        many(texts), many(dfs), many(storages), many(texts), many(definitions), many(inputs), many(texts),
    ),
    st.builds(
        Probed, dfs, texts, st.one_of(st.none(), st.integers(0, 3)), st.one_of(st.none(), numbers), st.booleans(),
        st.one_of(st.none(), st.sampled_from(["limit", "exchange_reused", "odd"])), errors, many(texts), many(columns),
        st.one_of(st.none(), st.just("row1:" + "0" * 32)), st.one_of(st.none(), samples_of), errors,
    ),
    st.builds(
        Execution, st.one_of(st.none(), st.integers(0, 3)), st.one_of(st.none(), ops), texts, times,
        st.one_of(st.none(), times), outcomes, errors, many(numbers), st.dictionaries(texts, numbers, max_size=2),
        many(storages), many(st.tuples(storages, texts, st.one_of(st.none(), dfs))),
    ),
)  # fmt: skip

PHASES = [Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink]  # explaining takes minutes
whatever = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), phases=PHASES)


@whatever
@given(st.lists(observations, max_size=30))
def test_whatever_was_observed_gives_a_graph_that_keeps_its_promises(seen: list[Observation]) -> None:
    check(assemble(seen))


@whatever
@given(st.permutations(shop()), st.integers(0, 40))
def test_a_run_in_any_order_and_cut_anywhere_gives_a_graph(seen: list[Observation], length: int) -> None:
    check(assemble(seen[:length]))


@pytest.mark.bad_events  # looked at here: what was made without being described has no schema
@whatever
@given(st.lists(observations, max_size=30))
def test_whatever_graph_comes_out_survives_the_journal(seen: list[Observation]) -> None:
    graph = assemble(seen)
    lines = [to_line(each) for each in build(graph)]
    events, book = [json.loads(line) for line in lines], Book()
    assert all(book.receive(line.encode("ascii")).accepted for line in lines)
    assert {each.rule for each in book.breaches} <= {"output-schema", "column-lineage-field"}
    back = read(events, samples(graph))
    ended = {(step.step, step.call): step for step in graph.steps if step.outcome is not Outcome.RUNNING}
    again = {(step.step, step.call): step for step in back.steps}
    for key, step in ended.items():
        assert again[key].outputs == tuple(text.replace("\0", "\ufffd") for text in step.outputs)


def check(graph: LineageGraph) -> None:
    names = [(step.step, step.call) for step in graph.steps]
    assert len(set(names)) == len(names)
    ids = [dataset.id for dataset in graph.datasets]
    assert len(set(ids)) == len(ids)
    assert all(ids)
    producers: dict[str, list[tuple[str, int]]] = {}
    for step in graph.steps:
        assert step.parent is None or step.parent in names
        assert len(set(step.inputs)) == len(step.inputs)
        assert not set(step.inputs) & set(step.outputs)
        assert {*step.inputs, *step.outputs} <= set(ids)
        for each in step.outputs:
            producers.setdefault(each, []).append((step.step, step.call))
    for dataset in graph.datasets:
        made = producers.get(dataset.id, [])
        assert made == ([] if dataset.step is None else [(dataset.step, dataset.call)])
        assert dataset.complete == (dataset.reason is None)
        assert dataset.complete or dataset.rows is None
        if not dataset.complete:
            assert dataset.fingerprint is None
            assert all(column.fingerprint is None and column.nulls is None for column in dataset.columns)
        if dataset.fragment is not None:
            mentioned = {each.dataset for each in dataset.fragment.indirect}
            mentioned |= {each.dataset for one in dataset.fragment.definitions for each in one.inputs}
            assert mentioned | set(dataset.fragment.inputs) <= set(ids)
