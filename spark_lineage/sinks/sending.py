"""What ``spark-lineage send`` does: everything in a store that the configured receivers have not got yet is sent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from spark_lineage.sinks.cursors import runs
from spark_lineage.sinks.journal import seal
from spark_lineage.sinks.sender import Sender
from spark_lineage.sinks.transports import TransportError, receivers
from spark_lineage.store import Store, StoreError, wal

if TYPE_CHECKING:
    from spark_lineage.sinks.signing import Signer

OTHERS = 15.0  # seconds to wait for a program that is just sending its own run


def sender_of_all(store: Store, wait: float) -> Sender:
    """A sender of all runs, not started yet. It goes on for ``wait`` seconds trying a receiver that does not answer.

    Raises :class:`TransportError` where there is nowhere to send to, StoreError where there is nothing to send or a
    newer version has written it.
    """
    found = receivers()
    if not store.has_runs():
        raise StoreError(f"No runs in {store.name}: record one with `spark-lineage run`, or name another store.")
    if not found:
        raise TransportError(
            "No OpenLineage transport is configured: set OPENLINEAGE_URL, or write an openlineage.yml with a transport."
        )
    store.refuse_newer()
    return Sender(store.path, only_due=False, patience=wait, others=max(wait, OTHERS), make=lambda: found)


def seal_what_was_killed(store: Path, signer: Signer | None = None) -> Iterator[str]:
    """Runs whose driver was killed have their record in the write-ahead file: they end here, signed by
    ``signer``, and can be sent, too.

    Gives one sentence for each run that is left out because it cannot be read.
    """
    for run in runs(store):
        try:
            if (run / wal.NAME).exists():
                seal(run, signer)
        except (StoreError, OSError, ValueError, KeyError, TypeError) as error:
            yield f"{run.name} cannot be read and is left out: {error}"
