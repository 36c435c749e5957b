"""``status``: what has been delivered to which receiver, what is left, and what was set aside."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spark_lineage.answers.documents import Document
from spark_lineage.model import SHAPE_ERRORS
from spark_lineage.sinks import beside, cursors
from spark_lineage.sinks.journal import unsealed
from spark_lineage.store import Store, StoreError

if TYPE_CHECKING:
    from spark_lineage.sinks.otel.progress import Progress


EVENTS, SPANS = "events", "spans"


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
    what: str = EVENTS  # that is delivered and left


@dataclass(frozen=True)
class Deliveries:
    """Of every sink that is configured, or that runs of the store were sent to; of collectors only of the latter."""

    store: str
    standings: tuple[Standing, ...]


def of_store(store: Store) -> Deliveries:
    """Raises StoreError for a store that a newer version has written, TransportError for a wrong configuration."""
    from spark_lineage.sinks.transports import receivers

    store.refuse_newer()
    configured = {receiver.key: receiver for receiver in receivers()}
    titles = {**cursors.known(store.path), **{key: receiver.title for key, receiver in configured.items()}}
    ahead = {run: _unsealed(run) for run in cursors.runs(store.path)} if titles else {}
    standings = []
    for key, title in titles.items():
        receiver = configured.get(key)
        places = [cursors.ReceiverFiles(run, key) for run in ahead]
        # `send` sends all runs of the store to a configured sink; to others, only what they were to get.
        due = [place for place in places if receiver is not None or place.is_due()]
        wants = receiver.wants if receiver is not None else lambda event: True
        left = {place.folder.name: _left(place, ahead[place.folder], wants) for place in due}
        standings.append(_standing(key, title, receiver is not None, due, left))
    return Deliveries(store.name, (*standings, *_of_collectors(store)))


def _unsealed(run: Path) -> list[Document]:
    """What `send` would add to the journal of a killed run before it sends it; nothing if that cannot be read."""
    try:
        return unsealed(run)
    except (StoreError, OSError, *SHAPE_ERRORS):
        return []


def _left(place: cursors.ReceiverFiles, ahead: Sequence[Document], wants: Callable[[Document], bool]) -> int:
    """How many events `send` would send to this sink, or set aside: those that its filters pass over are none."""
    waiting = map(_parsed, place.waiting()) if place.has_more() else ()
    return sum(1 for event in (*waiting, *ahead) if event is None or wants(event))


def _parsed(line: bytes) -> Document | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None


def _standing(
    key: str, title: str, configured: bool, places: Sequence[cursors.ReceiverFiles], left: Mapping[str, int]
) -> Standing:
    read = [place.load() for place in places]
    aside = [
        {**cursors.described(event), "run": place.folder.name, "step_run": event.run}
        for place in places
        for event in place.aside()
    ]
    return Standing(
        sink=key,
        title=title,
        configured=configured,
        runs=sum(1 for cursor in read if cursor.number),
        delivered=sum(cursor.delivered for cursor in read),
        filtered=sum(cursor.filtered for cursor in read),
        left=sum(left.values()),
        runs_left=sum(1 for events in left.values() if events),
        last=max((cursor.at for cursor in read if cursor.number), default=None),
        aside=tuple(aside),
    )


def _of_collectors(store: Store) -> Iterator[Standing]:
    from spark_lineage.sinks.otel import configuration, progress

    found: dict[str, list[tuple[Path, progress.Progress]]] = {}
    for run in cursors.runs(store.path):
        for key, each in progress.of_run(run).items():
            found.setdefault(key, []).append((run, each))
    for key, runs in found.items():
        left = [_spans_left(run, each) for run, each in runs]
        yield Standing(
            sink=key,
            title=next((each.title for _, each in runs if each.title), key),
            configured=key == configuration.collector().key and not configuration.disabled(),
            runs=sum(1 for _, each in runs if each.sent),
            delivered=sum(each.sent for _, each in runs),
            filtered=0,
            left=sum(left),
            runs_left=sum(1 for spans in left if spans),
            last=max((each.at for _, each in runs if each.sent), default=None),
            aside=(),
            what=SPANS,
        )


def _spans_left(run: Path, progress: Progress) -> int:
    """Those that `send --otel` would send: of a run that still runs none."""
    from spark_lineage.sinks.otel.spans import spans
    from spark_lineage.store.runs import open_folder

    if progress.done or progress.ended or beside.runs(run):
        return progress.left
    try:  # it was killed
        graph = open_folder(run, samples=False, fragments=False).graph
    except (StoreError, OSError, *SHAPE_ERRORS):
        return 0
    return len({span.id for span in spans(graph)} - set(progress.ids))


def document(answer: Deliveries) -> Document:
    """The ``--json`` shape."""
    return {
        "store": answer.store,
        "sinks": [
            {
                "sink": standing.sink,
                "title": standing.title,
                "what": standing.what,
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
