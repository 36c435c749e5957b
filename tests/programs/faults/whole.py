"""A session of its own, from its start to its end, with what it writes."""

import os

from pyspark.sql import SparkSession


def clean(df):
    return df.filter("id > 0")


spark = SparkSession.builder.getOrCreate()
kept = clean(spark.range(4).repartition(1))
folder = os.path.abspath("out/clean")  # the JVM stays where it was started
kept.coalesce(1).write.mode("overwrite").csv(folder)
print(spark.read.csv(folder).count())
spark.stop()
