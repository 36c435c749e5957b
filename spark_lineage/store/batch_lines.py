"""Lines of the write-ahead file for batches of streaming queries, which take the place of earlier ones.

A query may run for months. Of each the first batches and those that failed have lines of their own. For the last ones
there are a few places, and one for the sums of those between, so that the file does not grow with each batch and a
killed driver leaves what it has written of all of them. The sum is written before a batch that it holds is written
over; readers pass over a batch that a sum has, too (``graph/batches.py``).
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from spark_lineage.graph.batches import FIRST, LAST, Span, summed, together
from spark_lineage.model import Execution, Outcome

MOST_QUERIES = 100  # that are known; the oldest one begins anew when it is heard of again

Place = tuple[int, int]  # of a line in the file: where it begins, and its length; bytes


@dataclass
class Line:
    """One line that is written again and again."""

    execution: Execution
    place: Place | None = None  # not known: the next time that it is written, it gets one
    written: bool = False


@dataclass
class _Query:
    first: set[int] = field(default_factory=set)
    between: Line | None = None
    last: deque[Line] = field(default_factory=deque)
    through: int = -2  # number of the last batch that was taken

    def lines(self) -> Iterator[Line]:
        if self.between is not None:
            yield self.between
        yield from self.last

    def take(self, number: int, batch: Execution) -> None:
        if number <= self.through:
            return  # what could not be written is tried again
        self.through = number
        line = Line(batch)
        if len(self.last) == LAST:
            oldest = self.last.popleft()
            line.place = oldest.place
            if self.between is None:
                self.between = Line(summed(oldest.execution))
            else:
                self.between.execution = together(self.between.execution, oldest.execution)
                self.between.written = False
        self.last.append(line)


class BatchLines:
    """Which batches have lines of their own, and what the lines say that others share."""

    def __init__(self) -> None:
        self._queries: OrderedDict[tuple[str, str | None], _Query] = OrderedDict()

    def shares(self, of: Span, batch: Execution) -> bool:
        """Takes a batch; False if it has a line of its own."""
        if batch.outcome is not Outcome.COMPLETE:
            return False
        query = self._queries.setdefault((of.run, batch.op), _Query())
        if len(self._queries) > MOST_QUERIES:
            self._queries.popitem(last=False)
        if of.first in query.first or len(query.first) < FIRST:
            query.first.add(of.first)
            return False
        query.take(of.first, batch)
        return True

    def unwritten(self) -> Iterator[Line]:
        """Sums before batches."""
        for query in self._queries.values():
            yield from (line for line in query.lines() if not line.written)

    def forget_places(self) -> None:
        """What may not be there is not written over."""
        for query in self._queries.values():
            for line in query.lines():
                line.place, line.written = None, False
