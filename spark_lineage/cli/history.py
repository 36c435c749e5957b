"""``spark-lineage history``: one step or dataset over the runs of a program."""

from __future__ import annotations

import click

from spark_lineage.answers.collecting import without_collections
from spark_lineage.cli.options import json_option, runs_options, store_option
from spark_lineage.cli.telling import tell_unreadable

MOST = 20  # runs looked at if not said otherwise


@click.command()
@click.argument("name", metavar="STEP|DATASET")
@json_option
@click.option(
    "--last", default=MOST, type=click.IntRange(min=1), metavar="N", show_default=True, help="The newest N runs."
)
@runs_options
@store_option()
@without_collections()
def history(name: str, as_json: bool, last: int, app: str | None, label: str | None, store: str | None) -> int:
    """Show rows, nulls and content of a step's output over the runs of a program, and in which run they changed.

    STEP|DATASET is a dataset's id or name as `show` has it, a variable, a table, the end of a path, or a step: its
    name, or the end of it. STEP#2 is its second call. The program is that of the last run that has it, unless --app
    says otherwise. Exit status 2 if there is no such name, or a run cannot be read.

    \b
    spark-lineage history clean_orders
    spark-lineage history clean_orders#2 --last 50 --label agent=beta --json
    """
    from spark_lineage.answers import ask

    answer = ask.history(name, store, app=app, label=label, last=last)
    if as_json:
        from spark_lineage.answers.history import document
        from spark_lineage.faces.json import print_json

        print_json(document(answer))
    else:
        from spark_lineage.faces.terminal import history as terminal
        from spark_lineage.faces.terminal.console import console

        terminal.show(answer.series, console(), answer.short_ids)
    return tell_unreadable(answer.unreadable)
