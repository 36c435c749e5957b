"""Three functions, a write and an action, in a session of Spark Connect that the program asks for itself."""

import sys

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F


def load(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame([(number, number % 3) for number in range(30)], "id int, key int")


def large(frame: DataFrame) -> DataFrame:
    return frame.filter(F.col("id") > 3)


def counted(frame: DataFrame) -> DataFrame:
    return frame.groupBy("key").agg(F.count("*").alias("rows"))


spark = SparkSession.builder.remote(sys.argv[2]).getOrCreate()
kept = large(load(spark))
result = counted(kept)
result.write.mode("overwrite").parquet(f"{sys.argv[1]}/result")
print(sorted(tuple(row) for row in result.collect()))
spark.stop()
