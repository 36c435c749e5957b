"""Which DataFrames are marked, so that a probe looks at their rows, and under which names the program uses them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from types import FrameType
from typing import Any, Protocol

from spark_lineage.capture.code.frames import Frames
from spark_lineage.capture.code.source_files import SourceFiles
from spark_lineage.capture.deferred import Emit
from spark_lineage.capture.following.nodes import Node
from spark_lineage.capture.following.tracked import TrackedObjects
from spark_lineage.capture.operations.operation import RunningOperation
from spark_lineage.guard import Guard
from spark_lineage.model import Marked, OperationKind, VariableSeen, crossing

NAMES_PER_DATAFRAME = 16
_WHY = {OperationKind.CACHE: "cache", OperationKind.WRITE: "write"}  # all others: boundary

#: What a rule wants the probe of a dataset to find: the kind of question (``violations``, ``unique``), its arguments.
Question = tuple[str, tuple[str, ...]]


class JvmPort(Protocol):
    """What capture asks of the JVM half.

    The calls are made on the program's thread while it calls pyspark. So none starts a Spark job, and none waits for
    more than the answer of the driver's JVM. They may raise what py4j raises; their caller stands inside a guard.
    Where no JVM half is there they do nothing.
    """

    def mark(self, df: Any, df_id: str, inputs: Sequence[str], why: str) -> None:
        """Marks the analyzed plan of ``df``, a classic pyspark DataFrame, as the dataset ``df_id`` (``d5``).

        ``inputs`` are the ids of the marked DataFrames of other steps that it was made from, ``why`` is ``boundary``,
        ``cache`` or ``write``.
        """

    def read(self, df: Any, df_id: str) -> None:
        """Has the plan of ``df`` described, which a reader has given: what it reads is known if no query runs it."""

    def same(self, df: Any, df_id: str) -> None:
        """Says that ``df`` has the rows of the marked DataFrame ``df_id``, though its plan does not show it."""

    def place(self, path: str) -> tuple[str, str, str] | None:
        """The namespace, the name and the part ("" for all) of the storage at a path; None where nobody knows."""

    def set_op(self, op_id: str | None) -> None:
        """Says that Spark jobs which this thread starts from here on belong to the operation ``op_id`` (``o12``)."""

    def function(self, udf: Any, code: str) -> None:
        """Hands over the hash of the Python code behind ``udf``, which is the JVM's object for a user's function."""

    def ask(self, df_id: str, questions: Sequence[Question]) -> None:
        """Hands over what rules ask about the rows of ``df_id``. It has to be called before ``mark``."""


class BoundaryMarks:
    """Marks the inputs of operations. ``questions`` has what rules ask, by the name of a function or a variable."""

    def __init__(
        self, known: TrackedObjects, frames: Frames, sources: SourceFiles, jvm: JvmPort, guard: Guard,
        emit: Emit, questions: Mapping[str, Sequence[Question]],
    ) -> None:  # fmt: skip
        self._known = known
        self._frames = frames
        self._sources = sources
        self._jvm = jvm
        self._guard = guard
        self._emit = emit
        self._questions = questions

    def of(self, running: RunningOperation, args: tuple[Any, ...], kwargs: Mapping[str, Any], frame: FrameType) -> None:
        """Marks the inputs of an operation that another step has made, and what it caches, writes or collects."""
        here = running.position.unit
        for node, df in running.inputs:
            if crossing(node.unit, here):
                if not node.marked:
                    self._mark(node, df, "boundary")
                self._name(node, running, args, kwargs, frame)
        if running.marks:
            node, df = running.inputs[0]
            self._mark(node, df, _WHY.get(running.method.kind, "boundary"))

    def _mark(self, node: Node, df: Any, why: str) -> None:
        if node.marked or df is None:
            return
        node.marked = True
        self._guard("mark", self._mark_now, node, df, why)

    def _mark_now(self, node: Node, df: Any, why: str) -> None:
        questions = [question for name in node.made_by for question in self._questions[name]]
        asked = dict.fromkeys(questions)
        if asked:
            self._guard("ask", self._jvm.ask, node.id, tuple(asked))
        self._jvm.mark(df, node.id, node.frontier, why)
        self._emit(partial(Marked, node.id, why, node.frontier))

    def _name(
        self, node: Node, running: RunningOperation, args: tuple[Any, ...], kwargs: Mapping[str, Any], frame: FrameType
    ) -> None:
        """Tells the name under which a DataFrame of another step is used here. Each place is looked at once."""
        named = node.named
        if named is None:
            named = node.named = set()
        place = (id(frame.f_code), frame.f_lasti)  # its hash would read all of its constants
        if place in named or len(named) > NAMES_PER_DATAFRAME:
            return
        named.add(place)
        code = self._frames.code(frame)
        if not code.owned or code.folded:
            return
        names = code.names.get(frame.f_lasti)
        if names is None:
            names = code.names[frame.f_lasti] = self._sources.names(frame, running.method.name)
        written = list(zip(args, [names.receiver, *names.arguments]))  # noqa: B905 (starred arguments)
        written += [(kwargs[key], name) for key, name in names.keywords.items() if key in kwargs]
        call, known = running.position.call.id, self._known
        for value, name in written:
            if name is None or (call, name) in named or not isinstance(value, known.dataframe):
                continue
            if known.frames.get(value) is node:
                named.add((call, name))
                self._emit(partial(VariableSeen, node.id, name, call))
