"""``spark-lineage show``: what the steps of a run took in and gave out."""

from __future__ import annotations

import click

from spark_lineage.cli.collecting import without_collections
from spark_lineage.faces.json import print_json


@click.command()
@click.argument("run", default="last")
@click.option("--json", "as_json", is_flag=True, help="One JSON document with a stable shape.")
@click.option("--store", metavar="PATH", help="The store to read; as configured if not given.")
@without_collections()
def show(run: str, as_json: bool, store: str | None) -> None:
    """Show what each step of a run took in and gave out.

    RUN is a run id or the beginning of one, `last`, `last~1`, or a label. Rows, nulls and fingerprints are exact, or
    the reason stands there why they are not known.

    \b
    spark-lineage show
    spark-lineage show last~1 --json
    """
    from spark_lineage.config import resolve
    from spark_lineage.store import Store

    graph = Store(store if store is not None else resolve().store).open(run, samples=as_json, fragments=as_json).graph
    if as_json:
        from spark_lineage.answers.show import document

        print_json(document(graph))
        return
    from rich.console import Console

    from spark_lineage.faces.terminal import show as table

    table.show(graph, Console(highlight=False, soft_wrap=False))
