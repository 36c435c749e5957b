"""What is known of the program's objects: which DataFrame, view, row or pandas object came from which."""

from __future__ import annotations

import itertools
from collections.abc import Collection
from typing import Any

from spark_lineage.capture.code.calls import Position
from spark_lineage.capture.following.collected_rows import CollectedRows
from spark_lineage.capture.following.identities import Identities
from spark_lineage.capture.following.nodes import Node
from spark_lineage.capture.following.python_data import PythonData
from spark_lineage.capture.following.spark_classes import dataframe_class
from spark_lineage.capture.following.views import Views

# The JVM half keeps what it knows by these for as long as a plan lives: a second recorder must not give them again.
DF_IDS = itertools.count(1)
OP_IDS = itertools.count(1)


class TrackedObjects:
    """Objects are held weakly, save views and the ends of what actions gave back.

    ``asked_of``: names of functions and variables whose DataFrames rules ask about.
    """

    def __init__(self, asked_of: Collection[str] = ()) -> None:
        self.dataframe: type = object  # pyspark's class, once it is bound
        self.frames: Identities = Identities()  # DataFrame -> Node
        self.carried: Identities = Identities()  # RDD, pandas DataFrame, writer -> nodes
        self.rows = CollectedRows()
        self.python_data = PythonData()
        self.views = Views()
        self._asked_of = frozenset(asked_of)

    def bind(self) -> None:
        """Looks up pyspark's classes."""
        self.dataframe = dataframe_class()

    def node(self, df: Any, position: Position) -> Node:
        """Of a DataFrame; one that was made out of our sight counts as made here."""
        node: Node | None = self.frames.get(df)
        return node if node is not None else self.made(df, position)

    def made(self, df: Any, position: Position, frontier: tuple[str, ...] = ()) -> Node:
        """A DataFrame that nobody knew until now."""
        node = Node(f"d{next(DF_IDS)}", position.unit, frontier)
        if self._asked_of:
            node.made_by = self._names_of_step(position)
        self.frames.put(df, node)
        return node

    def carry(self, result: Any, nodes: tuple[Node, ...]) -> None:
        """``result`` is no DataFrame but may become one again."""
        try:
            self.carried.put(result, nodes)
        except TypeError:  # takes no weak reference
            return

    def clear(self) -> None:
        self.views.clear()
        self.rows.clear()

    def _names_of_step(self, position: Position) -> tuple[str, ...]:
        """What a rule may call the step that runs there: its function, or the variable that it is assigned to."""
        function = position.call.code.function
        names = {function, function.rpartition(".")[2]}
        for place in (position, position.call.outer):
            reading = place.call.code.reading if place is not None else None
            if place is not None and reading is not None and place.statement is not None:
                names.update((reading.statements[place.statement].variable or "").split(", "))
        return tuple(names & self._asked_of)
