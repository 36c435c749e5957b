"""Ends the observation itself."""

from pyspark.sql import SparkSession

import spark_lineage


def clean(df):
    return df.filter("id > 0")


spark = SparkSession.builder.getOrCreate()
print(clean(spark.range(3)).count())
spark_lineage.stop()
print(clean(spark.range(4)).count())
