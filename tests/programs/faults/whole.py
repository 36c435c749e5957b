"""A session of its own, from its start to its end, with what it writes."""

from pyspark.sql import SparkSession


def clean(df):
    return df.filter("id > 0")


spark = SparkSession.builder.getOrCreate()
kept = clean(spark.range(4).repartition(1))
kept.coalesce(1).write.mode("overwrite").csv("out/clean")
print(spark.read.csv("out/clean").count())
spark.stop()
