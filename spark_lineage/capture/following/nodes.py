"""The DataFrames of a program as nodes: which other DataFrames each was made from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from spark_lineage.model import Unit, crossing


class Node:
    """One DataFrame of the program.

    ``unit`` is the step that made it, as ``model.unit`` has it. ``frontier`` has the ids of the nearest DataFrames of
    other units that it was made from. A node without an id stands for its frontier only.
    """

    __slots__ = ("frontier", "id", "made_by", "marked", "named", "unit")

    def __init__(self, id: str, unit: Unit | None, frontier: tuple[str, ...] = ()) -> None:
        self.id = id
        self.unit = unit
        self.frontier = frontier
        self.marked = False
        self.made_by: tuple[str, ...] = ()  # names of its step by which rules ask for it
        self.named: set[object] | None = None  # places where its name was looked up, and names that were told


def frontier(unit: Unit | None, inputs: Sequence[tuple[Node, Any]]) -> tuple[str, ...]:
    """The ids of the nearest DataFrames of other units, for one that ``unit`` makes from ``inputs``."""
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
