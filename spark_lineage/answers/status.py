"""``status``: what has been delivered to which receiver, what is left, and what was set aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spark_lineage.answers.documents import Document
from spark_lineage.sinks import cursors
from spark_lineage.store import Store


@dataclass(frozen=True)
class Standing:
    """How far one sink is with the runs of a store. ``last`` is when it took something last, in seconds."""

    sink: str
    title: str
    configured: bool
    runs: int  # that it has had anything of
    delivered: int
    filtered: int
    left: int
    runs_left: int
    last: float | None
    aside: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Deliveries:
    """Of every sink that is configured, or that runs of the store were sent to."""

    store: Path
    standings: tuple[Standing, ...]


def of_store(store: Store) -> Deliveries:
    """Raises StoreError for a store that a newer version has written, TransportError for a wrong configuration."""
    from spark_lineage.sinks.transports import receivers

    store.refuse_newer()
    configured = {receiver.key: receiver.title for receiver in receivers()}
    titles = {**cursors.known(store.path), **configured}
    places = {key: [cursors.ReceiverFiles(run, key) for run in cursors.runs(store.path)] for key in titles}
    # `send` sends all runs of the store to a configured sink; to others, only what they were to get.
    due = {key: [place for place in places[key] if key in configured or place.is_due()] for key in titles}
    standings = (_standing(key, title, key in configured, due[key]) for key, title in titles.items())
    return Deliveries(store.path, tuple(standings))


def _standing(key: str, title: str, configured: bool, places: Sequence[cursors.ReceiverFiles]) -> Standing:
    read = [(place, place.load(), place.left() if place.has_more() else 0) for place in places]
    aside = [
        {**cursors.described(event), "run": place.folder.name, "step_run": event.run}
        for place in places
        for event in place.aside()
    ]
    return Standing(
        sink=key,
        title=title,
        configured=configured,
        runs=sum(1 for _, cursor, _ in read if cursor.number),
        delivered=sum(cursor.delivered for _, cursor, _ in read),
        filtered=sum(cursor.filtered for _, cursor, _ in read),
        left=sum(left for _, _, left in read),
        runs_left=sum(1 for _, _, left in read if left),
        last=max((cursor.at for _, cursor, _ in read if cursor.number), default=None),
        aside=tuple(aside),
    )


def document(answer: Deliveries) -> Document:
    """The ``--json`` shape."""
    return {
        "store": str(answer.store),
        "sinks": [
            {
                "sink": standing.sink,
                "title": standing.title,
                "configured": standing.configured,
                "runs": standing.runs,
                "delivered": standing.delivered,
                "filtered": standing.filtered,
                "left": standing.left,
                "runs_left": standing.runs_left,
                "last": standing.last,
                "set_aside": list(standing.aside),
            }
            for standing in answer.standings
        ],
    }
