"""What a list of runs shows: read from the ends of each journal, so that a store of thousands of runs lists at once."""

from __future__ import annotations

import itertools
import os
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from spark_lineage.events.identity import seconds
from spark_lineage.model import SHAPE_ERRORS, Mode, Observation, Outcome, ProgramEnded, ProgramStarted, RepositorySeen
from spark_lineage.store import formats, journal, places, wal
from spark_lineage.store.errors import StoreError

if TYPE_CHECKING:
    from spark_lineage.events.content import Context

FIRST_OBSERVATIONS = 8  # the beginning of the program and its repository are among them


@dataclass(frozen=True)
class Summary:
    """One run of a list. ``why`` says what is wrong where the run cannot be read; all else is empty then.

    ``path`` is its folder, which of a run in a store elsewhere may not be there yet. ``end`` is known already where the
    list says it.
    """

    id: str
    app: str
    program: str
    started: float
    labels: Mapping[str, str]
    path: Path
    mode: Mode | None = None
    repository: RepositorySeen | None = None
    why: str | None = field(default=None, compare=False)
    empty: bool = False  # killed before anything of it was recorded
    end: Ending | None = field(default=None, compare=False)

    @property
    def folder(self) -> Path:
        """Its folder, with all that the store has of it. Raises StoreError where a store elsewhere does not answer."""
        return places.here(self.path)


@dataclass(frozen=True)
class Ending:
    """How a run ended; ``at`` is None while it runs, and where a kill left nobody to say it."""

    outcome: Outcome
    at: float | None


def summary(folder: Path) -> Summary | None:
    """From the first line of the journal, else of the write-ahead file; None for a folder that is no run.

    A run that cannot be read has a summary that says why.
    """
    try:
        found = _written_ahead(folder) if (folder / wal.NAME).exists() else None
        return found or _journalled(folder) or _killed_at_once(folder)
    except StoreError as error:
        return _unreadable(folder, str(error))
    except (*SHAPE_ERRORS, OSError) as error:
        return _unreadable(folder, f"the journal in {folder} cannot be read ({error}): restore it from a copy")


def refuse_newer_run(folder: Path) -> None:
    """Raises StoreError for a run that a newer version has written; what else is wrong with it is not looked at."""
    from spark_lineage.events import parsing

    formats.refuse_newer_format(wal.writer(folder).get("format"), folder)
    try:
        facet = parsing.head(journal.first_line(folder))
    except (*SHAPE_ERRORS, OSError):
        return
    formats.refuse_newer(facet or {}, folder)


def _written_ahead(folder: Path) -> Summary | None:
    formats.refuse_newer_format(wal.writer(folder).get("format"), folder)
    seen: list[Observation | None] = list(itertools.islice(wal.read(folder), FIRST_OBSERVATIONS))
    begun = next((run for run in seen if isinstance(run, ProgramStarted)), None)
    if begun is None:
        return None
    repository = next((run for run in seen if isinstance(run, RepositorySeen)), None)
    labels = dict(begun.labels)
    return Summary(folder.name, begun.app, begun.program, begun.at, labels, folder, begun.mode, repository)


def _journalled(folder: Path) -> Summary | None:
    try:
        line = journal.first_line(folder)
    except FileNotFoundError:
        return None
    context = _context(line, folder)
    if context.repository is not None and context.repository.dirty is None:
        # The first event may have been told before git had answered.
        context = _closing_context(folder) or context
    seen = context.repository
    repository = RepositorySeen(seen.root, seen.commit, seen.branch, seen.remote, seen.dirty) if seen else None
    started = seconds(context.started)
    labels = context.labels
    return Summary(
        folder.name, context.app, context.program, started, labels, folder, Mode(context.mode), repository
    )  # fmt: skip


def _closing_context(folder: Path) -> Context | None:
    """That of the application's last event; None where it has none, or one that cannot be read."""
    from spark_lineage.events import parsing

    try:
        facet = parsing.head(journal.last_line(folder / journal.EVENTS))
        return parsing.context(facet) if facet is not None else None
    except (*SHAPE_ERRORS, OSError):
        return None


def _killed_at_once(folder: Path) -> Summary | None:
    """A folder in the place of a run, with the name of one, and nothing in it; None for one that has just begun."""
    try:
        named = uuid.UUID(folder.name).version == 7
    except ValueError:
        return None
    if not named or folder.parent.name != "runs" or wal.is_alive(folder):
        return None
    why = f"{folder.name} was killed before anything of it was recorded: `spark-lineage prune --keep 90d` removes it"
    return replace(_unreadable(folder, why), empty=True)


def _context(line: bytes, folder: Path) -> Context:
    """The context facet of the first event. Raises ValueError or StoreError."""
    from spark_lineage.events import parsing

    if not line.endswith(b"\n"):
        raise ValueError("it has no whole event")
    facet = parsing.head(line)
    if facet is None:
        raise ValueError("its first event is not that of an application run")
    formats.refuse_newer(facet, folder)
    return parsing.context(facet)


def _unreadable(folder: Path, why: str) -> Summary:
    return Summary(folder.name, "?", "?", _moment(folder), {}, folder, why=why)


def _moment(folder: Path) -> float:
    """Run ids begin with their time; the folder's own is that of the last copy."""
    try:
        run = uuid.UUID(folder.name)
        return (run.int >> 80) / 1000 if run.version == 7 else os.stat(folder).st_mtime
    except (ValueError, OSError):
        return 0.0


def ending(run: Summary) -> Ending:
    """From the last line of the journal: the application ends last. Raises StoreError where that is damaged."""
    if run.end is not None:
        return run.end
    try:
        sealed = _sealed(run.folder)
    except (*SHAPE_ERRORS, OSError) as error:
        raise StoreError(f"the journal in {run.folder} cannot be read ({error}): restore it from a copy") from error
    if sealed is not None:
        return sealed
    if not (run.folder / wal.NAME).exists():
        raise StoreError(f"the journal in {run.folder} ends before its run does: restore it from a copy")
    if wal.is_alive(run.folder):
        return Ending(Outcome.RUNNING, None)
    last = wal.last_end(run.folder)
    if isinstance(last, ProgramEnded):
        return Ending(last.outcome, last.at)
    if last is not None:  # a kernel that waited for its next cell
        return Ending(Outcome.COMPLETE if last.error is None else Outcome.FAIL, last.at)
    return Ending(Outcome.ABORT, None)


def _sealed(folder: Path) -> Ending | None:
    """None for a journal that is not there yet, or not whole yet."""
    from spark_lineage.events import parsing

    if not (folder / journal.EVENTS).exists():
        return None
    facet = parsing.head(journal.last_line(folder / journal.EVENTS))
    if facet is None:
        return None
    context = parsing.context(facet)
    outcome = Outcome(context.outcome)
    ended = seconds(context.ended) if context.ended is not None else None
    return Ending(outcome, ended) if outcome is not Outcome.RUNNING else None


def shortest(ids: Sequence[str], least: int = 8) -> dict[str, str]:
    """The shortest beginning of each id that is no other's, at least ``least`` characters."""
    found = {}
    ordered = sorted(ids)
    for number, run in enumerate(ordered):
        beside = (*ordered[max(number - 1, 0) : number], *ordered[number + 1 : number + 2])
        shared = max((_shared(run, other) for other in beside), default=0)
        found[run] = run[: max(least, shared + 1)]
    return found


def _shared(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
