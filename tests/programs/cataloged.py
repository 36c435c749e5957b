"""A small job for the audit tables: reads, counts per group, writes; stops its session only if told to."""

import sys

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

spark = SparkSession.builder.getOrCreate()


def numbers(n: int) -> DataFrame:
    return spark.range(n).withColumn("group", F.col("id") % 3)


def per_group(df: DataFrame) -> DataFrame:
    return df.groupBy("group").agg(F.count("*").alias("rows"))


made = numbers(30)
counted = per_group(made)
counted.write.mode("overwrite").parquet("out/counted")
print(counted.count())
if sys.argv[1:] == ["stop"]:
    spark.stop()
