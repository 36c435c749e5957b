"""The end of a journal: its last event names the runs that ended before it in the store, and is signed.

So the root hash of a run covers the root hashes of those before it, and through them all earlier ones: a run that is
taken out of the store later is missed by those that followed it. What cannot be done is said in that event
(``problems``), and the journal is written all the same.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

from spark_lineage.events import amending
from spark_lineage.events.content import Proof
from spark_lineage.events.content.run import Previous
from spark_lineage.events.identity import PRODUCER, SCHEMAS
from spark_lineage.guard import logger, signal_behind
from spark_lineage.privacy.files import write_private
from spark_lineage.sinks.signing import Signer
from spark_lineage.store import journal, register, signatures

LONGEST_WAIT = 5.0  # seconds for another run that ends just now; then both name the run before them
MOST = 1000  # runs that are named at most

Document = dict[str, Any]


class Sealing:
    """Of one run, in one store. ``problems``: what is known already to be missing, as a key that cannot be read."""

    def __init__(self, store: Path, run: str, signer: Signer | None = None, problems: tuple[str, ...] = ()) -> None:
        self._store, self._run, self._signer = store, run, signer
        self._problems = list(problems)
        self._held = contextlib.ExitStack()

    @classmethod
    def of_folder(cls, folder: Path, signer: Signer | None = None) -> Sealing | None:
        """For a run in a store; None for a folder elsewhere, as that of a copy."""
        return cls(folder.parent.parent, folder.name, signer) if folder.parent.name == "runs" else None

    def closed(self, event: Document, chain: str, number: int) -> Document:
        """The last event, with its proof. From now on no other run ends in this store until :meth:`let_go`.

        ``chain``: the last link before it; ``number``: which event it is, from 1.
        """
        facets = event["run"].setdefault("facets", {})
        previous = self._previous()
        facets[signatures.FACET] = _facet(Proof(previous=previous, problems=tuple(self._problems)))
        if self._signer is None:
            return event
        try:
            root, _ = journal.link(chain, number, journal.as_line(event))
            signed = self._signer.sign(signatures.of_run(event["run"]["runId"], number, root))
            facets[signatures.FACET]["signature"] = signed
        except BaseException as error:  # what a library in Rust raises derives from nothing else
            if signal_behind(error) is not None:
                raise
            logger.warning("spark-lineage.signature: the run could not be signed", exc_info=error)
            self._problems.append(f"it could not be signed ({type(error).__name__})")
            facets[signatures.FACET] = _facet(Proof(previous=previous, problems=tuple(self._problems)))
        return event

    def _previous(self) -> tuple[Previous, ...]:
        try:
            if not self._held.enter_context(register.locked(self._store, LONGEST_WAIT)):
                logger.warning("spark-lineage.register: another run has held the register for %s s", LONGEST_WAIT)
            found = [(run, root) for run, root in register.last(self._store) if run != self._run]
        except Exception as error:
            logger.warning("spark-lineage.register: the register of the store cannot be read", exc_info=error)
            self._problems.append(f"the register of the store could not be read ({type(error).__name__})")
            return ()
        return tuple(Previous(run=run, root=root) for run, root in found[-MOST:])

    def sealed(self, folder: Path) -> None:
        """Once events and chain are written: the signature beside them, and the end in the register.

        Nothing happens for a run that has not ended, or has ended before.
        """
        try:
            self._enter(folder)
        except Exception as error:
            logger.warning("spark-lineage.register: the end of the run could not be entered", exc_info=error)

    def _enter(self, folder: Path) -> None:
        lines = journal.ends(folder)
        facet = signatures.proof(lines[0]) if lines is not None else None
        if lines is None or facet is None or not amending.closes(json.loads(lines[0])):
            return
        if "signature" in facet:
            write_private(folder / signatures.FILE, json.dumps(facet["signature"], indent=1).encode("ascii") + b"\n")
        if not register.is_ended(self._store, self._run):
            register.ended(self._store, self._run, lines[1], [each["root"] for each in facet["previous"]])

    def let_go(self) -> None:
        self._held.close()


def _facet(proof: Proof) -> Document:
    from spark_lineage.events.facets import document

    schema = f"{SCHEMAS}/SparkLineageProofRunFacet.json"
    return {"_producer": PRODUCER, "_schemaURL": schema, **document(proof)}
