"""Lineage that goes through Python: RDDs, rows, pandas, broadcast."""

from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F


def from_rdd(df):
    return df.rdd.map(lambda row: (row.id, 1)).reduceByKey(lambda a, b: a + b).toDF(["id", "n"])


def by_rows(spark, df):
    rows = df.collect()
    return spark.createDataFrame(rows)


def by_some_rows(spark, df):
    rows = [row for row in df.collect() if row.n < 2]
    return spark.createDataFrame(rows)


def by_pandas(spark, df):
    return spark.createDataFrame(df.toPandas())


spark = SparkSession.builder.getOrCreate()
base = spark.range(4)
counted = from_rdd(base)
again = by_rows(spark, counted)
some = by_some_rows(spark, again)
panda = by_pandas(spark, some)
joined = panda.join(F.broadcast(base), "id")
good, bad = joined.randomSplit([0.5, 0.5], seed=1)
unseen = spark.createDataFrame([Row(id=1)])
print(good.count() + bad.count(), unseen.count())

# lineage:
# base <- -
# from_rdd <- base
# by_rows <- from_rdd
# by_some_rows <- by_rows
# by_pandas <- by_some_rows
# joined <- base, by_pandas
# good, bad <- joined
# unseen <- -
