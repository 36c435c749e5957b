from functools import partial

from pyspark.sql import SparkSession
from pyspark.sql import functions as F


def clean(df):
    return df.filter("id > 3")


def add(df, value):
    return df.withColumn("value", F.lit(value))


spark = SparkSession.builder.getOrCreate()
base = spark.range(10)
once = base.transform(clean)
chained = base.transform(clean).transform(add, 5).transform(lambda df: df.filter("id < 8"))
bound = base.transform(partial(add, value=1))
print(once.count(), chained.count(), bound.count())

# lineage:
# base <- -
# clean <- base
# add <- clean
# chained <- add
# add <- base
