"""One operation of the program between its start and its end."""

from __future__ import annotations

from typing import Any

from spark_lineage.capture.code.calls import Position
from spark_lineage.capture.following.nodes import Node
from spark_lineage.capture.operations.methods import Method

#: The node of a DataFrame, and the DataFrame itself; None in its place where there is none that could be marked.
Input = tuple[Node, Any]


class RunningOperation:
    """What is known of an operation that has begun and not ended.

    ``inputs`` are the DataFrames that it works on. ``outer`` is the operation of the same thread that called it, if one
    did. ``started`` is in seconds since the epoch. ``runs``: it may start Spark jobs. ``marks``: its first input is
    marked whoever made it. ``detail`` becomes ``Operation.detail``. ``sent`` has
    what it asked a server of Spark Connect for, where nobody else tells that.
    """

    __slots__ = ("detail", "id", "inputs", "kind", "marks", "method", "outer", "position", "runs", "sent", "started")

    def __init__(self, id: str, method: Method, position: Position, outer: RunningOperation | None) -> None:
        self.id = id
        self.method = method
        self.kind = method.kind
        self.marks = method.marks
        self.runs = method.runs
        self.position = position
        self.inputs: list[Input] = []
        self.detail: dict[str, str] | None = None
        self.outer = outer
        self.started = 0.0
        self.sent: tuple[Any, ...] = ()

    def note(self, key: str, text: str) -> None:
        """Adds one entry to the detail of the operation."""
        if self.detail is None:
            self.detail = {}
        self.detail[key] = text
