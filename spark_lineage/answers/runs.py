"""``runs``: the runs of a store as a list."""

from __future__ import annotations

from dataclasses import dataclass

from spark_lineage.answers import stores
from spark_lineage.answers.documents import Document, duration_ms
from spark_lineage.events.identity import iso
from spark_lineage.store import Store, StoreError, Summary
from spark_lineage.store.summaries import Ending, ending


@dataclass(frozen=True)
class Listed:
    """A run of the list. ``why``: what is wrong where it cannot be read."""

    run: Summary
    short: str  # the shortest beginning of its id that is no other's
    end: Ending | None
    why: str | None


@dataclass(frozen=True)
class RunList:
    """Runs of a store, newest first. ``older`` counts those that are left out."""

    store: str
    runs: tuple[Listed, ...]
    older: int

    @property
    def unreadable(self) -> tuple[str, ...]:
        """Why runs cannot be read, one sentence each."""
        return tuple(listed.why for listed in self.runs if listed.why is not None)


def of_store(store: Store, app: str | None, label: str | None, last: int | None) -> RunList:
    """Raises :class:`AnswerError` if there is no such run."""
    selection = stores.selected(store, app, label)
    newest = selection.runs[::-1][:last]
    listed = tuple(_listed(run, selection.short_ids[run.id]) for run in newest)
    return RunList(store.name, listed, len(selection.runs) - len(newest))


def _listed(run: Summary, short: str) -> Listed:
    if run.why is not None:
        return Listed(run, short, None, run.why)
    try:
        return Listed(run, short, ending(run), None)
    except StoreError as error:
        return Listed(run, short, None, str(error))


def document(answer: RunList) -> Document:
    """The ``--json`` shape."""
    return {"store": answer.store, "runs": [_document(listed) for listed in answer.runs]}


def _document(listed: Listed) -> Document:
    run, end = listed.run, listed.end
    ended = end.at if end is not None else None
    return {
        "id": run.id,
        "short_id": listed.short,
        "app": run.app if listed.why is None else None,
        "program": run.program if listed.why is None else None,
        "labels": dict(run.labels),
        "outcome": end.outcome.value if end is not None else None,
        "mode": run.mode.value if run.mode is not None else None,
        "commit": run.repository.commit if run.repository is not None else None,
        "dirty": run.repository.dirty if run.repository is not None else None,
        "branch": run.repository.branch if run.repository is not None else None,
        "started_at": iso(run.started) if listed.why is None else None,
        "ended_at": iso(ended) if ended is not None else None,
        "duration_ms": duration_ms(run.started, ended),
        "unreadable": listed.why,
    }
