"""Lineage graph to OpenLineage events and back. An event is a plain document: what stands in its line of a journal.

``build`` and ``start`` bring in what makes events, ``read`` a parser, and only when called: start-up must stay cheap,
and a driver where nothing is installed writes but never reads.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from spark_lineage.events.identity import NAMESPACE
from spark_lineage.events.samples import samples
from spark_lineage.model import LineageGraph

__all__ = ["build", "read", "samples", "start"]


def build(graph: LineageGraph, namespace: str | None = None, sample_rows: bool = False) -> Iterator[dict[str, Any]]:
    """The events of a run, in the order in which a receiver must get them; each is built when it is asked for.

    ``namespace`` is that of the jobs: if not given OpenLineage's own variable decides, else it is ``spark-lineage``,
    with what tells the program from others of its name: ``spark-lineage/acme/etl/jobs``.
    ``sample_rows`` puts the sampled rows themselves into the events.
    """
    from spark_lineage.events.building import build as _build

    return _build(graph, namespace or _default_namespace(graph), sample_rows)


def start(graph: LineageGraph, namespace: str | None = None) -> dict[str, Any]:
    """The START of the application: what can be sent as soon as the program has begun."""
    from spark_lineage.events.building import Builder

    return Builder(graph, namespace or _default_namespace(graph)).start(0)


def read(events: Iterable[Mapping[str, Any]], samples: Iterable[Mapping[str, Any]] = ()) -> LineageGraph:
    """The graph of one run from its events and sampled rows; see ``events.reading``."""
    from spark_lineage.events.reading import read as _read

    return _read(events, samples)


def _default_namespace(graph: LineageGraph) -> str:
    own = f"{NAMESPACE}/{graph.run.place}" if graph.run.place else NAMESPACE
    return os.environ.get("OPENLINEAGE_NAMESPACE") or own
