"""The executions of a notebook's cells, and which of them are the same cell again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from spark_lineage.graph.observed import Observed, moment
from spark_lineage.model import Cell, CellBegun, CellEnded
from spark_lineage.privacy import redaction


@dataclass(frozen=True)
class _Again:
    """The execution before of the same cell."""

    number: int | None = None
    edited: bool = False
    sure: bool = True


def cells(seen: Observed, steps: Mapping[str, str]) -> Iterator[Cell]:
    """In the order in which they ran. ``steps``: id of a cell's call -> the name of its step."""
    before: list[tuple[CellBegun, CellEnded | None]] = []
    for begun in seen.cells.values():
        ended = seen.cell_ends.get(begun.call)
        begun = replace(begun, number=seen.number_of(begun))
        again = _again(begun, ended, before)
        before.append((begun, ended))
        yield Cell(
            number=begun.number,
            key=begun.key,
            text_hash=begun.text_hash,
            started=moment(begun.at),
            ended=moment(ended.at) if ended is not None else None,
            error=redaction.optional(ended.error) if ended is not None else None,
            step=steps.get(begun.call),
            again=again.number,
            edited=again.edited,
            sure=again.sure,
            binds=dict(ended.binds) if ended is not None else {},
            reads=ended.reads if ended is not None else (),
            uses=dict(ended.uses) if ended is not None else {},
        )


def _again(begun: CellBegun, ended: CellEnded | None, before: list[tuple[CellBegun, CellEnded | None]]) -> _Again:
    """By its id; where the frontend gives none by its text; else by the names that it binds, which is a guess."""
    for other, _ in reversed(before):
        same_text = other.text_hash == begun.text_hash
        if begun.key is not None and other.key == begun.key:
            return _Again(other.number, edited=not same_text)
        if begun.key is None and same_text:
            return _Again(other.number)
    names = _own_names(ended)
    if begun.key is None and names:
        for other, other_ended in reversed(before):
            if _own_names(other_ended) == names:
                return _Again(other.number, edited=True, sure=False)
    return _Again()


def _own_names(ended: CellEnded | None) -> frozenset[str]:
    """What a cell makes anew: one that goes on with what there is under a name is no other version of a cell."""
    if ended is None or set(ended.binds) & set(ended.reads):
        return frozenset()
    return frozenset(ended.binds)
