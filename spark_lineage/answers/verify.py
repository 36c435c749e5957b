"""``verify``: whether the journal of a run is as it was written."""

from __future__ import annotations

import json
from dataclasses import dataclass

from spark_lineage.answers.documents import Document
from spark_lineage.answers.errors import AnswerError
from spark_lineage.events.identity import run_uuid
from spark_lineage.model import SHAPE_ERRORS, Outcome
from spark_lineage.store import StoreError, Summary, journal, wal
from spark_lineage.store.summaries import ending, refuse_newer_run

NOT_ENDED = "the run has not ended: it has no sealed journal"


@dataclass(frozen=True)
class Verified:
    """What the hash chain says. ``why`` is None if the journal is intact; ``events`` counts what it holds.

    ``root`` is the last link of the chain, a hash of the whole journal; None unless it is intact.
    """

    run: str
    events: int
    why: str | None
    root: str | None = None

    @property
    def intact(self) -> bool:
        return self.why is None


def document(answer: Verified) -> Document:
    """The ``--json`` shape."""
    return {
        "run": answer.run, "intact": answer.intact, "events": answer.events, "why": answer.why,
        "root_hash": answer.root,
    }  # fmt: skip


def verify(run: Summary) -> Verified:
    """Raises :class:`AnswerError` if the journal cannot be read, StoreError if a newer version has written it."""
    refuse_newer_run(run.folder)
    if run.empty:
        return Verified(run.id, 0, run.why)
    try:
        found = journal.verify(run.folder)
        why = found.why if not found.intact else _of_its_ends(run, found.events)
    except OSError as error:
        raise AnswerError(f"the journal in {run.folder} cannot be read ({error})") from error
    return Verified(run.id, found.events, why, found.root if why is None else None)


def _of_its_ends(run: Summary, events: int) -> str | None:
    """What is wrong with a journal of which each event is as it was written; None if nothing is.

    The chain alone does not tell that the end was cut off together with its links, nor that all is another run's.
    """
    if (run.folder / wal.NAME).exists():
        return NOT_ENDED
    if not events:
        return "it has no events"
    try:
        first = json.loads(journal.first_line(run.folder))["run"]["runId"]
        ended = ending(run).outcome
    except StoreError as error:
        return str(error)
    except SHAPE_ERRORS:
        return "event 1 is not that of an application run"
    if first != run_uuid(run.folder.name):
        return f"its events are those of run {first}: the folder has been renamed"
    return None if ended is not Outcome.RUNNING else NOT_ENDED
