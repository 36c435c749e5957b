"""``verify``: whether the record of a run is as it was written: journal, sampled rows, audit tables."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from spark_lineage.answers import signed
from spark_lineage.answers.documents import Document
from spark_lineage.answers.errors import AnswerError
from spark_lineage.answers.signed import Signature
from spark_lineage.events.identity import run_uuid
from spark_lineage.model import SHAPE_ERRORS, Outcome
from spark_lineage.sinks.audit_compared import compared
from spark_lineage.sinks.delta import DeltaAudit
from spark_lineage.store import StoreError, Summary, journal, sampled, wal
from spark_lineage.store.runs import open_folder
from spark_lineage.store.signatures import PublicKey
from spark_lineage.store.summaries import ending, refuse_newer_run

NOT_ENDED = "the run has not ended: it has no sealed journal"


class Tables(str, Enum):
    """What the audit tables have of a run."""

    SAME = "same"
    OTHER = "other"
    NOT_WRITTEN = "not written"
    NOT_COMPARED = "not compared"


@dataclass(frozen=True)
class Verified:
    """What was found. ``why`` is None if all is as it was written; ``events`` counts what the journal holds.

    ``root`` is the last link of the hash chain, a hash of the whole journal; None unless all is intact. ``tables`` is
    the finding on the audit tables, ``samples`` whether sampled rows are kept, ``previous`` the runs that it names as
    those before it, with their root hashes, ``remarks`` are sentences about what is not proven.
    """

    run: str
    events: int
    why: str | None
    root: str | None = None
    tables: Tables = Tables.NOT_COMPARED
    samples: bool = False
    signature: Signature | None = None
    previous: tuple[tuple[str, str], ...] | None = None
    remarks: tuple[str, ...] = ()

    @property
    def intact(self) -> bool:
        return self.why is None


def document(answer: Verified) -> Document:
    """The ``--json`` shape."""
    return {
        "run": answer.run, "intact": answer.intact, "events": answer.events, "why": answer.why,
        "root_hash": answer.root, "tables": answer.tables.value, "samples": answer.samples,
        "signature": signed.document(answer.signature),
        "previous": [{"run": run, "root_hash": root} for run, root in answer.previous]
        if answer.previous is not None
        else None,
        "remarks": list(answer.remarks),
    }  # fmt: skip


def verify(run: Summary, with_tables: bool = True, trusted: PublicKey | None = None) -> Verified:
    """Raises :class:`AnswerError` if the journal cannot be read, StoreError if a newer version has written it.

    ``with_tables``: the audit tables of the store are looked at, too. ``trusted``: the run must be signed by this key.
    """
    refuse_newer_run(run.folder)
    if run.empty:
        return Verified(run.id, 0, run.why)
    try:
        found = _journal(run, trusted)
        return _tables(run, found) if with_tables and found.intact else found
    except OSError as error:
        raise AnswerError(f"the journal in {run.folder} cannot be read ({error})") from error


def _journal(run: Summary, trusted: PublicKey | None) -> Verified:
    chain = journal.verify(run.folder)
    why = chain.why if not chain.intact else _of_its_ends(run, chain.events)
    if why is not None:
        return Verified(run.id, chain.events, why)
    lines = journal.read_lines(run.folder)
    proven = signed.of_lines(lines, run.folder, trusted)
    why = proven.why or _of_its_samples(run.folder, lines)
    return Verified(
        run.id, chain.events, why, chain.root if why is None else None,
        samples=(run.folder / journal.SAMPLES).exists(), signature=proven.signature, previous=proven.previous,
        remarks=proven.remarks,
    )  # fmt: skip


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


def _of_its_samples(folder: Path, lines: Sequence[bytes]) -> str | None:
    try:
        return sampled.first_altered(folder, lines)
    except SHAPE_ERRORS as error:
        return f"its events cannot be read ({error})"


def _tables(run: Summary, found: Verified) -> Verified:
    """Compares the audit tables with what the journal gives."""
    try:
        seen = compared(DeltaAudit(run.folder.parent.parent / "audit"), open_folder(run.folder))
    except StoreError as error:
        return replace(found, why=str(error), root=None)
    if seen.unknown is not None:
        return replace(found, remarks=(*found.remarks, seen.unknown))
    if seen.why is not None:
        why = f"{seen.why}; `spark-lineage rebuild` makes the tables anew"
        return replace(found, why=why, root=None, tables=Tables.OTHER)
    if not seen.there:
        remark = "it is not in the audit tables: `spark-lineage rebuild --missing` adds it"
        return replace(found, tables=Tables.NOT_WRITTEN, remarks=(*found.remarks, remark))
    return replace(found, tables=Tables.SAME)
