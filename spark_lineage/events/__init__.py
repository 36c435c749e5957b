"""Lineage graph to OpenLineage events and back.

``build`` and ``start`` bring in the OpenLineage client, and only when called: start-up must stay cheap. ``read``
and ``samples`` need no client.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spark_lineage.events.identity import NAMESPACE
from spark_lineage.events.reading import read
from spark_lineage.events.samples import samples
from spark_lineage.model import LineageGraph

if TYPE_CHECKING:
    from openlineage.client.event_v2 import RunEvent

__all__ = ["build", "read", "samples", "start"]


def build(graph: LineageGraph, namespace: str = NAMESPACE, sample_rows: bool = False) -> list[RunEvent]:
    """The events of a run, in the order in which a receiver must get them."""
    from spark_lineage.events.building import build as _build

    return _build(graph, namespace, sample_rows)


def start(graph: LineageGraph, namespace: str = NAMESPACE) -> RunEvent:
    """The START of the application: what can be sent as soon as the program has begun."""
    from spark_lineage.events.building import Builder

    return Builder(graph, namespace).start(0)
