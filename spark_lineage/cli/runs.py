"""``spark-lineage runs``: which runs a store has."""

from __future__ import annotations

from typing import Any

import click

from spark_lineage.cli.choosing import chosen, every_run, json_option, opened, run_options, store_option

MOST = 20  # runs shown to people who have not said how many


@click.command()
@json_option
@click.option(
    "--last", type=click.IntRange(min=1), metavar="N", help=f"Only the newest N; {MOST} if not given, all with --json."
)
@run_options
@store_option
def runs(as_json: bool, last: int | None, app: str | None, label: str | None, store: str | None) -> int:
    """List the runs of a store, newest first.

    The beginning of the id that is shown is enough to name a run. Exit status 2 if some run cannot be read: the list
    says which.

    \b
    spark-lineage runs
    spark-lineage runs --label team=risk --last 50 --json
    """
    from spark_lineage.answers import runs as report

    where = opened(store)
    every = every_run(where)
    asked = chosen(every, app, label)
    found = asked[::-1][: last or (len(asked) if as_json else MOST)]
    listed = report.listed(found, every)
    if as_json:
        from spark_lineage.faces.json import print_json

        print_json(report.document(listed, str(where.path)))
    else:
        from rich.console import Console

        from spark_lineage.faces.terminal import runs as terminal

        terminal.show(listed, Console(highlight=False), left=len(asked) - len(found))
    return tell_unreadable(listed)


def tell_unreadable(listed: Any) -> int:
    """One sentence for each run that cannot be read; the exit status."""
    whys = [each.why for each in listed if each.why is not None]
    for why in whys:
        click.echo(f"spark-lineage: {why}", err=True)
    return 2 if whys else 0
