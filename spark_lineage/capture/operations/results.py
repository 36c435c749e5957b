"""What an operation has given: a DataFrame, a view, or Python data that may become a DataFrame again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from spark_lineage.capture.following.nodes import Node, frontier
from spark_lineage.capture.following.sql_text import GLOBAL, created_view
from spark_lineage.capture.following.tables.objects import Tables
from spark_lineage.capture.following.tracked import TrackedObjects
from spark_lineage.capture.operations.operation import Input, RunningOperation
from spark_lineage.capture.operations.recorded_text import first_text
from spark_lineage.guard import Guard
from spark_lineage.model import OperationKind

_CARRIERS = ("pandas.", "pyarrow.", "pyspark.")  # whose objects come from DataFrames and go into others


class Results:
    """Remembers the results of operations. ``pandas_seen`` is called whenever Spark has given a pandas object."""

    def __init__(self, known: TrackedObjects, guard: Guard, pandas: Tables | None) -> None:
        self._known = known
        self._guard = guard
        self._pandas = pandas
        self.pandas_seen: Callable[[], None] = lambda: None

    def frame(self, running: RunningOperation, df: Any) -> str:
        """The id of the DataFrame ``df``, which the operation has given."""
        node: Node | None = self._known.frames.get(df)
        if node is None:
            position = running.position
            before = frontier(position.unit, running.inputs)
            if running.method.name in ("checkpoint", "localCheckpoint") and running.inputs:
                before = (running.inputs[0][0].id,)  # it is marked, and its plan ends in what this one begins with
            node = self._known.made(df, position, before)
        return node.id

    def other(self, running: RunningOperation, result: Any) -> None:
        """Remembers what a result was made from that is no DataFrame."""
        if not running.inputs or result is None:
            return
        nodes = tuple(node for node, _ in running.inputs)
        if running.kind is OperationKind.ACTION:
            self._known.python_data.ran(running.position, nodes, isinstance(result, (bool, int, float)))
            if self._pandas is not None and self._pandas.follows:
                self._pandas.brought(nodes, running.position)
        kind = type(result)
        if kind is list:
            self._known.rows.put(result, nodes)
        elif kind.__name__ == "Row":
            self._known.rows.put([result], nodes)
        elif kind.__module__.startswith(_CARRIERS):
            self._known.carry(result, nodes)
            if self._pandas is not None and kind.__module__.startswith(("pandas.", "pyarrow.")):
                if kind.__module__.startswith("pandas."):
                    self.pandas_seen()
                self._guard("pandas", self._pandas.from_spark, result, nodes, running.position)

    # -- views

    def view(self, running: RunningOperation, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        """The operation has registered a view, replaced it or dropped it."""
        name, method = first_text(args, kwargs), running.method
        key = f"{GLOBAL if 'Global' in method.name else ''}{name}"
        if method.name == "sql":
            self._view_by_sql(running, created_view((running.detail or {}).get("sql", "")), args[0])
        elif method.subject == "self" and name is not None and running.inputs:
            node, df = running.inputs[0]
            self._known.views.put(key, node, df, vars(df).get("_session"))
        elif method.name.startswith("drop") and name is not None:
            self._known.views.drop(key, vars(args[0]).get("_sparkSession"))

    def _view_by_sql(self, running: RunningOperation, view: str | None, session: object) -> None:
        """``CREATE TEMPORARY VIEW``: what reads it reads what it reads; there is no DataFrame to mark."""
        if view is None:
            return
        if not running.inputs:
            self._known.views.drop(view, session)
            return
        self._known.views.put(view, Node("", None, ids(running.inputs)), None, session)


def ids(inputs: list[Input]) -> tuple[str, ...]:
    """The ids of the DataFrames that an operation works on; a node without an id gives those of its frontier."""
    if len(inputs) == 1 and inputs[0][0].id:
        return (inputs[0][0].id,)
    found: dict[str, None] = {}
    for node, _ in inputs:
        found.update(dict.fromkeys((node.id,) if node.id else node.frontier))
    return tuple(found)
