"""``spark-lineage runs``: which runs a store has."""

from __future__ import annotations

import click

from spark_lineage.cli.options import json_option, runs_options, store_option
from spark_lineage.cli.telling import tell_unreadable

MOST = 20  # runs shown to people who have not said how many


@click.command()
@json_option
@click.option(
    "--last", type=click.IntRange(min=1), metavar="N", help=f"Only the newest N; {MOST} if not given, all with --json."
)
@runs_options
@store_option()
def runs(as_json: bool, last: int | None, app: str | None, label: str | None, store: str | None) -> int:
    """List the runs of a store, newest first.

    The beginning of the id that is shown is enough to name a run. Exit status 2 if some run cannot be read: the list
    says which.

    \b
    spark-lineage runs
    spark-lineage runs --label team=risk --last 50 --json
    """
    from spark_lineage.answers import ask

    answer = ask.runs(store, app=app, label=label, last=last or (None if as_json else MOST))
    if as_json:
        from spark_lineage.answers.runs import document
        from spark_lineage.faces.json import print_json

        print_json(document(answer))
    else:
        from spark_lineage.faces.terminal import runs as terminal
        from spark_lineage.faces.terminal.console import console

        terminal.show(answer, console())
    return tell_unreadable(answer.unreadable)
