"""Which runs a run is compared with."""

from __future__ import annotations

from collections.abc import Iterator

from spark_lineage.model import LineageGraph, Outcome
from spark_lineage.store import Store, StoreError
from spark_lineage.store.runs import Summary
from spark_lineage.store.summaries import ending

MOST = 10  # runs whose rows make the history


def earlier(store: Store, app: str, started: float, run: str, most_bytes: float = float("inf")) -> list[LineageGraph]:
    """The last runs of the same application before this one that ended well, oldest first.

    ``most_bytes``: of their journals, all together.
    """
    found = []
    for graph in _before(store, app, (started, run), most_bytes):
        found.append(graph)
        if len(found) == MOST:
            break
    return found[::-1]


def _before(store: Store, app: str, moment: tuple[float, str], most_bytes: float) -> Iterator[LineageGraph]:
    left = most_bytes
    for run in reversed(store.runs()):
        if run.app == app and (run.started, run.id) < moment:
            try:
                # A run that was killed has no journal: it would be put together, which takes long, to be left out.
                if ending(run).outcome is not Outcome.COMPLETE:
                    continue
                left -= _size(run)
                if left < 0:
                    return
                graph = store.open(run).graph
            except StoreError:
                continue  # a damaged run of the past says nothing about this one
            if graph.run.outcome is Outcome.COMPLETE:
                yield graph


def _size(run: Summary) -> int:
    path = run.folder / "events.jsonl"
    return path.stat().st_size if path.exists() else 0
