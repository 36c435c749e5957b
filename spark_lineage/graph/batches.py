"""Micro-batches of streaming queries: each is an execution, and a query may run millions of them.

Of each query the first and the last ones are kept, and those that failed; the others are one execution that says for
how many it stands, with the sums of their metrics. The same is written ahead while the query runs
(``store/batch_lines.py``).
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, MutableMapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from spark_lineage.model import ColumnInput, Execution, Fragment, Operation, OperationKind, Outcome, Storage

HANDED_OVER = "DataStreamWriter.foreachBatch"  # the operation by which a function of the program gets a batch
FIRST, LAST, MOST_FAILED = 10, 10, 100
MOST_STORAGES = 100  # that one execution names which stands for several batches
_ROOM = 10 * (FIRST + LAST)  # batches of one query that are held before those between are summed up
# As Spark describes the executions of a streaming query; its name may stand before. Sums name two numbers.
_BATCH = re.compile(
    r"id = [0-9a-f-]{36}.*?runId = ([0-9a-f-]{36}).*?batch(?:es)? = (\d+|init)( to (\d+))?\s*\Z", re.DOTALL
)
_QUERY = re.compile(r"\A(o\d+)\.q\d+\Z")
_NUMBERS = re.compile(r"batch(?:es)? = [^=]*\Z")


class Span(NamedTuple):
    """The batches that an execution stands for: their query's run, and their numbers."""

    run: str
    first: int
    last: int
    summed: bool  # whether it is made of several executions, or may be


def span(execution: Execution) -> Span | None:
    """Which batches these are; None for what is no batch of a streaming query."""
    found = _BATCH.search(execution.description)
    if found is None:
        return None
    first = -1 if found[2] == "init" else int(found[2])
    return Span(found[1], first, int(found[4]) if found[4] else first, found[3] is not None)


class Batches:
    """Takes the batches of all queries, as they come, and holds few of each."""

    def __init__(self) -> None:
        self._queries: dict[tuple[str, str | None], _Query] = {}

    def add(self, of: Span, batch: Execution) -> None:
        """``of``: as :func:`span` gives it."""
        self._queries.setdefault((of.run, batch.op), _Query()).add(of, batch)

    def kept(self) -> Iterator[Execution]:
        for query in self._queries.values():
            yield from query.kept()


class _Query:
    """The batches of one run of a query."""

    def __init__(self) -> None:
        self._alone: dict[int, Execution] = {}
        self._failed: dict[int, Execution] = {}
        self._sums: dict[int, tuple[int, Execution]] = {}  # number of their first batch -> that of the last, the sum

    def add(self, of: Span, batch: Execution) -> None:
        if of.summed:
            if of.first not in self._sums or of.last >= self._sums[of.first][0]:  # the latest
                self._sums[of.first] = (of.last, batch)
        elif batch.outcome is not Outcome.COMPLETE and len(self._failed) < MOST_FAILED:
            self._failed[of.first] = batch
        else:
            self._alone[of.first] = batch
            if len(self._alone) > _ROOM:
                self._sum_up()

    def kept(self) -> Iterator[Execution]:
        self._sum_up()
        begin = min(self._sums, default=None)
        alone = sorted(self._alone.items())
        yield from (batch for number, batch in alone if begin is None or number < begin)
        yield from (batch for _, batch in self._sums.values())
        yield from self._failed.values()
        yield from (batch for number, batch in alone if begin is not None and number > begin)

    def _sum_up(self) -> None:
        spans = [(first, last) for first, (last, _) in self._sums.items()]
        numbers = sorted(n for n in self._alone if not any(first <= n <= last for first, last in spans))
        self._alone = {number: self._alone[number] for number in numbers}
        begin = min(self._sums, default=None)
        before = [number for number in numbers if begin is None or number < begin][:FIRST]
        between = [number for number in numbers if number not in before][:-LAST]
        if not between and len(self._sums) < 2:
            return
        parts = sorted(
            [*self._sums.items(), *((n, (n, self._alone.pop(n))) for n in between)], key=lambda part: part[0]
        )
        whole: Execution | None = None
        for _, (_, part) in parts:
            whole = part if whole is None else together(whole, part)
        if whole is not None:
            self._sums = {parts[0][0]: (max(last for _, (last, _) in parts), whole)}


def together(one: Execution, other: Execution) -> Execution:
    """One execution for two, the earlier batches first: it began as the first, and ended as the second.

    It names no Spark jobs, since there may be millions, and at most ``MOST_STORAGES`` storages.
    """
    metrics = dict(one.metrics)
    for name, value in other.metrics.items():
        known = metrics.get(name, 0)
        metrics[name] = max(known, value) if name.startswith("peak") else known + value
    return replace(
        one,
        description=_of_both(one, other),
        ended=max(one.ended or one.started, other.ended or other.started),
        error=one.error or other.error,
        spark_jobs=(),
        metrics=metrics,
        sources=tuple(_storages((*one.sources, *other.sources)).values()),
        sinks=_sinks((*one.sinks, *other.sinks)),
        batches=one.batches + other.batches,
        changed=None,
    )


def summed(batch: Execution) -> Execution:
    """A batch alone, in the form of a sum that others will be added to."""
    return replace(batch, description=_of_both(batch, batch), spark_jobs=())


def _of_both(one: Execution, other: Execution) -> str:
    spans = [found for found in (span(one), span(other)) if found is not None]
    if not spans:
        return one.description
    numbers = f"{max(spans[0].first, 0)} to {max(found.last for found in spans)}"
    return _NUMBERS.sub(f"batches = {numbers}", one.description)


def _storages(several: Iterable[Storage]) -> dict[tuple[str, str], Storage]:
    """Each once. What differs from batch to batch, its files say, is not told of all of them."""
    found: dict[tuple[str, str], Storage] = {}
    for storage in several:
        key = (storage.namespace, storage.name)
        known = found.get(key)
        if known is not None and known != storage:
            found[key] = replace(known, version=None, files=None, part=None, rows=None)
        elif len(found) < MOST_STORAGES:
            found[key] = storage
    return found


def _sinks(several: tuple[tuple[Storage, str, str | None], ...]) -> tuple[tuple[Storage, str, str | None], ...]:
    storages = _storages(storage for storage, _, _ in several)
    last = {(storage.namespace, storage.name): (mode, df) for storage, mode, df in several}
    return tuple((storage, *last[key]) for key, storage in storages.items())


def written_by(
    executions: Iterable[Execution], operations: Iterable[Operation], fragments: Container[str]
) -> Iterator[Execution]:
    """The executions in their order, each batch that several operations have written once for each of them.

    Spark runs all that a function does with a batch within one execution. What has written where is known by the
    DataFrame that was written; where later batches are told as sums, by who wrote there before. The metrics are said
    once, of the first. What was written is named where it has been described.
    """
    writes = [each for each in operations if each.kind is OperationKind.WRITE]
    writers: dict[str, list[Operation]] = {}
    for each in writes:
        for df in each.inputs:
            writers.setdefault(df, []).append(each)
    known: dict[tuple[str, str, str], str | None] = {}
    ran: set[tuple[str, str | None]] = set()
    for execution in executions:
        of = span(execution)
        if of is None or not execution.sinks:
            yield execution
            continue
        is_new = (of.run, execution.op) not in ran  # else a call that was not recorded counts to the last one that was
        parts: dict[str | None, list[tuple[Storage, str, str | None]]] = {}
        for sink in execution.sinks:
            key = (of.run, sink[0].namespace, sink[0].name)
            op = _writer(sink[0], execution.op, writers.get(sink[2] or "", ()))
            if op is None and is_new:  # a command of its own query, o12.q3
                op = next(iter(_QUERY.findall(sink[2] or "")), execution.op)
            elif op is None:
                op = known.get(key, execution.op)
            known[key] = op
            parts.setdefault(op, []).append((*sink[:2], sink[2] if sink[2] in fragments else None))
        ran.update((of.run, op) for op in (execution.op, *parts))
        whole = execution
        for op in sorted(parts, key=lambda op: op != execution.op):  # what ran the batch comes first
            yield replace(whole, op=op, sinks=tuple(parts[op]))
            whole = replace(execution, spark_jobs=(), metrics={}, sources=())


def _writer(sink: Storage, op: str | None, writes: Sequence[Operation]) -> str | None:
    """Which of the operations that have written one DataFrame has written it there; ``op`` ran the batch."""
    named = [
        each.op for each in writes if _last(each.detail.get("path") or each.detail.get("table")) == _last(sink.name)
    ]
    several = named or [each.op for each in writes]
    return op if op in several else next(iter(several), None)


def _last(name: str | None) -> str | None:
    return name.rstrip("/").replace(".", "/").rpartition("/")[2] if name else None


def join(operations: Iterable[Operation], fragments: MutableMapping[str, Fragment]) -> None:
    """Says that the columns of what ``foreachBatch`` hands over are those of the stream.

    Spark makes an RDD of each batch, whose plan does not show it. Which rows of the stream a batch has is not known.
    """
    for operation in operations:
        batch = fragments.get(operation.output or "") if operation.name == HANDED_OVER else None
        stream = fragments.get(operation.inputs[0]) if len(operation.inputs) == 1 else None
        if batch is None or stream is None or batch.inputs or batch.sources or batch.opaque != ("rdd",):
            continue
        names = {name for name, _, _ in stream.columns}
        if all(definition.column in names for definition in batch.definitions):
            definitions = tuple(
                replace(each, inputs=(_same(stream.dataset, each.column),), followed=True) for each in batch.definitions
            )
            fragments[batch.dataset] = replace(batch, inputs=(stream.dataset,), definitions=definitions)


def _same(dataset: str, column: str) -> ColumnInput:
    return ColumnInput(dataset, column, "DIRECT", "IDENTITY")
