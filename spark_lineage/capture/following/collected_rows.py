"""Rows that actions have given to the program, and which DataFrames they came from."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence
from typing import Any

from spark_lineage.capture.following.nodes import Node


class CollectedRows:
    """Rows by identity. Neither lists nor rows take weak references, and an address is used again at once. So the first
    and the last rows of the latest results are held."""

    RESULTS = 32
    ENDS = 2

    def __init__(self) -> None:
        self._results: dict[int, tuple[tuple[Any, ...], tuple[Node, ...]]] = {}  # oldest first
        self._by_row: dict[int, tuple[Node, ...]] = {}
        self._ids = itertools.count()
        self._lock = threading.Lock()

    def put(self, rows: Sequence[Any], nodes: tuple[Node, ...]) -> None:
        ends = self._ends(rows)
        with self._lock:
            self._results[next(self._ids)] = (ends, nodes)
            while len(self._results) > self.RESULTS:
                del self._results[next(iter(self._results))]
            self._by_row = {id(row): made for held, made in self._results.values() for row in held}

    def get(self, rows: Sequence[Any]) -> tuple[Node, ...]:
        """The nodes that the first or the last rows of a list came from; () if they are not rows of ours."""
        return next((nodes for row in self._ends(rows) if (nodes := self._by_row.get(id(row)))), ())

    def clear(self) -> None:
        self._results.clear()
        self._by_row = {}

    def _ends(self, rows: Sequence[Any]) -> tuple[Any, ...]:
        ends = rows if len(rows) <= 2 * self.ENDS else [*rows[: self.ENDS], *rows[-self.ENDS :]]
        return tuple(row for row in ends if type(row).__name__ == "Row")
