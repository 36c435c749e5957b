"""What an operation works on: DataFrames, views, and Python data that came from DataFrames."""

from __future__ import annotations

from collections.abc import Mapping
from types import FrameType
from typing import Any

from spark_lineage.capture.code.calls import Position
from spark_lineage.capture.code.source_files import SourceFiles
from spark_lineage.capture.following.nodes import Node
from spark_lineage.capture.following.sql_text import statement_kind
from spark_lineage.capture.following.tables.objects import Tables
from spark_lineage.capture.following.tracked import TrackedObjects
from spark_lineage.capture.operations.operation import Input, RunningOperation
from spark_lineage.capture.operations.recorded_text import first_text
from spark_lineage.guard import Guard
from spark_lineage.model import OperationKind
from spark_lineage.privacy import redaction

SQL_LIMIT = 4000  # characters
MOST_PATHS = 100  # of one read are recorded
_SEVERAL_PATHS = frozenset({"parquet", "orc"})  # take several paths as arguments of their own
TABLE_METHODS = frozenset({"table", "saveAsTable", "insertInto", "toTable"})
_SQL_KINDS = {"write": OperationKind.WRITE, "view": OperationKind.VIEW, "cache": OperationKind.CACHE}

Args = tuple[Any, ...]
Kwargs = Mapping[str, Any]


class Inputs:
    """Finds the inputs of an operation that begins, and notes what its arguments say of it."""

    def __init__(self, known: TrackedObjects, sources: SourceFiles, guard: Guard, pandas: Tables | None) -> None:
        self._known = known
        self._sources = sources
        self._guard = guard
        self._pandas = pandas

    def of(self, running: RunningOperation, args: Args, kwargs: Kwargs, frame: FrameType) -> list[Input]:
        """The inputs of an operation, that of its first argument first. ``frame`` is the one that calls pyspark."""
        method, known = running.method, self._known
        if method.subject == "self":
            found = [(known.node(args[0], running.position), args[0])]
        else:
            found = self._subjects(running, args, kwargs)
        if method.stored:
            _stored(running, args, kwargs)
        elif method.kind is OperationKind.VIEW:
            running.note("view", first_text(args, kwargs) or "")
        dataframe = known.dataframe
        for value in (*args[1:], *kwargs.values()) if kwargs else args[1:]:
            if isinstance(value, dataframe):
                found.append((known.node(value, running.position), value))
        if not found and method.name == "createDataFrame":
            found = self._from_python(running, frame)
        return found

    def _subjects(self, running: RunningOperation, args: Args, kwargs: Kwargs) -> list[Input]:
        """The DataFrames behind an object that is none itself: a writer, grouped data, an RDD, a session."""
        known = self._known
        subject = running.method.subject
        this = args[0] if args else None
        if subject in ("_df", "df", "_source_plan"):  # the last is that of a merge of Spark Connect
            return self._frames_in(vars(this).get(subject), position=running.position)
        if subject == "_write_stream":
            return self._frames_in(vars(vars(this)[subject]).get("_child"), position=running.position)
        if subject == "cogrouped":
            groups = (vars(this).get("_gd1"), vars(this).get("_gd2"))
            return self._frames_in(*(getattr(group, "_df", None) for group in groups), position=running.position)
        if subject in ("carrier", "rdd"):
            return [(node, None) for node in known.carried.get(this) or ()]
        if subject == "session":
            return self._of_session(running, args, kwargs)
        if running.method.name == "table" and subject == "_spark" and len(args) > 1:
            return self._view(running, args[1], vars(this).get("_spark"))
        return []

    def _frames_in(self, *values: Any, position: Position) -> list[Input]:
        """A writer of Spark Connect holds the plan of its DataFrame, which stands for it."""
        known = self._known
        found: list[Input] = []
        for value in values:
            if isinstance(value, known.dataframe):
                found.append((known.node(value, position), value))
            elif known.remote and (node := known.plans.get(value)) is not None:
                found.append((node, value))
        return found

    def _of_session(self, running: RunningOperation, args: Args, kwargs: Kwargs) -> list[Input]:
        name = running.method.name
        first = args[1] if len(args) > 1 else next(iter(kwargs.values()), None)
        if name == "table":
            return self._view(running, first, args[0])
        if name == "createDataFrame":
            data = kwargs.get("data", first)
            if type(data).__name__ in ("RDD", "PipelinedRDD"):
                running.runs = True  # to infer a schema
                running.note("rows", "rdd")
            nodes = self._origin(data, running.position)
            if self._pandas is not None and self._pandas.reads_files(running.position):
                running.note("rows", "pandas")
            return [(_measured(node), None) for node in nodes]
        text = kwargs.get("sqlQuery", first)
        return self._sql(running, text, kwargs, args[0]) if name == "sql" and isinstance(text, str) else []

    def _view(self, running: RunningOperation, name: object, session: object) -> list[Input]:
        view = self._known.views.get(name, session) if isinstance(name, str) else None
        if view is None:
            return []
        running.kind = OperationKind.TRANSFORM
        return [view]

    def _sql(self, running: RunningOperation, text: str, kwargs: Kwargs, session: object) -> list[Input]:
        found = self._known.views.named_in(text, session)
        does = statement_kind(text)
        running.note("sql", redaction.text(text)[:SQL_LIMIT])
        if does in _SQL_KINDS:
            running.kind = _SQL_KINDS[does]
        elif not found and not kwargs:
            running.kind = OperationKind.READ if does == "query" else OperationKind.CREATE
        if does != "query":
            running.runs = True
        return found

    # -- what came through Python

    def _origin(self, data: Any, position: Position) -> tuple[Node, ...]:
        """What the data of ``createDataFrame`` came from, if that object itself is known."""
        if isinstance(data, list):
            return self._known.rows.get(data)
        of_tables = type(data).__module__.startswith(("pandas.", "pyarrow."))
        if of_tables and self._pandas is not None and self._pandas.follows:
            return self._guard("pandas", self._pandas.to_spark, data, position) or ()
        try:
            return self._known.carried.get(data) or ()
        except TypeError:
            return ()

    def _from_python(self, running: RunningOperation, frame: FrameType) -> list[Input]:
        """What unknown data of ``createDataFrame`` came from, as far as the source of the program shows it."""
        names = self._sources.read_by(frame, "createDataFrame")
        nodes: tuple[Node, ...] = ()
        if self._pandas is not None and self._pandas.follows:
            nodes = self._guard("pandas", self._pandas.used, running.position, names) or ()
        nodes = nodes or self._known.python_data.behind(self._sources, running.position, names)
        if nodes:
            running.note("origin", "followed through the source")
        return [(_measured(node), None) for node in nodes]


def _stored(running: RunningOperation, args: Args, kwargs: Kwargs) -> None:
    """Notes the path or the table that an operation reads or writes."""
    what = "table" if running.method.name in TABLE_METHODS else "path"
    if running.method.name == "jdbc":  # its URL has credentials
        return
    named = (kwargs[key] for key in ("path", "paths", "name", "tableName") if key in kwargs)
    place = args[1] if len(args) > 1 else next(named, None)
    places: list[Any] = list(place) if isinstance(place, (list, tuple)) else [place]
    if running.method.kind is OperationKind.READ and running.method.name in _SEVERAL_PATHS:
        places += args[2:]
    texts = [text for text in places if isinstance(text, str)]
    if texts:
        running.note(what, "\n".join(redaction.text(text) for text in texts[:MOST_PATHS]))


def _measured(node: Node) -> Node:
    """The node of what was collected; if it was not marked, one that stands for what it was made from."""
    return node if node.marked or not node.frontier else Node("", None, node.frontier)
