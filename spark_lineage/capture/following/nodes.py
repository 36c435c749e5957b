"""Which DataFrame came from which: nodes by identity, without a trace on the user's objects."""

from __future__ import annotations

import itertools
import re
import threading
import weakref
from collections.abc import Iterator, Sequence
from typing import Any

from spark_lineage.guard import interrupted_again
from spark_lineage.model import Unit, crossing


class Node:
    """One DataFrame. ``frontier``: the nearest DataFrames of other units that it was made from."""

    __slots__ = ("frontier", "id", "made_by", "marked", "named", "unit")

    def __init__(self, id: str, unit: Unit | None, frontier: tuple[str, ...] = ()) -> None:
        self.id = id
        self.unit = unit
        self.frontier = frontier
        self.marked = False
        self.made_by: tuple[str, ...] = ()  # names of its step, where rules ask for steps by name
        self.named: set[object] | None = None  # where its name was looked up, and what it was


def frontier(unit: Unit | None, inputs: Sequence[tuple[Node, Any]]) -> tuple[str, ...]:
    """The nearest DataFrames of other units, for one that is made in ``unit`` from ``inputs`` (nodes, DataFrames)."""
    if len(inputs) == 1:  # most operations
        parent = inputs[0][0]
        return (parent.id,) if parent.id and crossing(parent.unit, unit) else parent.frontier
    found: dict[str, None] = {}
    for parent, _ in inputs:
        if parent.id and crossing(parent.unit, unit):
            found[parent.id] = None
        else:
            found.update(dict.fromkeys(parent.frontier))
    return tuple(found)


class _Reference(weakref.ref):  # type: ignore[type-arg]
    __slots__ = ("key",)
    key: int


class Identities:
    """Values by the identity of objects that are still alive. Objects must take weak references."""

    def __init__(self) -> None:
        held: dict[int, tuple[_Reference, Any]] = {}

        def gone(reference: _Reference) -> None:
            try:
                known = held.get(reference.key)
                if known is not None and known[0] is reference:
                    held.pop(reference.key, None)  # another thread may have been faster
            except BaseException as interruption:
                interrupted_again(interruption)

        self._held = held
        self._gone = gone

    def get(self, owner: object) -> Any:
        found = self._held.get(id(owner))
        return found[1] if found is not None and found[0]() is owner else None

    def put(self, owner: object, value: object) -> None:
        reference = _Reference(owner, self._gone)
        reference.key = id(owner)
        self._held[reference.key] = (reference, value)

    def __len__(self) -> int:
        return len(self._held)


class Rows:
    """Rows that actions gave back. Neither lists nor rows take weak references, and addresses are used again at
    once: the first and the last rows of the latest results are held."""

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


class Views:
    """Temporary views by session and name. Holds the DataFrame: the JVM keeps its plan for the view anyway."""

    def __init__(self) -> None:
        # By the identity of the session, which is held: None is for global views.
        self._views: dict[int | None, dict[str, tuple[Node, Any]]] = {}
        self._sessions: dict[int, object] = {}

    def put(self, name: str, node: Node, df: object, session: object = None) -> None:
        name = _canonical(name)
        self._of(name, session)[name] = (node, df)

    def drop(self, name: str, session: object = None) -> None:
        name = _canonical(name)
        self._of(name, session).pop(name, None)

    def get(self, name: str, session: object = None) -> tuple[Node, Any] | None:
        name = _canonical(name)
        own = self._views.get(None if name.startswith(GLOBAL) else id(session), {})
        # One session may be several objects of pyspark's, and that of foreachBatch is a copy of the program's.
        return own.get(name) or next((views[name] for views in self._views.values() if name in views), None)

    def named_in(self, text: str, session: object = None) -> list[tuple[Node, Any]]:
        """The views that an SQL text reads."""
        if not any(self._views.values()):
            return []
        return [view for name in relation_names(text) if (view := self.get(name, session)) is not None]

    def clear(self) -> None:
        self._views.clear()
        self._sessions.clear()

    def _of(self, name: str, session: object) -> dict[str, tuple[Node, Any]]:
        if name.startswith(GLOBAL):
            return self._views.setdefault(None, {})
        self._sessions[id(session)] = session
        return self._views.setdefault(id(session), {})


GLOBAL = "global_temp."


def _canonical(name: str) -> str:
    return name.replace("`", "").strip().lower()


_TOKEN = re.compile(
    r"""'(?:[^'\\]|\\.|'')*' | "(?:[^"\\]|\\.)*" | --[^\n]* | /\*.*?\*/
    | (?P<name>(?:`[^`]+`|[^\W\d][\w$]*)(?:\s*\.\s*(?:`[^`]+`|[^\W\d][\w$]*))*) | (?P<mark>[(),;]) | \S""",
    re.VERBOSE | re.DOTALL,
)
_BEFORE_RELATION = frozenset({"from", "join", "using", "table", "into", "update", "describe", "desc"})
_ENDS_FROM = frozenset(
    "where group having order limit union intersect except minus window qualify select on cluster distribute sort "
    "lateral pivot unpivot set when values tablesample".split()
)


def relation_names(text: str) -> list[str]:
    """Names that stand where SQL reads a relation: after FROM, JOIN, ..., and after commas in a FROM list."""
    found: dict[str, None] = {}
    expecting, depths = False, [False]  # per bracket: whether we are in a FROM list
    for kind, word in _words(text):
        if kind == "mark":
            if word == "(":
                depths.append(False)
            elif word == ")" and len(depths) > 1:
                depths.pop()
            expecting = depths[-1] if word == "," else expecting and word == "("
            continue
        lower = word.lower()
        if lower in _BEFORE_RELATION:
            expecting, depths[-1] = True, depths[-1] or lower == "from"
        elif lower in _ENDS_FROM:
            expecting, depths[-1] = False, False
        elif expecting and lower not in ("if", "exists", "not", "only", "overwrite", "table"):
            found[_canonical(re.sub(r"\s*\.\s*", ".", word))] = None
            expecting = False
    return list(found)


def _words(text: str) -> Iterator[tuple[str, str]]:
    for match in _TOKEN.finditer(text):
        if match.lastgroup:
            yield match.lastgroup, match.group()


def statement_kind(text: str) -> str:
    """What an SQL text does: ``query``, ``write``, ``view``, ``cache`` or ``command``."""
    words = [word.lower() for kind, word in itertools.islice(_words(text), 400) if kind == "name"]
    if not words:
        return "command"
    first = words[0]
    if first in ("select", "from", "values", "with"):
        return "write" if first != "select" and "insert" in words else "query"
    if first == "create" and "view" in words[1:6]:
        return "view"
    if first in ("create", "replace") and "table" in words[1:5]:
        return "write" if "select" in words or "as" in words else "command"
    if first in ("insert", "merge", "update", "delete", "copy"):
        return "write"
    if first in ("cache", "uncache"):
        return "cache"
    return "command"


def created_view(text: str) -> str | None:
    """The name of the temporary view that ``CREATE ... VIEW`` or ``CACHE TABLE ... AS`` makes."""
    cached = re.match(r"\s*cache\s+(?:lazy\s+)?table\s+(?P<name>[`\w.$]+)[^;]*?\bas\b", text, re.IGNORECASE)
    if cached:
        return cached["name"]
    match = re.match(
        r"\s*create\s+(?:or\s+replace\s+)?(?P<temporary>(?:global\s+)?temp(?:orary)?\s+)?view\s+"
        r"(?:if\s+not\s+exists\s+)?(?P<name>[`\w.$]+)",
        text,
        re.IGNORECASE,
    )
    return match["name"] if match and match["temporary"] else None
