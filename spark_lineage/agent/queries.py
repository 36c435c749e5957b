"""Queries of commands that one operation runs again and again: what is seen of the first ones is recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from spark_lineage.model import Fragment, JvmGap, Observation, Probed

MOST = 50  # of one operation; a function that a stream calls for each batch has no end of them
MOST_OPERATIONS = 1_000  # whose queries are known: those that were told of last
WHY = f"of more than {MOST} queries that it ran the first are described and measured"


class Queries:
    """Leaves out what the JVM half tells of the later ones, and says so once for each operation."""

    def __init__(self) -> None:
        # By operation. Not by the number in their ids: that one counts the queries of all operations, and goes on from
        # program to program where several use one JVM.
        self._first: dict[str, set[str]] = {}
        self._told: set[str] = set()

    def few(self, observations: Iterable[Observation]) -> Iterator[Observation]:
        for observation in observations:
            op, query = _query(observation)
            if op is None or self._is_first(op, query):
                yield observation
            elif op not in self._told:
                self._told.add(op)
                yield JvmGap("queries", WHY, op)

    def _is_first(self, op: str, query: str) -> bool:
        first = self._first[op] = self._first.pop(op, set())
        if len(self._first) > MOST_OPERATIONS:
            del self._first[next(iter(self._first))]
        if len(first) < MOST:
            first.add(query)
        return query in first


def _query(observation: Observation) -> tuple[str | None, str]:
    """("o12", "o12.q3") of what is seen of that query; (None, "") for everything else."""
    if not isinstance(observation, (Fragment, Probed)):
        return None, ""
    op, query, number = observation.dataset.partition(".q")
    return (op, observation.dataset) if query and number.isdigit() else (None, "")
