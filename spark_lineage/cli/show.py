"""``spark-lineage show``: what the steps of a run took in and gave out."""

from __future__ import annotations

import click

from spark_lineage.answers.collecting import without_collections
from spark_lineage.cli.options import json_option, run_argument, store_option


@click.command()
@run_argument
@click.argument("step", required=False)
@json_option
@store_option()
@without_collections()
def show(run: str, step: str | None, as_json: bool, store: str | None) -> None:
    """Show what each step of a run took in and gave out; of one STEP its columns and operators, too.

    RUN is a run id or the beginning of one, `last`, `last~1`, or a label. STEP is a step or the end of its name
    (STEP#2 is its second call), or a dataset, which stands for the step that made it. Rows, nulls and fingerprints are
    exact, or the reason stands there why they are not known.

    \b
    spark-lineage show
    spark-lineage show last clean_orders
    spark-lineage show last~1 --json
    """
    from spark_lineage.answers import ask

    graph = ask.show(run, store, step=step, whole=as_json or step is not None)
    if as_json:
        from spark_lineage.answers.show import document
        from spark_lineage.faces.json import print_json

        print_json(document(graph))
    else:
        from spark_lineage.faces.terminal import one_step
        from spark_lineage.faces.terminal import show as terminal
        from spark_lineage.faces.terminal.console import console

        (terminal if step is None else one_step).show(graph, console())
