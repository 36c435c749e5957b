"""``spark-lineage verify``: is a journal as it was written?"""

from __future__ import annotations

import sys

import click


@click.command()
@click.argument("run", default="last")
@click.option("--store", metavar="PATH", help="The store to read; as configured if not given.")
def verify(run: str, store: str | None) -> None:
    """Verify that the journal of a run is as it was written.

    Recomputes the hash chain over its events, and the hashes of its sampled rows as far as they are kept. Exit 0:
    intact; 1: changed, or its end is missing; 2: no such run, or it cannot be read.

    \b
    spark-lineage verify
    spark-lineage verify last~1
    """
    from spark_lineage.config import resolve
    from spark_lineage.store import Store, StoreError, journal
    from spark_lineage.store.summaries import refuse_newer_run

    found = Store(store if store is not None else resolve().store).resolve(run)
    refuse_newer_run(found.folder)
    try:
        verdict = journal.verify(found.folder)
    except OSError as error:
        raise StoreError(f"the journal in {found.folder} cannot be read ({error})") from error
    if verdict.intact and verdict.events:
        click.echo(f"{found.id}: intact, {verdict.events} events")
        return
    click.echo(f"{found.id}: {verdict.why or 'the run has not ended: it has no sealed journal'}")
    sys.exit(1)
