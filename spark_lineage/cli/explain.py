"""``spark-lineage explain``: where a column comes from, by which expressions, through which functions."""

from __future__ import annotations

import click

from spark_lineage.answers.collecting import without_collections
from spark_lineage.cli.options import json_option, run_argument, store_option


@click.command()
@click.argument("column", metavar="DATASET.COLUMN")
@run_argument
@json_option
@store_option()
@without_collections()
def explain(column: str, run: str, as_json: bool, store: str | None) -> None:
    """Show the full definition of a column, from the columns of its sources.

    DATASET is a dataset's id or name as `show` has it, a variable, a table, or the end of a path. RUN is a run id or
    the beginning of one, `last`, `last~1`, or a label.

    \b
    spark-lineage explain report.avg_delay
    spark-lineage explain out/report.avg_delay last~1 --json
    """
    from spark_lineage.answers import ask

    explanation = ask.explain(column, run, store)
    if as_json:
        from spark_lineage.answers.explain import document
        from spark_lineage.faces.json import print_json

        print_json(document(explanation))
    else:
        from spark_lineage.faces.terminal import explain as terminal
        from spark_lineage.faces.terminal.console import console

        terminal.show(explanation, console())
