"""``spark-lineage show``: what the steps of a run took in and gave out."""

from __future__ import annotations

import click

from spark_lineage.cli.collecting import without_collections
from spark_lineage.cli.options import json_option, run_argument, store_option


@click.command()
@run_argument
@json_option
@store_option()
@without_collections()
def show(run: str, as_json: bool, store: str | None) -> None:
    """Show what each step of a run took in and gave out.

    RUN is a run id or the beginning of one, `last`, `last~1`, or a label. Rows, nulls and fingerprints are exact, or
    the reason stands there why they are not known.

    \b
    spark-lineage show
    spark-lineage show last~1 --json
    """
    from spark_lineage.answers import ask

    graph = ask.show(run, store, whole=as_json)
    if as_json:
        from spark_lineage.answers.show import document
        from spark_lineage.faces.json import print_json

        print_json(document(graph))
    else:
        from spark_lineage.faces.terminal import show as terminal
        from spark_lineage.faces.terminal.console import console

        terminal.show(graph, console())
