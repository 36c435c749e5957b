"""Observations that are made later, by whoever takes them.

Capture runs inside the program's calls, and what it does there is paid for with cold caches. So it only puts together
what makes an observation and the arguments for it. The agent's thread makes the observations, many at once.
"""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Callable
from typing import Union

from spark_lineage.model import Observation

MOST_WAITING = 100_000  # that the program's threads may be ahead of the agent's by

#: An observation, or what makes one: a :func:`functools.partial` of its class or of a function. mypy checks the
#: arguments of a ``partial`` as those of a call.
Deferred = Union[Observation, Callable[[], Observation]]

#: What takes them. It never waits and raises nothing.
Emit = Callable[[Deferred], None]


def observation(deferred: Deferred) -> Observation:
    """The observation itself. Raises what its making raises."""
    return deferred() if callable(deferred) else deferred


class DeferredQueue:
    """What is observed, on its way from the threads of the program to that of the agent. It never waits.

    It is bounded: what comes while ``most`` wait is dropped and counted.
    """

    def __init__(self, most: int = MOST_WAITING) -> None:
        self._waiting: queue.SimpleQueue[Deferred] = queue.SimpleQueue()
        self._most = most
        self._dropped = 0  # two threads at once may count one instead of two

    def put(self, deferred: Deferred) -> None:
        if self._waiting.qsize() >= self._most:
            self._dropped += 1
        else:
            self._waiting.put(deferred)

    def put_always(self, deferred: Deferred) -> None:
        """For what makes no sense of a run if it is missing: its start, its end."""
        self._waiting.put(deferred)

    def take(self, most: int) -> list[Deferred]:
        """The oldest of those that wait; empty if none does."""
        taken: list[Deferred] = []
        with contextlib.suppress(queue.Empty):
            while len(taken) < most:
                taken.append(self._waiting.get_nowait())
        return taken

    def take_dropped(self) -> int:
        """How many were dropped since the last call."""
        dropped, self._dropped = self._dropped, 0
        return dropped
