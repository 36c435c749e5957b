"""``spark-lineage jar``: where the listener's jar is."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option(
    "--spark-home",
    type=click.Path(path_type=Path),
    help="The Spark to find the jar for, if not the one pyspark brings.",
)
def jar(spark_home: Path | None) -> None:
    """Print the path of the listener's jar for the Spark that is installed here.

    \b
    spark-submit --conf spark.extraListeners=io.sparklineage.LineageListener \\
        --jars "$(spark-lineage jar)" job.py
    """
    from spark_lineage.activation.jars import find_spark, jar_for
    from spark_lineage.config import resolve

    environ = {"SPARK_HOME": str(spark_home)} if spark_home else None
    click.echo(jar_for(find_spark(environ), resolve().jar))
