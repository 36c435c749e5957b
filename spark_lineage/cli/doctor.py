"""``spark-lineage doctor``: what is installed here, whether it fits together, and how to mend what does not."""

from __future__ import annotations

import click

from spark_lineage.cli.options import json_option, store_option

WELL, SOMETHING_TO_MEND = 0, 1


@click.command()
@json_option
@store_option("look at")
def doctor(as_json: bool, store: str | None) -> int:
    """Explain the installation: what is here, whether it fits together, how to mend it.

    Exit status 0 if all is well, 1 if something needs mending.

    \b
    spark-lineage doctor
    spark-lineage doctor --json
    """
    from spark_lineage.activation.installation import document, examine

    examination = examine(store=store)
    if as_json:
        from spark_lineage.faces.json import print_json

        print_json(document(examination))
    else:
        from spark_lineage.faces.terminal import doctor as terminal
        from spark_lineage.faces.terminal.console import console

        terminal.show(examination.findings, console())
    return WELL if examination.ok else SOMETHING_TO_MEND
