"""Removes old runs from a store, and their rows from the audit tables. What is held, runs, or is undelivered stays."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from spark_lineage.events.identity import iso
from spark_lineage.refusals import Refusal
from spark_lineage.sinks import cursors
from spark_lineage.sinks.delta import DeltaAudit
from spark_lineage.sinks.otel import progress
from spark_lineage.sinks.signing import Signer
from spark_lineage.store import journal, places, register, signatures, wal
from spark_lineage.store.runs import Store
from spark_lineage.store.summaries import Summary

HOLD = "hold"  # the label that holds a run, whatever its value but these
AT_ONCE = 3600.0  # seconds after which a run that was killed before its first record is removed with the old ones
NOT_HELD = ("", "false", "no", "off", "0")
UNITS = {"h": 3600.0, "d": 86400.0, "w": 7 * 86400.0, "y": 365 * 86400.0}


class RetentionError(Refusal, ValueError):
    """Runs that cannot be removed as they were to be; its text is one sentence for the user."""


@dataclass(frozen=True)
class Plan:
    """What is to be removed, and what stays although it is old: id -> why."""

    runs: tuple[Summary, ...] = ()
    samples: tuple[Summary, ...] = ()  # of these only the sampled rows
    stay: Mapping[str, str] = field(default_factory=dict)


def seconds(text: str) -> float:
    """``90d``, ``12h``, ``4w``, ``1y`` -> seconds. Raises :class:`RetentionError`."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([hdwy])", text.strip().lower())
    if found is None:
        raise RetentionError(f"{text!r} is no time span: write 90d, 12h, 4w or 1y")
    return float(found[1]) * UNITS[found[2]]


def plan_for_spans(
    store: Store, keep: str | None, keep_samples: str | None, holds: Sequence[str], undelivered: bool
) -> Plan:
    """As :func:`plan`, with time spans as the user writes them. Raises :class:`RetentionError`."""
    if keep is None and keep_samples is None:
        raise RetentionError("Say what to keep: --keep 90d, or --keep-samples 30d.")
    whole, rows = (seconds(span) if span is not None else None for span in (keep, keep_samples))
    return plan(store, whole, rows, holds, undelivered)


def plan(
    store: Store, keep: float | None, keep_samples: float | None = None, holds: Sequence[str] = (),
    undelivered: bool = False, now: float | None = None,
) -> Plan:  # fmt: skip
    """``keep``: runs older than this many seconds are to go; None: none is. ``keep_samples``: their sampled rows.

    ``holds``: labels (``key`` or ``key=value``) that hold a run besides ``hold``. ``undelivered``: runs go although
    a receiver has not got them.
    """
    now = time.time() if now is None else now
    store.fetch()
    receivers = tuple(cursors.known(store.path))
    runs: list[Summary] = []
    samples: list[Summary] = []
    stay: dict[str, str] = {}
    for run in store.runs():
        old = keep is not None and run.started < now - (min(keep, AT_ONCE) if run.empty else keep)
        bare = keep_samples is not None and run.started < now - keep_samples
        if not old and not bare:
            continue
        if (why := _stays(run, holds)) is not None:
            stay[run.id] = why
        elif old and not undelivered and (waiting := _waiting(run, receivers)):
            stay[run.id] = waiting
        elif old:
            runs.append(run)
        elif (run.folder / journal.SAMPLES).exists():
            samples.append(run)
    return Plan(tuple(runs), tuple(samples), stay)


def _stays(run: Summary, holds: Sequence[str]) -> str | None:
    if run.why is not None and not run.empty:
        return "it cannot be read"
    if wal.is_alive(run.folder):
        return "it still runs"
    if run.labels.get(HOLD, "").strip().lower() not in NOT_HELD:
        return f"held by its label {HOLD}={run.labels[HOLD]}"
    held = next((hold for hold in holds if _has(run.labels, hold)), None)
    return f"held by its label {held}" if held is not None else None


def _has(labels: Mapping[str, str], text: str) -> bool:
    key, equals, value = text.partition("=")
    return key in labels and (not equals or labels[key] == value)


def _waiting(run: Summary, receivers: Sequence[str]) -> str | None:
    """Says which receivers (``receivers``: their keys) and collectors have not got the whole run; None if all have."""
    all_ = [cursors.ReceiverFiles(run.folder, receiver) for receiver in receivers]
    left = [files for files in all_ if files.is_due() and files.left()]
    titles = [files.load().title or files.receiver for files in left]
    titles += [found.title for found in progress.of_run(run.folder).values() if not found.done]
    return f"not yet delivered to {', '.join(titles)}" if titles else None


def document(chosen: Plan, dry_run: bool) -> dict[str, Any]:
    """The ``--json`` shape of ``prune``."""
    return {
        "dry_run": dry_run,
        "removed": [run.id for run in chosen.runs],
        "samples_removed": [run.id for run in chosen.samples],
        "kept": [{"run": run, "why": why} for run, why in chosen.stay.items()],
    }


def carry_out(
    store: Store, chosen: Plan, vacuum_hours: float | None = None, why: str = "", signer: Signer | None = None
) -> None:
    """Removes the rows first and the folders after, so that the next time finds and ends what a crash left half done.

    Each run that goes is entered as removed in the register of the store, for this reason and signed by ``signer``.
    ``vacuum_hours``: see :meth:`DeltaAudit.compact`. Raises :class:`RetentionError` if files cannot be removed.
    """
    try:
        _carry_out(store, chosen, vacuum_hours, why, signer)
    except OSError as error:
        where = error.filename or store.path
        raise RetentionError(f"{where} cannot be removed: {error.strerror or error}") from error


def _carry_out(store: Store, chosen: Plan, vacuum_hours: float | None, why: str, signer: Signer | None) -> None:
    audit = DeltaAudit(store.path / "audit")
    audit.delete([run.id for run in chosen.runs])
    audit.delete([run.id for run in chosen.samples], ["samples"])
    audit.compact(vacuum_hours)
    for run in chosen.samples:
        (run.folder / journal.SAMPLES).unlink(missing_ok=True)
        if (place := places.place_of(store.path)) is not None:
            place.remove_file(run.id, journal.SAMPLES)
    for run in chosen.runs:
        folder = run.folder
        register.removed(store.path, _entry(run, why, signer))
        _remove(folder)


def _entry(run: Summary, why: str, signer: Signer | None) -> register.Entry:
    """What the register keeps of a run that goes: its root hash, and those of the runs that it named."""
    found = journal.verify(run.folder)
    proof = signatures.proof(journal.last_line(run.folder / journal.EVENTS)) if found.root is not None else None
    names = tuple((str(each["run"]), str(each["root"])) for each in (proof or {}).get("previous", ()))
    entry = register.Entry(register.Kind.REMOVED, run.id, found.root, names=names, at=iso(time.time()), why=why)
    return replace(entry, signature=signer.sign(entry.statement)) if signer is not None else entry


def _remove(folder: Path) -> None:
    """Removes the folder of a run. It is renamed first, so that a run that is half removed is no run any more."""
    gone = folder.with_name(f".removed-{folder.name}")
    folder.rename(gone)
    shutil.rmtree(gone)
