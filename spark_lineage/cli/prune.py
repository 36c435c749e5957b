"""``spark-lineage prune``: removes old runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from spark_lineage.cli.options import json_option, store_option
from spark_lineage.privacy.terminal import printable

if TYPE_CHECKING:
    from spark_lineage.sinks.retention import Plan


@click.command()
@click.option("--keep", metavar="SPAN", help="Remove runs that are older than this: 90d, 12h, 4w, 1y.")
@click.option("--keep-samples", metavar="SPAN", help="Of runs that are older than this remove the sampled rows.")
@click.option("--hold", "holds", multiple=True, metavar="LABEL", help="Runs with this label stay: key, or key=value.")
@click.option("--undelivered", is_flag=True, help="Also remove runs that a receiver has not got yet.")
@click.option(
    "--vacuum", "hours", default=168.0, type=click.FloatRange(min=0), metavar="HOURS", show_default=True,
    help="Remove files of the tables that no version of the last HOURS has; 0 only if nobody reads just now.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what would be removed, remove nothing.")
@json_option
@store_option("prune")
def prune(
    keep: str | None, keep_samples: str | None, holds: tuple[str, ...], undelivered: bool, hours: float, dry_run: bool,
    as_json: bool, store: str | None,
) -> None:  # fmt: skip
    """Remove old runs: their folders, and their rows in the audit tables, which are compacted.

    Runs with a label `hold` (a legal hold) stay however old they are; so do runs that still run, that cannot be read,
    or that a receiver has not got yet. The files that held removed rows go when they are older than --vacuum. What was
    removed is entered in the register of the store, signed by `sign.key`, so that `verify --store` does not miss it.

    \b
    spark-lineage prune --keep 90d --dry-run
    spark-lineage prune --keep 1y --keep-samples 30d --hold case=4711
    """
    from spark_lineage.answers.stores import opened
    from spark_lineage.config import resolve
    from spark_lineage.sinks import retention, signing

    found = opened(store)
    chosen = retention.plan_for_spans(found, keep, keep_samples, holds, undelivered)
    if not dry_run:
        signer = signing.optional(resolve().sign_key)
        retention.carry_out(found, chosen, hours, f"older than {keep}", signer)
    if as_json:
        from spark_lineage.faces.json import print_json

        print_json(retention.document(chosen, dry_run))
    else:
        _tell(chosen, dry_run)


def _tell(chosen: Plan, dry_run: bool) -> None:
    would = "would be removed" if dry_run else "removed"
    for run in chosen.runs:
        click.echo(printable(f"{run.id} ({run.app}) {would}"))
    for run in chosen.samples:
        click.echo(printable(f"{run.id} ({run.app}): sampled rows {would}"))
    for run_id, why in chosen.stay.items():
        click.echo(printable(f"{run_id} stays: {why}"))
    runs = "1 run" if len(chosen.runs) == 1 else f"{len(chosen.runs)} runs"
    click.echo(f"{runs} {would}, sampled rows of {len(chosen.samples)}, {len(chosen.stay)} old ones stay")
