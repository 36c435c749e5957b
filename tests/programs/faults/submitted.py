"""Its conf names the listener, as that of a program that spark-submit starts does."""

import os
import sys

from pyspark.sql import SparkSession


def clean(df):
    return df.filter("id > 0")


listener = {"spark.extraListeners": "io.sparklineage.LineageListener", "spark.lineage.store": "lineage"}
conf = listener if "io.sparklineage" in os.environ["PYSPARK_SUBMIT_ARGS"] else {}
spark = SparkSession.builder.config(map=conf).getOrCreate()
print(clean(spark.range(3)).count())
spark.stop()
sys.exit(3)
