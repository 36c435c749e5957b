"""What both halves have seen goes to the disk while the program runs, so that a killed driver loses at most a second.

Before anything is written it is cleaned: what is hidden was never on the disk.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from spark_lineage import capture
from spark_lineage.agent.queries import Queries
from spark_lineage.guard import Guard
from spark_lineage.model import Observation, PythonGap
from spark_lineage.privacy.observing import Privacy
from spark_lineage.store.recording import Recording

if TYPE_CHECKING:
    from spark_lineage.model import LineageGraph

AT_ONCE = 10_000  # observations that are written together


class Ahead:
    """The queue of what the Python half has seen, and the write-ahead file of the run."""

    def __init__(self, queue: capture.DeferredQueue, recording: Recording, privacy: Privacy, guard: Guard) -> None:
        self._queue, self._recording, self._privacy, self._guard = queue, recording, privacy, guard
        self._writing = threading.Lock()
        self._queries = Queries()
        self.ends = False  # from now on nothing that was seen waits for what may explain it

    def flush(self) -> None:
        """Writes what the Python half has seen since the last time."""
        with self._writing:
            self._write_deferred()
            if self.ends:
                self._recording.add(self._privacy.rest())

    def write(self, observations: Sequence[Observation]) -> None:
        """Writes what the JVM half has seen."""
        with self._writing:
            self._write_deferred()  # that a DataFrame is marked comes before what was measured of it
            self._write(list(self._queries.few(observations)))

    def graph(self) -> LineageGraph:
        """All that has been written, put together."""
        from spark_lineage.graph import assemble

        with self._writing:  # nothing may be written while it is read
            return assemble(self._recording.observations())

    def _write_deferred(self) -> None:
        while deferred := self._queue.take(AT_ONCE):
            made = map(self._made, deferred)
            self._write([observation for observation in made if observation is not None])
        if dropped := self._queue.take_dropped():
            why = f"{dropped} of the Python half were dropped: more came at once than it could take"
            self._write([PythonGap("observations", why)])

    def _made(self, deferred: capture.Deferred) -> Observation | None:
        return self._guard("observations", capture.observation, deferred) if callable(deferred) else deferred

    def _write(self, observations: Sequence[Observation]) -> None:
        self._recording.add(self._privacy.of(observations))
