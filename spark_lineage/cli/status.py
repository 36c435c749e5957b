"""``spark-lineage status``: what has been delivered, what is left, what was set aside."""

from __future__ import annotations

import click

from spark_lineage.cli.options import json_option, store_option


@click.command()
@json_option
@store_option("look at")
def status(as_json: bool, store: str | None) -> None:
    """Show what has been delivered to which receiver, what is left, and what was set aside and why.

    \b
    spark-lineage status
    spark-lineage status --json
    """
    from spark_lineage.answers import ask

    answer = ask.status(store)
    if as_json:
        from spark_lineage.answers.status import document
        from spark_lineage.faces.json import print_json

        print_json(document(answer))
    else:
        from spark_lineage.faces.terminal import status as terminal
        from spark_lineage.faces.terminal.console import console

        terminal.show(answer, console())
