"""The head of each run of a store elsewhere: one small object, ``register/<run>.json``, which only its writer replaces.

It has what a list of runs shows, so that a list needs no journal, and what the register of a store has of the run: that
it began, how it ended, that it was removed. All of it is a function of the journal, but for the removal.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from spark_lineage.model import FORMAT, SHAPE_ERRORS, Mode, Outcome, RepositorySeen
from spark_lineage.store import formats, journal, signatures
from spark_lineage.store.errors import StoreError
from spark_lineage.store.summaries import Ending, Summary, ending, summary

FOLDER = "register/"


def run_of(name: str) -> str:
    """The run whose head an object is."""
    return name[len(FOLDER) : -len(".json")]


def began(name: str) -> float | None:
    """When the run of a head began, in seconds, as its id says; None for an id that says nothing."""
    try:
        found = uuid.UUID(run_of(name))
    except ValueError:
        return None
    return (found.int >> 80) / 1000 if found.version == 7 else None


@dataclass(frozen=True)
class Head:
    """``root`` and ``previous`` are known once the run has ended. ``removed`` is its line in the register."""

    run: str
    app: str = "?"
    program: str = "?"
    started: float = 0.0
    labels: Mapping[str, str] = field(default_factory=dict)
    mode: str | None = None
    repository: Mapping[str, Any] | None = None
    outcome: str | None = None
    ended: float | None = None
    root: str | None = None
    previous: tuple[str, ...] = ()
    why: str | None = None  # it cannot be read
    removed: Mapping[str, Any] | None = None
    format: int = FORMAT

    @property
    def object(self) -> str:
        return f"{FOLDER}{self.run}.json"

    def written(self) -> bytes:
        return json.dumps(asdict(self), separators=(",", ":")).encode("ascii")

    def lines(self) -> Iterator[Mapping[str, Any]]:
        """What the register of a store has of this run."""
        yield {"began": self.run}
        if self.root is not None:
            yield {"ended": self.run, "root": self.root, "previous": list(self.previous)}
        if self.removed is not None:
            yield dict(self.removed)

    def summary(self, folder: Path, alive: bool) -> Summary:
        """``alive``: its writer was heard of lately; a run without an end and without a writer was killed."""
        outcome = Outcome(self.outcome) if self.outcome else Outcome.RUNNING
        if outcome is Outcome.RUNNING and not alive:
            outcome = Outcome.ABORT
        seen = RepositorySeen(**self.repository) if self.repository is not None else None
        return Summary(
            self.run, self.app, self.program, self.started, dict(self.labels), folder,
            Mode(self.mode) if self.mode else None, seen, self.why, end=Ending(outcome, self.ended),
        )  # fmt: skip


def read(name: str, content: bytes) -> Head:
    """The head of a run; one that cannot be read says so."""
    run = name[len(FOLDER) : -len(".json")]
    try:
        document = json.loads(content)
        formats.refuse_newer_format(document.get("format"), run)
        known = {key: document[key] for key in Head.__dataclass_fields__ if key in document}
        found = replace(Head(**known), run=run, previous=tuple(map(str, document.get("previous", ()))))
        found.summary(Path(run), alive=False)  # raises what a damaged one does
        return found
    except StoreError as error:
        return Head(run, why=str(error))
    except SHAPE_ERRORS as error:
        return Head(run, why=f"{name} cannot be read ({error}): `spark-lineage show` of the run still may")


def of_folder(folder: Path) -> Head:
    """The head of a run that is recorded in a folder. Raises what damaged files raise."""
    found = summary(folder)
    if found is None:
        return Head(folder.name, why=f"{folder.name} has just begun: nothing of it was recorded yet")
    if found.why is not None:
        return Head(found.id, why=found.why)
    end = ending(found)
    root, previous = _sealed(folder) if end.at is not None else (None, ())
    return Head(
        found.id, found.app, found.program, found.started, dict(found.labels),
        found.mode.value if found.mode is not None else None,
        asdict(found.repository) if found.repository is not None else None, end.outcome.value, end.at, root, previous,
    )  # fmt: skip


def _sealed(folder: Path) -> tuple[str | None, tuple[str, ...]]:
    last = journal.ends(folder)
    if last is None:
        return None, ()
    proof = signatures.proof(last[0]) or {}
    return last[1], tuple(str(each["root"]) for each in proof.get("previous", ()))
