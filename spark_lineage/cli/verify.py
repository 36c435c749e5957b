"""``spark-lineage verify``: is the record of a run as it was written?"""

from __future__ import annotations

import click

from spark_lineage.cli.options import json_option, run_argument, store_option

INTACT, CHANGED = 0, 1


@click.command()
@run_argument
@click.option("--no-tables", is_flag=True, help="Leave the audit tables out.")
@json_option
@store_option()
def verify(run: str, no_tables: bool, as_json: bool, store: str | None) -> int:
    """Verify that the record of a run is as it was written.

    Recomputes the hash chain over its events, and the hashes of its sampled rows as far as they are kept, and compares
    its rows in the audit tables with those that the journal gives. Exit 0: intact; 1: changed, or its end is missing;
    2: no such run, or it cannot be read.

    \b
    spark-lineage verify
    spark-lineage verify last~1 --json
    """
    from spark_lineage.answers import ask

    answer = ask.verify(run, store, tables=not no_tables)
    if as_json:
        from spark_lineage.answers.verify import document
        from spark_lineage.faces.json import print_json

        print_json(document(answer))
    else:
        from spark_lineage.faces.terminal import verify as terminal
        from spark_lineage.faces.terminal.console import console

        terminal.show(answer, console())
    return INTACT if answer.intact else CHANGED
