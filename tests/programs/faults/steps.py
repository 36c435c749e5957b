"""Steps, views, caches, errors and exits, each more than three times: after three faults a part is off."""

import sys

from pyspark.logger import PySparkLogger
from pyspark.sql import SparkSession
from pyspark.sql import functions as F


def clean(df):
    return df.filter("id > 0")


def careless(df):
    try:
        return df.select("nope")
    except Exception as error:
        return type(error).__name__


def leave(code):
    try:
        sys.exit(code)
    except SystemExit as left:
        return left.code


def adopted(df):
    return type(df)(df._jdf, df.sparkSession)


PySparkLogger.getLogger("DataFrameQueryContextLogger").setLevel("CRITICAL")  # it would print the time
spark = SparkSession.builder.getOrCreate()
base = spark.range(4)
for number in range(1, 5):
    part = clean(base.withColumn("n", F.lit(number)))
    part.createOrReplaceTempView("part")
    part.cache()
    print(spark.sql("select id, n from part").columns, careless(part), leave(number))
    print(adopted(part).rdd.getNumPartitions() > 0)
    part.unpersist()
    print(part.isEmpty())
