"""Queries of commands that one operation runs again and again: what is seen of the first ones is recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from spark_lineage.model import Fragment, JvmGap, Observation, Probed

MOST = 50  # of one operation; a function that a stream calls for each batch has no end of them
WHY = f"of more than {MOST} queries that it ran the first are described and measured"


class Queries:
    """Leaves out what the JVM half tells of the later ones, and says so once for each operation."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def few(self, observations: Iterable[Observation]) -> Iterator[Observation]:
        for observation in observations:
            op, number = _query(observation)
            if number <= MOST:
                yield observation
            elif op not in self._told:
                self._told.add(op)
                yield JvmGap("queries", WHY, op)


def _query(observation: Observation) -> tuple[str, int]:
    """("o12", 3) of what is seen of ``o12.q3``; 0 for everything else."""
    if not isinstance(observation, (Fragment, Probed)):
        return "", 0
    op, query, number = observation.dataset.partition(".q")
    return (op, int(number)) if query and number.isdigit() else ("", 0)
