"""``spark-lineage verify``: is a journal as it was written?"""

from __future__ import annotations

import sys

import click


@click.command()
@click.argument("run", default="last")
@click.option("--store", metavar="PATH", help="The store to read; as configured if not given.")
def verify(run: str, store: str | None) -> None:
    """Verify that the journal of a run is as it was written.

    Recomputes the hash chain over its events. Exit 0: intact; 1: changed, or its end is missing; 2: no such run.
    """
    from spark_lineage.config import ConfigError, resolve
    from spark_lineage.store import Store, StoreError, journal

    try:
        found = Store(store if store is not None else resolve().store).resolve(run)
    except (ConfigError, StoreError) as error:
        raise click.UsageError(str(error)) from None
    verdict = journal.verify(found.folder)
    if verdict.intact and verdict.events:
        click.echo(f"{found.id}: intact, {verdict.events} events")
        return
    click.echo(f"{found.id}: {verdict.why or 'the run has not ended: it has no sealed journal'}")
    sys.exit(1)
