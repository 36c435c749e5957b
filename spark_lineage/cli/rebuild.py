"""``spark-lineage rebuild``: the audit tables anew from the journals."""

from __future__ import annotations

import click

from spark_lineage.cli.options import store_option


@click.command()
@click.option("--missing", is_flag=True, help="Only add runs that are not in the tables yet.")
@store_option("work on")
def rebuild(missing: bool, store: str | None) -> None:
    """Make the audit tables anew from the journals of all runs.

    They are a function of the journals, so nothing is lost. No run may end meanwhile, except with --missing. Runs that
    were killed are sealed first, and so come in too.

    \b
    spark-lineage rebuild
    spark-lineage rebuild --missing --store lineage
    """
    from spark_lineage.answers.stores import opened
    from spark_lineage.config import resolve
    from spark_lineage.sinks import signing
    from spark_lineage.sinks.bringing import bring_all
    from spark_lineage.sinks.delta import tables_of

    found = opened(store)
    audit = tables_of(found)
    signer = signing.optional(resolve().sign_key)
    runs = audit.catch_up(found, signer) if missing else audit.rebuild(found, signer)
    bring_all(found.path)
    click.echo(f"{runs} {'run' if runs == 1 else 'runs'} written to {audit.name}")
