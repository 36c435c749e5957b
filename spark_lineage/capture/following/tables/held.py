"""What is known of one object that holds a table, and of what one run of a unit has used so far."""

from __future__ import annotations

import weakref
from collections.abc import Hashable, Sequence
from types import CodeType
from typing import Any, Protocol

from spark_lineage.capture.code.calls import Position
from spark_lineage.capture.following.nodes import Node
from spark_lineage.model import Probed, RuleAnswer

Columns = tuple[tuple[str, str], ...]  # name, type
Question = tuple[str, tuple[str, ...]]  # kind, arguments


class Contents(Protocol):
    """What looks into objects: :mod:`spark_lineage.fingerprint.pandas_objects` and its like for other libraries."""

    def measured(self, obj: Any, sample_rows: int) -> tuple[Probed, str | None]:
        """The facts of an object with at most ``sample_rows`` rows of it, and a word for the order of its rows."""

    def answer(self, obj: Any, kind: str, arguments: Sequence[str]) -> RuleAnswer:
        """What a rule asks of all rows."""

    def digest(self, obj: Any) -> Hashable:
        """A value that is equal for equal content."""

    def shape(self, obj: Any) -> Hashable:
        """A value that changes when rows or columns come or go; no value of the object is read."""

    def columns_of(self, obj: Any) -> Columns:
        """The names and types of the columns."""


class UnitWork:
    """What one run of a unit has used so far, by the ids of the datasets.

    ``before`` has what the run before it used, whose iterators may go on.
    """

    __slots__ = ("before", "inputs", "looked")

    def __init__(self, before: UnitWork | None = None) -> None:
        self.inputs: dict[str, Node] = {}
        self.looked = False  # whether it was looked for what stands behind the names that it reads
        self.before: dict[str, Node] = (before.inputs or before.before) if before is not None else {}


class HeldObject(weakref.ref):  # type: ignore[type-arg]
    """What is known of one object that is alive; the object itself is held weakly."""

    __slots__ = ("adopted", "at", "content", "first", "key", "last", "made", "node", "work")

    adopted: bool  # nobody saw who made it: as long as it holds what it did when it was met, it is of no unit
    key: int
    node: Node | None  # the dataset that it was when it was last looked at
    content: Hashable  # what it held then
    last: Position  # who touched it last
    first: Position  # where the unit that touched it last did so first: that made it what it is
    at: float  # since when
    made: CodeType | str | None  # what of its library was called there
    work: UnitWork  # of the unit that touched it last
