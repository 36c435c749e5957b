"""``spark-lineage rebuild``: the audit tables anew from the journals."""

from __future__ import annotations

import click


@click.command()
@click.option("--missing", is_flag=True, help="Only add runs that are not in the tables yet.")
@click.option("--store", metavar="PATH", help="The store to work on; as configured if not given.")
def rebuild(missing: bool, store: str | None) -> None:
    """Make the audit tables anew from the journals of all runs.

    They are a function of the journals, so nothing is lost. No run may end meanwhile, except with --missing. Runs that
    were killed are sealed first, and so come in too.

    \b
    spark-lineage rebuild
    spark-lineage rebuild --missing --store lineage
    """
    from spark_lineage.config import ConfigError, resolve
    from spark_lineage.sinks.delta import DeltaAudit, available
    from spark_lineage.store import Store, StoreError

    if not available():
        raise click.UsageError("the audit tables need the package deltalake: pip install deltalake")
    try:
        opened = Store(store if store is not None else resolve().store)
        audit = DeltaAudit(opened.path / "audit")
        runs = audit.catch_up(opened) if missing else audit.rebuild(opened)
    except (ConfigError, StoreError) as error:
        raise click.UsageError(str(error)) from None
    click.echo(f"{runs} {'run' if runs == 1 else 'runs'} written to {audit.path}")
