"""``spark-lineage history``: one step or dataset over the runs of a program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from spark_lineage.cli.choosing import chosen, every_run, json_option, opened, run_options, store_option
from spark_lineage.cli.collecting import without_collections
from spark_lineage.store.errors import StoreError

if TYPE_CHECKING:
    from spark_lineage.answers.history import Series
    from spark_lineage.model import LineageGraph
    from spark_lineage.store import Store, Summary

MOST = 20  # runs looked at if not said otherwise


@click.command()
@click.argument("name", metavar="STEP|DATASET")
@json_option
@click.option(
    "--last", default=MOST, type=click.IntRange(min=1), metavar="N", show_default=True, help="The newest N runs."
)
@run_options
@store_option
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
    from spark_lineage.answers import history as report
    from spark_lineage.store.summaries import shortest

    where = opened(store)
    every = every_run(where)
    asked = chosen(every, app, label)
    try:
        found, whys = followed(where, asked, name, last)
    except report.HistoryError as error:
        raise click.UsageError(str(error)) from None
    if as_json:
        from spark_lineage.faces.json import print_json

        print_json(report.document(found, name, str(where.path)))
    else:
        from rich.console import Console

        from spark_lineage.faces.terminal import history as history_table

        history_table.show(found, Console(highlight=False), shortest([run.id for run in every]))
    for why in whys:
        click.echo(f"spark-lineage: {why}", err=True)
    return 2 if whys else 0


def followed(store: Store, runs: Sequence[Summary], name: str, last: int) -> tuple[list[Series], list[str]]:
    """The series, and why runs among them cannot be read. Raises HistoryError if no run has the name."""
    from spark_lineage.answers.history import HistoryError, history, subjects, unknown

    whys = {run.id: run.why for run in runs[-last:] if run.why is not None}
    known: dict[str, LineageGraph] = {}

    def graph(run: Summary) -> LineageGraph | None:
        if run.id not in known and run.id not in whys:
            try:
                known[run.id] = store.open(run, samples=False).graph
            except StoreError as error:
                whys[run.id] = str(error)
        return known.get(run.id)

    programs = _programs(runs, last)
    # The newest run of each program first: most often that is enough.
    for run in [each[-1] for each in programs] + [run for each in programs for run in each[-2::-1]]:
        seen = graph(run)
        if seen is not None and subjects(seen, name):
            of_program = next(each for each in programs if run in each)
            graphs = [each for each in map(graph, of_program) if each is not None]
            return history(graphs, name), list(whys.values())
    if not known:
        raise StoreError(next(iter(whys.values())))
    raise HistoryError(unknown(list(known.values())[::-1], name))


def _programs(runs: Sequence[Summary], last: int) -> list[list[Summary]]:
    """The newest runs of each program, oldest first; the program that ran last comes first."""
    found: dict[str, list[Summary]] = {}
    for run in reversed(runs):
        if run.why is None and len(found.setdefault(run.app, [])) < last:
            found[run.app].insert(0, run)
    return list(found.values())
