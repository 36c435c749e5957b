"""DataFrames and RDDs that no wrapped method makes: those of MLlib, Delta, ``broadcast`` and streams."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from spark_lineage.capture.code.calls import Position
from spark_lineage.capture.code.frames import Frames, GivenWork
from spark_lineage.capture.deferred import Emit
from spark_lineage.capture.following.identities import Identities
from spark_lineage.capture.following.nodes import Node
from spark_lineage.capture.following.tracked import OP_IDS, TrackedObjects
from spark_lineage.capture.operations.methods import Method
from spark_lineage.capture.operations.operation import Input, RunningOperation
from spark_lineage.model import OperationKind, PythonGap

MOST_BATCHES = 20  # of one query, whose calls of the program's function are recorded one by one
_FUNCTION = 0x3  # flags that the code of a function has, and that of a module has not


class _CalledBack:
    """A function that ``foreachBatch`` was given: where, for which stream, and for how many batches it was called."""

    def __init__(self, position: Position, stream: Node, name: str) -> None:
        self.position, self.stream, self.name, self.batches = position, stream, name, 0


class MadeElsewhere:
    """Makes operations of what appears without one.

    ``marks(operation, frame)`` marks the inputs of an operation; ``made(operation, df)`` records what it gave;
    ``emit`` takes gaps.
    """

    def __init__(
        self, known: TrackedObjects, frames: Frames, marks: Callable[[RunningOperation, FrameType], None],
        made: Callable[[RunningOperation, Any], None], emit: Emit,
    ) -> None:  # fmt: skip
        self._known = known
        self._frames = frames
        self._marks = marks
        self._made = made
        self._emit = emit
        self._called_back: Identities = Identities()  # function of foreachBatch -> ``_CalledBack``

    def frame(self, made: Any, frame: FrameType | None) -> bool:
        """A DataFrame has appeared. Its parents are the DataFrames that the frames between it and the user's code hold.

        True if it is the batch of a stream, which Spark hands to the user's function in a thread of its own.
        """
        parents, outermost = self._held_between(made, frame)
        user = frame if outermost is None else outermost.f_back
        position = self._frames.position(user) if user is not None else None
        if frame is None:
            return False  # no Python code made it
        if position is None:
            return self._batch(made, frame)
        name = _function_between(frame, outermost) if outermost is not None else type(made).__name__
        kind = OperationKind.TRANSFORM if parents else OperationKind.READ
        running = _running(Method(type(made), name, name, kind, "self", False), position, parents)
        self._frames.announce(position.call)
        self._marks(running, outermost or frame)
        self._made(running, made)
        return False

    def rdd(self, made: Any, frame: FrameType | None) -> None:
        """An RDD has appeared. What it was made from is known by the frames between it and the user's code."""
        parents, _ = self._held_between(made, frame)
        if parents:
            self._known.carried.put(made, tuple(dict.fromkeys(node for node, _ in parents)))

    # -- streams

    def will_be_called(self, writer: Any, function: Any, frame: FrameType | None) -> None:
        """``writer.foreachBatch(function)`` is called in ``frame``: Spark will call ``function`` with batches."""
        position, df = self._frames.position(frame), vars(writer).get("_df")
        if position is not None and isinstance(df, self._known.dataframe):
            self._frames.announce(position.call)
            with contextlib.suppress(TypeError):  # a callable that takes no weak reference
                name = getattr(function, "__name__", type(function).__name__)
                self._called_back.put(function, _CalledBack(position, self._known.node(df, position), str(name)))

    def _batch(self, made: Any, frame: FrameType) -> bool:
        """Whether ``made`` is a batch for a function that ``foreachBatch`` was given; then it is recorded as one."""
        caller = frame.f_locals.get("self") if frame.f_code.co_name == "call" else None
        of_ours = type(caller).__name__ == "ForeachBatchFunction"
        called_back = self._called_back.get(vars(caller).get("func")) if of_ours else None
        if called_back is None:
            return False
        called_back.batches += 1
        if called_back.batches > MOST_BATCHES:
            self._pass_over(called_back)
            return True
        self._frames.batch.passed_over = False
        position, stream = called_back.position, called_back.stream
        # Spark calls all functions in few threads: which query this one works for now is known here alone.
        self._frames.sites[threading.current_thread()] = GivenWork(position, next(self._frames.tasks))
        label = "DataStreamWriter.foreachBatch"
        method = Method(type(made), "foreachBatch", label, OperationKind.TRANSFORM, "none", False)
        self._made(_running(method, position, [(stream, None)]), made)
        return True

    def _pass_over(self, called_back: _CalledBack) -> None:
        """A stream has no end, and the record has. What Spark runs for the batch counts to the last one recorded."""
        self._frames.batch.passed_over = True
        if called_back.batches == MOST_BATCHES + 1:
            why = f"called for more than {MOST_BATCHES} batches of a stream: of later ones what Spark ran is recorded"
            self._emit(PythonGap(f"calls of {called_back.name}", why, called_back.position.call.id))

    # -- parents

    def _held_between(self, made: Any, frame: FrameType | None) -> tuple[list[Input], FrameType | None]:
        """The DataFrames that frames between here and the user's code hold, and the outermost of these frames."""
        found: dict[int, Input] = {}
        outermost: FrameType | None = None
        while frame is not None and not self._frames.code(frame).owned:
            outermost = frame
            if frame.f_code.co_flags & _FUNCTION == _FUNCTION:
                values = [value for value in frame.f_locals.values() if value is not made]
                found.update((id(node), (node, df)) for node, df in self._inputs_among(values))
            frame = frame.f_back
        return list(found.values()), outermost

    def _inputs_among(self, values: list[Any]) -> Iterator[Input]:
        for value in values:
            if isinstance(value, self._known.dataframe):
                if (node := self._known.frames.get(value)) is not None:
                    yield node, value
            elif type(value).__name__ in ("RDD", "PipelinedRDD") or _is_of_ml(value):
                yield from zip(self._known.carried.get(value) or (), itertools.repeat(None))


def _is_of_ml(value: Any) -> bool:
    return any(base.__module__.startswith("pyspark.ml") for base in type(value).__mro__)


def _running(method: Method, position: Position, inputs: list[Input]) -> RunningOperation:
    running = RunningOperation(f"o{next(OP_IDS)}", method, position, None)
    running.inputs = inputs
    running.started = time.time()
    return running


def _function_between(frame: FrameType, outermost: FrameType) -> str:
    """The name of the function that the user called: of the outermost frame that is no inside of a decorator."""
    names = []
    inner: FrameType | None = frame
    while inner is not None:
        names.append(inner.f_code.co_name)
        inner = None if inner is outermost else inner.f_back
    return next((name for name in reversed(names) if name not in ("wrapped", "wrapper", "inner")), names[-1])
