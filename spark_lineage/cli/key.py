"""``spark-lineage key``: makes a pair of keys to sign runs with."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("file", default="spark-lineage.key", type=click.Path(path_type=Path))
def key(file: Path) -> None:
    """Make a pair of Ed25519 keys: FILE signs runs, FILE.pub verifies them.

    FILE (spark-lineage.key if not given) can be read by its owner only and belongs to who runs programs: set the option
    `sign.key` to it. FILE.pub goes to who verifies. A file that is there is never replaced.

    \b
    spark-lineage key ~/.config/lineage.key
    SPARK_LINEAGE__SIGN__KEY=~/.config/lineage.key spark-lineage run job.py
    spark-lineage verify --key ~/.config/lineage.key.pub
    """
    from spark_lineage.sinks import signing

    public, made = signing.make_pair(file)
    click.echo(f"{file} signs, {public} verifies: key {made.id}")
