"""``spark-lineage diff``: which step is the first whose output differs though its inputs do not."""

from __future__ import annotations

import click

from spark_lineage.answers.collecting import without_collections
from spark_lineage.cli.options import json_option, store_option

SAME, DIFFERENT, UNDECIDED = 0, 1, 2


@click.command()
@click.argument("runs", nargs=-1, metavar="[A] [B]")
@json_option
@click.option(
    "--baseline",
    metavar="LABEL",
    help="A is the latest run with this label, apart from B; B is the last run unless given.",
)
@store_option()
@click.option("--store-b", metavar="PATH", help="The store of B, if it is another one.")
@click.option("--force", is_flag=True, help="Compare runs that look like those of different programs, too.")
@without_collections()
def diff(
    runs: tuple[str, ...], as_json: bool, baseline: str | None, store: str | None, store_b: str | None, force: bool
) -> int:
    """Compare run B with run A: name the first steps whose output differs though their inputs do not.

    A and B are run ids or beginnings of them, `last`, `last~1`, labels, or folders of runs. Without B it is the last
    run; without both, the last is compared with the one before.

    Exit status 0: the same, with evidence. 1: different. 2: could not be compared, or not all of it could and no
    difference was found.

    \b
    spark-lineage diff last~1 last
    spark-lineage diff --baseline main --json
    spark-lineage diff last last --store before/lineage --store-b after/lineage
    """
    from spark_lineage.answers import ask

    comparison = ask.diff(runs, store, baseline=baseline, store_b=store_b, force=force)
    if as_json:
        from spark_lineage.answers.diff.document import document
        from spark_lineage.faces.json import print_json

        print_json(document(comparison))
    else:
        from spark_lineage.faces.terminal import diff as terminal
        from spark_lineage.faces.terminal.console import console

        terminal.show(comparison, console())
    return SAME if comparison.same else DIFFERENT if comparison.different else UNDECIDED
