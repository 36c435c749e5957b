"""``spark-lineage pyfiles``: the Python half as a zip file."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Where to write the zip file; a cache folder if not given."
)
def pyfiles(output: Path | None) -> None:
    """Print the path of a zip file with the Python half, for drivers where nothing is installed.

    \b
    spark-submit --conf spark.extraListeners=io.sparklineage.LineageListener \\
        --jars "$(spark-lineage jar)" --py-files "$(spark-lineage pyfiles)" job.py
    """
    from spark_lineage.activation.pyfiles import build

    click.echo(build(output))
