"""All that was observed of one run so far: on the disk, and in memory only what the disk does not take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from spark_lineage.model import Observation, ProgramEnded, PythonGap
from spark_lineage.store.wal import NAME, WriteAhead

MOST_KEPT = 10_000  # observations that wait in memory until the disk takes them


class Recording:
    """Observations in, one by one, and all of them out again at the end. Not safe for several threads at once.

    Each is written ahead and let go, so that a session may last as long as it wants. While the file cannot be written
    (the disk is full) the first ``most`` are kept and tried again with the next ones; what comes beyond them is
    dropped, and the gap ledger says how many. Raises OSError if the folder cannot be written to begin with.
    """

    def __init__(self, folder: Path, most: int = MOST_KEPT) -> None:
        self._ahead = WriteAhead(folder)
        self._most = most
        self._kept: list[Observation] = []  # tried again
        self._refused: list[Observation] = []  # not tried again
        self._dropped = 0
        self._closed = False
        self.path = self._ahead.path

    @property
    def kept(self) -> int:
        """How many observations are held in memory."""
        return len(self._kept) + len(self._refused)

    def add(self, observations: Sequence[Observation]) -> None:
        """Takes more; what comes after :meth:`remove` is of no run any more. Raises nothing."""
        if self._closed or not (observations or self._kept):
            return
        waiting = [*self._kept, *observations]
        try:
            self._ahead.append(waiting)
            self._kept = []
        except OSError as error:
            if not self._kept:
                why = f"it cannot be written ({error.strerror or error}): a killed driver would lose what comes now"
                waiting.append(PythonGap(NAME, why))
            self._keep(waiting)
        except Exception:  # one of them cannot be written: not the others' fault
            self._kept = []
            for observation in waiting:
                self._add_alone(observation)

    def _add_alone(self, observation: Observation) -> None:
        try:
            self._ahead.append([observation])
        except Exception as error:
            if len(self._refused) >= self._most:
                self._dropped += 1
                return
            if not self._refused:
                why = f"a {type(observation).__name__} cannot be written ahead ({type(error).__name__}: {error})"
                self._refused.append(PythonGap(NAME, why))
            self._refused.append(observation)

    def _keep(self, waiting: list[Observation]) -> None:
        beyond = waiting[self._most :]
        ends: list[Observation] = [observation for observation in beyond if isinstance(observation, ProgramEnded)]
        self._dropped += len(beyond) - len(ends)
        self._kept = waiting[: self._most] + ends

    def observations(self) -> Iterator[Observation]:
        """All of them, in the order in which they came; last what is missing. Raises OSError."""
        unreadable = 0
        for observation in self._ahead.read():
            if observation is None:
                unreadable += 1
            else:
                yield observation
        yield from self._kept
        yield from self._refused
        if unreadable:
            yield PythonGap("observations", f"{unreadable} lines of {NAME} cannot be read")
        if self._dropped:
            why = f"{self._dropped} were dropped: {NAME} could not be written, and {self._most} waited in memory"
            yield PythonGap("observations", why)

    def remove(self) -> None:
        """The journal is sealed: the write-ahead file has served."""
        self._closed = True
        self._ahead.remove()
