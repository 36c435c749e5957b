"""Micro-batches of streaming queries: each is an execution, and a query may run millions of them.

Of each query the first and the last ones are kept, and those that failed; the others are one execution that says for
how many it stands, with the sums of their metrics.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, MutableMapping
from dataclasses import dataclass, field, replace

from spark_lineage.model import ColumnInput, Execution, Fragment, Operation, Outcome

HANDED_OVER = "DataStreamWriter.foreachBatch"  # the operation by which a function of the program gets a batch
FIRST, LAST, MOST_FAILED = 10, 10, 100
# As Spark describes the executions of a streaming query; its name may stand before.
_BATCH = re.compile(r"id = [0-9a-f-]{36}.*?runId = ([0-9a-f-]{36}).*?batch = (\d+|init)\s*\Z", re.DOTALL)


def query_of(execution: Execution) -> str | None:
    """The run of the streaming query whose batch this is; None for what is no batch."""
    found = _BATCH.search(execution.description)
    return found[1] if found is not None else None


@dataclass
class _Query:
    first: list[Execution] = field(default_factory=list)
    between: Execution | None = None
    failed: list[Execution] = field(default_factory=list)
    last: deque[Execution] = field(default_factory=deque)


class Batches:
    """Takes the batches of all queries in their order, and holds few of each."""

    def __init__(self) -> None:
        self._queries: dict[tuple[str, str | None], _Query] = {}

    def add(self, run: str, batch: Execution) -> None:
        """``run``: as :func:`query_of` gives it."""
        query = self._queries.setdefault((run, batch.op), _Query())
        if batch.outcome is not Outcome.COMPLETE and len(query.failed) < MOST_FAILED:
            query.failed.append(batch)
        elif len(query.first) < FIRST:
            query.first.append(batch)
        else:
            query.last.append(batch)
            if len(query.last) > LAST:
                oldest = query.last.popleft()
                query.between = oldest if query.between is None else together(query.between, oldest)

    def kept(self) -> Iterator[Execution]:
        for query in self._queries.values():
            yield from query.first
            if query.between is not None:
                yield query.between
            yield from query.failed
            yield from query.last


def together(one: Execution, other: Execution) -> Execution:
    """One execution for two: it began as the first, and ended as the second."""
    metrics = dict(one.metrics)
    for name, value in other.metrics.items():
        known = metrics.get(name, 0)
        metrics[name] = max(known, value) if name.startswith("peak") else known + value
    return replace(
        one,
        description=one.description if one.batches > 1 else f"batches from: {one.description}",
        ended=max(one.ended or one.started, other.ended or other.started),
        error=one.error or other.error,
        spark_jobs=(*one.spark_jobs, *other.spark_jobs),
        metrics=metrics,
        sources=tuple({(each.namespace, each.name): each for each in (*one.sources, *other.sources)}.values()),
        sinks=tuple({(sink[0].namespace, sink[0].name): sink for sink in (*one.sinks, *other.sinks)}.values()),
        batches=one.batches + other.batches,
    )


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
