"""One operation of the program between its start and its end."""

from __future__ import annotations

from typing import Any

from spark_lineage.capture.code.calls import Position
from spark_lineage.capture.following.nodes import Node
from spark_lineage.capture.operations.methods import Method

Input = tuple[Node, Any]  # and its DataFrame, where there is one that can be marked


class RunningOperation:
    """``inputs``: what it works on. ``outer``: the operation of the same thread that called it, if one did."""

    __slots__ = ("detail", "id", "inputs", "kind", "marks", "method", "outer", "position", "runs", "started")

    def __init__(self, id: str, method: Method, position: Position, outer: Any) -> None:
        self.id = id
        self.method = method
        self.kind = method.kind
        self.marks = method.marks  # what it works on is marked
        self.runs = method.runs
        self.position = position
        self.inputs: list[Input] = []
        self.detail: dict[str, str] | None = None
        self.outer: RunningOperation | None = outer
        self.started = 0.0

    def note(self, key: str, text: str) -> None:
        if self.detail is None:
            self.detail = {}
        self.detail[key] = text
