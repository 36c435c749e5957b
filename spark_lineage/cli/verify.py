"""``spark-lineage verify``: is a journal as it was written?"""

from __future__ import annotations

import click

from spark_lineage.cli.options import run_argument, store_option
from spark_lineage.privacy.terminal import printable

INTACT, CHANGED = 0, 1


@click.command()
@run_argument
@store_option()
def verify(run: str, store: str | None) -> int:
    """Verify that the journal of a run is as it was written.

    Recomputes the hash chain over its events, and the hashes of its sampled rows as far as they are kept. Exit 0:
    intact; 1: changed, or its end is missing; 2: no such run, or it cannot be read.

    \b
    spark-lineage verify
    spark-lineage verify last~1
    """
    from spark_lineage.answers import ask

    found = ask.verify(run, store)
    click.echo(printable(f"{found.run}: {found.why or f'intact, {found.events} events'}"))
    return INTACT if found.intact else CHANGED
