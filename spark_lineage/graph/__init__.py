"""Observations in, lineage graph out: pure, total, and usable on a run that still runs or was killed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spark_lineage.model import LineageGraph, Observation

__all__ = ["assemble", "so_far"]


def assemble(observations: Iterable[Observation]) -> LineageGraph:
    """The lineage graph of one run from what was observed of it, in any state.

    Never raises for what the observations say: what is unknown or does not fit becomes a gap. Without a
    ``ProgramEnded`` the outcome is ``running``.
    """
    # Here: readers of finished runs use this package's expressions only, and start fast.
    from spark_lineage.graph.assembling import assemble as _assemble

    return _assemble(observations)


def so_far(observations: Iterable[Observation]) -> tuple[LineageGraph, frozenset[tuple[str, int]]]:
    """As :func:`assemble`, of a run that goes on, with the steps (name, call) that made a DataFrame nobody has used.

    Once somebody does it is an output of the step.
    """
    from spark_lineage.graph.assembling import so_far as _so_far

    return _so_far(observations)
