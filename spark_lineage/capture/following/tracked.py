"""The objects of the program that are known: DataFrames, views, rows, and what carries DataFrames through Python."""

from __future__ import annotations

import itertools
from collections.abc import Collection
from typing import Any

from spark_lineage.capture.code.calls import Position
from spark_lineage.capture.following.collected_rows import CollectedRows
from spark_lineage.capture.following.identities import Identities
from spark_lineage.capture.following.nodes import Node
from spark_lineage.capture.following.python_data import PythonData
from spark_lineage.capture.following.spark_classes import connect_dataframe_class, dataframe_class
from spark_lineage.capture.following.views import Views

# The JVM half keeps what it knows by these ids as long as a plan lives, so a second recorder must not give them again.
DF_IDS = itertools.count(1)
OP_IDS = itertools.count(1)


class TrackedObjects:
    """What is known of each object. Objects are held weakly, except views and the ends of collected lists.

    ``asked_of`` has the names of functions and variables whose DataFrames rules ask about.
    """

    def __init__(self, asked_of: Collection[str] = ()) -> None:
        self.dataframe: tuple[type, ...] = ()  # pyspark's classes, once they are bound
        self.remote: tuple[type, ...] = ()  # of these, that of sessions of Spark Connect
        self.plans: Identities = Identities()  # plan of a DataFrame of Spark Connect -> Node; writers hold nothing else
        self.frames: Identities = Identities()  # DataFrame -> Node
        self.carried: Identities = Identities()  # RDD, pandas DataFrame, writer -> nodes
        self.rows = CollectedRows()
        self.python_data = PythonData()
        self.views = Views()
        self._asked_of = frozenset(asked_of)

    def bind(self) -> None:
        """Looks up the class of DataFrames, which imports pyspark."""
        self.dataframe = (dataframe_class(), *self.remote)

    def bind_remote(self) -> None:
        """Looks up the class of DataFrames of Spark Connect, which imports its client."""
        self.remote = (connect_dataframe_class(),)
        self.dataframe = (*self.dataframe, *self.remote)

    def node(self, df: Any, position: Position) -> Node:
        """The node of a DataFrame. One that nobody saw being made counts as made at ``position``."""
        node: Node | None = self.frames.get(df)
        return node if node is not None else self.made(df, position)

    def made(self, df: Any, position: Position, frontier: tuple[str, ...] = ()) -> Node:
        """The node of a DataFrame that is new."""
        node = Node(f"d{next(DF_IDS)}", position.unit, frontier)
        if self._asked_of:
            node.made_by = self.names_of_step(position)
        self.frames.put(df, node)
        if isinstance(df, self.remote):
            self.plans.put(vars(df)["_plan"], node)
        return node

    def carry(self, result: Any, nodes: tuple[Node, ...]) -> None:
        """Remembers that ``result``, which is no DataFrame, came from ``nodes``."""
        try:
            self.carried.put(result, nodes)
        except TypeError:  # takes no weak reference
            return

    def clear(self) -> None:
        """Lets go of what is not held weakly."""
        self.views.clear()
        self.rows.clear()

    def names_of_step(self, position: Position) -> tuple[str, ...]:
        """The names by which a rule may ask for the step that runs there: its function, and what it assigns."""
        function = position.call.code.function
        names = {function, function.rpartition(".")[2]}
        for place in (position, position.call.outer):
            reading = place.call.code.reading if place is not None else None
            if place is not None and reading is not None and place.statement is not None:
                names.update((reading.statements[place.statement].variable or "").split(", "))
        return tuple(names & self._asked_of)
