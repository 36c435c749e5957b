"""The cells of a notebook while it is observed: when each begins and ends, and what of it is written at once."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable

from spark_lineage import capture
from spark_lineage.agent.jvm_half import JvmHalf
from spark_lineage.capture.operations.recorded_text import error_text
from spark_lineage.guard import Guard
from spark_lineage.model import CellBegun, CellEnded

SETTLE_SECONDS = 1.0  # that the end of a cell waits at most for what Spark has still to tell of it


class Cells:
    """Told by the notebook of each cell. ``failed``: the error of the cell that ran last, if it had one.

    The end of a cell writes what was seen of it: nobody knows whether another one comes, and a kernel that is shut down
    ends Spark's JVM before Python.
    """

    def __init__(
        self, recorder: Callable[[], capture.Recorder | None], queue: capture.DeferredQueue, jvm: JvmHalf,
        flush: Callable[[], None], guard: Guard,
    ) -> None:  # fmt: skip
        self.failed: str | None = None
        self._recorder, self._queue, self._jvm, self._flush, self._guard = recorder, queue, jvm, flush, guard

    def share(self, namespace: dict[str, object]) -> None:
        """The dict of the names of the notebook: code that has it as its globals is the user's."""
        recorder = self._recorder()
        if recorder is not None:
            recorder.frames.namespace = namespace

    def begins(self, number: int, key: str | None, text: str) -> None:
        """A cell is about to run in this thread. ``number``: its execution count. ``key``: its id in the notebook."""
        recorder = self._recorder()
        if recorder is None:
            return
        self.failed = None
        text_hash = hashlib.sha256(text.strip().encode("utf-8", "surrogatepass")).hexdigest()
        call = recorder.frames.cell_begins()
        self._queue.put_always(CellBegun(call, number, key, text_hash, time.time()))
        self._flush()

    def ended(self, number: int, left_by: BaseException | None, file: str | None, text: str) -> None:
        """The cell that ran last in this thread has ended. ``text`` is the Python that ran, ``file`` its name."""
        recorder = self._recorder()
        cell = recorder.frames.cell_ended() if recorder is not None else None
        if cell is None:
            return
        from spark_lineage.static import cells

        self.failed = error = error_text(left_by) if left_by is not None else None
        names = self._guard("cells", cells.names_of_or_nothing, text)
        at = time.time()
        binds, reads, uses = (names.binds, names.reads, names.uses) if names is not None else ({}, (), {})
        self._queue.put_always(CellEnded(cell.id, at, error, number, file, binds, reads, uses))
        if cell.seen:
            self._guard("settle", self._jvm.settle, SETTLE_SECONDS)
        self._flush()
