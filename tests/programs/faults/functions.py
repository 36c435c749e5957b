"""Python functions are handed to Spark more than three times."""

from pyspark.sql import SparkSession
from pyspark.sql import functions as F


def longer(text):
    return text + "!"


def loud(text):
    return text.upper()


spark = SparkSession.builder.getOrCreate()
base = spark.range(1)
for function in (longer, loud, longer, loud):
    print(base.select(F.udf(function, "string")(F.lit("a")).alias("text")).columns)
