"""Models of scikit-learn and its like, fitted on pandas: each is a dataset that its unit makes, and others use.

As with pandas objects units are followed: a model stands on all that the unit has used when it was fitted. Of
estimators within others (a pipeline's, a search's) the outermost is followed; the inner ones are the same model.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator
from functools import partial
from types import FrameType
from typing import Any

from spark_lineage.capture.code.calls import Position
from spark_lineage.capture.code.frames import Frames
from spark_lineage.capture.deferred import Emit
from spark_lineage.capture.following.identities import Identities
from spark_lineage.capture.following.mlflow_runs import MlflowRuns
from spark_lineage.capture.following.nodes import Node
from spark_lineage.capture.following.tables.objects import Tables
from spark_lineage.model import Fragment, Marked, Operation, OperationKind

ENGINE = "python"
LONGEST = 1000  # characters of what an estimator is set to
MOST_INNER = 1000  # estimators within one
MOST_PARTS = 100  # of a list of settings, that are told
DEEPEST = 5  # estimators within estimators that are looked into
SET_OUTPUT = "sklearn.utils._set_output"  # stands between a caller and the method that it calls
_SAID = (bool, int, float, str)


class _ThreadState(threading.local):
    outer: Fit | None = None


class Fit:
    """One outermost ``fit``. ``how``: the estimator with what it is set to, before it is fitted."""

    __slots__ = ("estimator", "how", "inner", "position", "started")

    def __init__(self, estimator: Any, how: str, position: Position) -> None:
        self.estimator, self.how, self.position = estimator, how, position
        self.inner: list[Any] = []
        self.started = time.time()


class FittedModels:
    """Follows the estimators of a program; they are held weakly."""

    def __init__(
        self, frames: Frames, emit: Emit, pandas: Tables, ids: tuple[Iterator[int], Iterator[int]],
        runs: MlflowRuns,
    ) -> None:  # fmt: skip
        self._frames, self._emit, self._pandas, self._runs = frames, emit, pandas, runs
        self._df_ids, self._op_ids = ids
        self._models: Identities = Identities()  # estimator -> Node
        self._thread = _ThreadState()

    def begin(self, estimator: Any, method: str, makes: bool, frame: FrameType | None) -> Fit | None:
        """Before the call; ``makes``: it fits. None if it does not, is a part of another one, or not the program's."""
        outer = self._thread.outer
        if outer is not None:
            if makes and len(outer.inner) < MOST_INNER:
                outer.inner.append(estimator)
            return None
        if not makes:
            self._use(estimator, method, frame)
            return None
        while frame is not None and _module(frame) == SET_OUTPUT:
            frame = frame.f_back
        if frame is None or _module(frame).partition(".")[0] == "sklearn":
            return None  # a metric that encodes labels, a search that fits copies: none of these is the program's model
        position = self._frames.position(frame)
        if position is None:
            return None
        running = self._thread.outer = Fit(estimator, f"{_described(estimator)}.fit", position)
        return running

    def _use(self, estimator: Any, method: str, frame: FrameType | None) -> None:
        """A pipeline hands this on to its parts, which are known as well."""
        node = self._models.get(estimator)
        position = self._frames.position(frame) if node is not None else None
        if node is not None and position is not None:
            self._pandas.stands_on(node, position, f"{type(estimator).__name__}.{method}")

    def end(self, running: Fit) -> None:
        """After the call has returned."""
        self._thread.outer = None
        self._made(running)

    def failed(self, running: Fit) -> None:
        self._thread.outer = None

    def _made(self, running: Fit) -> None:
        position, kind = running.position, type(running.estimator).__name__
        inputs = self._pandas.inputs_at(position)
        node = Node(f"d{next(self._df_ids)}", position.unit, inputs)
        node.marked = True
        for estimator in (running.estimator, *running.inner):
            self._models.put(estimator, node)
        detail = {"engine": ENGINE, "model": kind}
        if (run := self._runs.of_work_since(running.started)) is not None:
            detail["mlflow"] = run
        self._frames.announce(position.call)
        op, name = f"o{next(self._op_ids)}", f"{kind}.fit"
        self._emit(partial(_fitted, op, name, position, inputs, node.id, running.started, time.time(), detail))
        self._emit(Marked(node.id, "boundary", inputs))
        self._emit(_fragment(node, running.how))


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def _described(estimator: Any, depth: int = 0) -> str:
    """An estimator with what it is set to, the same in every run: ``Ridge(alpha=0.5)``. No code of it is run."""
    settings = {name: value for name, value in vars(estimator).items() if not name.endswith("_")}
    said = [(name, _value(value, depth)) for name, value in sorted(settings.items())] if depth < DEEPEST else []
    return f"{type(estimator).__name__}({', '.join(f'{name}={text}' for name, text in said if text)})"


def _value(value: Any, depth: int) -> str:
    """Empty for what could differ from run to run, or be long."""
    if type(value) in _SAID:
        return repr(value)[:LONGEST]
    if type(value) in (list, tuple):
        return f"[{', '.join(filter(None, (_value(item, depth) for item in value[:MOST_PARTS])))}]"
    if type(value) is dict:
        return f"{{{', '.join(f'{key}: {_value(item, depth)}' for key, item in list(value.items())[:MOST_PARTS])}}}"
    is_estimator = callable(getattr(type(value), "fit", None)) and hasattr(value, "__dict__")
    return _described(value, depth + 1) if is_estimator else ""


def _fitted(
    op: str, name: str, position: Position, inputs: tuple[str, ...], output: str, started: float, ended: float,
    detail: dict[str, str],
) -> Operation:  # fmt: skip
    return Operation(op, name, OperationKind.TRANSFORM, position.path, inputs, output, started, ended, detail=detail)


def _fragment(node: Node, how: str) -> Fragment:
    digest = hashlib.sha256(how.encode("utf-8", "replace")).hexdigest()[:16]
    return Fragment(
        dataset=node.id, columns=(), plan_hash=digest, operators=(how[:LONGEST],), plan_text="", deterministic=True,
        nondeterminism=(), inputs=node.frontier, sources=(), opaque=("pandas",), definitions=(), indirect=(),
        sample_key=(),
    )  # fmt: skip
