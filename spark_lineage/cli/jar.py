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
@click.option("--spark", metavar="VERSION", help="The version of a Spark that is not here: 3.5, 4.0.1.")
@click.option("--scala", metavar="VERSION", help="With --spark: its Scala, 2.12 or 2.13.")
def jar(spark_home: Path | None, spark: str | None, scala: str | None) -> None:
    """Print the path of the listener's jar for the Spark that is installed here, or another one.

    \b
    spark-submit --conf spark.extraListeners=io.sparklineage.LineageListener \\
        --jars "$(spark-lineage jar)" job.py
    spark-lineage jar --spark 3.5 --scala 2.12
    """
    from spark_lineage.activation.jars import JarError, find_spark, jar_for, spark_of
    from spark_lineage.config import resolve

    if scala is not None and spark is None:
        raise JarError("--scala says which Scala the Spark of --spark has: give both.")
    if spark is not None:
        if spark_home is not None:
            raise JarError("--spark and --spark-home both say which Spark it is: leave one out.")
        click.echo(jar_for(spark_of(spark, scala), resolve().jar))
        return

    environ = {"SPARK_HOME": str(spark_home)} if spark_home else None
    click.echo(jar_for(find_spark(environ), resolve().jar))
