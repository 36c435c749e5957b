"""``runs``: the runs of a store as a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from spark_lineage.events.identity import iso
from spark_lineage.store.errors import StoreError
from spark_lineage.store.summaries import Ending, Summary, ending, shortest


@dataclass(frozen=True)
class Listed:
    """A run of the list. ``why``: what is wrong where it cannot be read."""

    run: Summary
    short: str  # the shortest beginning of its id that is no other's
    end: Ending | None
    why: str | None


def listed(runs: Sequence[Summary], every: Sequence[Summary]) -> list[Listed]:
    """``every``: all runs of the store, from which the ids must be told apart."""
    short = shortest([each.id for each in every])
    return [_listed(each, short[each.id]) for each in runs]


def _listed(run: Summary, short: str) -> Listed:
    if run.why is not None:
        return Listed(run, short, None, run.why)
    try:
        return Listed(run, short, ending(run), None)
    except StoreError as error:
        return Listed(run, short, None, str(error))


def commit(run: Summary) -> str | None:
    return run.repository.commit if run.repository is not None else None


def document(runs: Sequence[Listed], store: str) -> dict[str, Any]:
    """The ``--json`` shape."""
    return {"store": store, "runs": [_document(each) for each in runs]}


def _document(each: Listed) -> dict[str, Any]:
    run, end = each.run, each.end
    ended = end.at if end is not None else None
    return {
        "id": run.id,
        "short_id": each.short,
        "app": run.app if each.why is None else None,
        "program": run.program if each.why is None else None,
        "labels": dict(run.labels),
        "outcome": end.outcome.value if end is not None else None,
        "mode": run.mode.value if run.mode is not None else None,
        "commit": commit(run),
        "dirty": run.repository.dirty if run.repository is not None else None,
        "branch": run.repository.branch if run.repository is not None else None,
        "started_at": iso(run.started) if each.why is None else None,
        "ended_at": iso(ended) if ended is not None else None,
        "duration_ms": round((ended - run.started) * 1000, 3) if ended is not None else None,
        "unreadable": each.why,
    }
