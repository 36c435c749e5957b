"""Which variable holds what: the last call of a chain gives it, in one statement or over lambdas."""

from functools import partial, reduce

from pyspark.sql import SparkSession
from pyspark.sql import functions as F


def trim(df):
    return df.where("id > 0")


def dedupe(df):
    return df.distinct()


def add(df, name, value):
    return df.withColumn(name, F.lit(value))


class Drop:
    def transform(self, df):
        return df.drop("a")


class Keep:
    def transform(self, df):
        return df.select("id", "b")


spark = SparkSession.builder.getOrCreate()
base = spark.range(5)
clean = dedupe(trim(base))
steps = [partial(add, name="a", value=1), partial(add, name="b", value=2), lambda df: df.withColumn("c", F.col("b"))]
stepped = reduce(lambda df, step: step(df), steps, clean)
chained = base.transform(lambda df: df.where("id < 4")).transform(add, "k", 5).transform(lambda df: df.drop("k"))
for step in (Keep(), Drop()):
    stepped = step.transform(stepped)
print(stepped.count(), chained.count())
