"""``verify``: whether the journal of a run is as it was written."""

from __future__ import annotations

from dataclasses import dataclass

from spark_lineage.answers.documents import Document
from spark_lineage.answers.errors import AnswerError
from spark_lineage.store import Summary, journal
from spark_lineage.store.summaries import refuse_newer_run

NOT_ENDED = "the run has not ended: it has no sealed journal"


@dataclass(frozen=True)
class Verified:
    """What the hash chain says. ``why`` is None if the journal is intact; ``events`` counts what it holds."""

    run: str
    events: int
    why: str | None

    @property
    def intact(self) -> bool:
        return self.why is None


def document(answer: Verified) -> Document:
    """The ``--json`` shape."""
    return {"run": answer.run, "intact": answer.intact, "events": answer.events, "why": answer.why}


def verify(run: Summary) -> Verified:
    """Raises :class:`AnswerError` if the journal cannot be read, StoreError if a newer version has written it."""
    refuse_newer_run(run.folder)
    try:
        found = journal.verify(run.folder)
    except OSError as error:
        raise AnswerError(f"the journal in {run.folder} cannot be read ({error})") from error
    intact = found.intact and found.events > 0
    return Verified(run.id, found.events, None if intact else found.why or NOT_ENDED)
