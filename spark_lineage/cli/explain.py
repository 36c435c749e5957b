"""``spark-lineage explain``: where a column comes from, by which expressions, through which functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from spark_lineage.answers.collecting import without_collections
from spark_lineage.cli.options import json_option, run_argument, store_option

if TYPE_CHECKING:
    from spark_lineage.answers.model_made import ModelMade


@click.command()
@click.argument("column", metavar="DATASET.COLUMN|MODEL")
@run_argument
@json_option
@store_option()
@without_collections()
def explain(column: str, run: str, as_json: bool, store: str | None) -> None:
    """Show the full definition of a column, from the columns of its sources, or how a model was made.

    DATASET is a dataset's id or name as `show` has it, a variable, a table, or the end of a path. RUN is a run id or
    the beginning of one, `last`, `last~1`, or a label. The name of a model alone shows what it was fitted on, and the
    functions that made that.

    \b
    spark-lineage explain report.avg_delay
    spark-lineage explain out/report.avg_delay last~1 --json
    spark-lineage explain train_model
    """
    from spark_lineage.answers import ask

    graph = ask.show(run, store)
    if (made := ask.model(column, graph)) is not None:
        _show_model(made, as_json)
        return
    explanation = ask.explain(column, graph)
    if as_json:
        from spark_lineage.answers.explain import document
        from spark_lineage.faces.json import print_json

        print_json(document(explanation))
    else:
        from spark_lineage.faces.terminal import explain as terminal
        from spark_lineage.faces.terminal.console import console

        terminal.show(explanation, console())


def _show_model(made: ModelMade, as_json: bool) -> None:
    if as_json:
        from spark_lineage.answers.model_made import document
        from spark_lineage.faces.json import print_json

        print_json(document(made))
    else:
        from spark_lineage.faces.terminal import model_made as terminal
        from spark_lineage.faces.terminal.console import console

        terminal.show(made, console())
