"""Enters the hooks of MLlib more than three times."""

from pyspark.ml.feature import StandardScaler, VectorAssembler
from pyspark.sql import SparkSession


def features(df):
    return VectorAssembler(inputCols=["id"], outputCol="features").transform(df)


spark = SparkSession.builder.getOrCreate()
for number in range(4):
    made = features(spark.range(5))
    print(StandardScaler(inputCol="features", outputCol="scaled").fit(made).transform(made).count())
