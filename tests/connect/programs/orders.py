"""A program for a classic session and for one of Spark Connect: SPARK_REMOTE says which."""

import sys

import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import DoubleType

OUT = sys.argv[1]
spark = SparkSession.builder.getOrCreate()  # before functions are made for it: they are those of its kind


@F.udf(DoubleType())
def taxed(value):
    return value * 1.2


@F.pandas_udf(DoubleType())
def rounded(values: pd.Series) -> pd.Series:
    return values.round(1)


def doubled(batches):
    for batch in batches:
        batch["value"] = batch["value"] * 2
        yield batch


def load() -> DataFrame:
    rows = [(number, number % 4, float(number)) for number in range(40)]
    spark.createDataFrame(rows, "id int, customer int, value double").write.mode("overwrite").parquet(f"{OUT}/orders")
    return spark.read.parquet(f"{OUT}/orders")


def customers() -> DataFrame:
    return spark.createDataFrame(pd.DataFrame({"customer": [0, 1, 2], "name": ["ann", "bob", "eve"]}))


def valid(orders: DataFrame) -> DataFrame:
    # A Python UDF straight over a scan of Parquet hangs in plain Spark 4.2.0: the filter stands between.
    return orders.filter(F.col("id") > 4).withColumn("value", taxed("value"))


def named(orders: DataFrame, known: DataFrame) -> DataFrame:
    return orders.join(known, "customer", "left")


def by_name(orders: DataFrame) -> DataFrame:
    return orders.groupBy("name").agg(F.sum("value").alias("total"), F.count("*").alias("orders"))


def from_view(orders: DataFrame) -> DataFrame:
    orders.createOrReplaceTempView("valid_orders")
    return spark.sql("SELECT customer, max(value) AS highest FROM valid_orders GROUP BY customer")


def in_pandas(orders: DataFrame) -> pd.DataFrame:
    frame = orders.select("id", "value").toPandas()
    return frame[frame["value"] > 20]


def main() -> None:
    orders = load()
    good = valid(orders)
    good.cache()
    full = named(good, customers())
    totals = by_name(full)
    totals.write.mode("overwrite").parquet(f"{OUT}/totals")
    highest = from_view(good).withColumn("highest", rounded("highest"))
    print(sorted(tuple(row) for row in highest.collect()))
    twice = good.select("id", "value").mapInPandas(doubled, "id int, value double")
    print(twice.count(), full.union(full).distinct().count())
    large = spark.createDataFrame(in_pandas(good))
    large.write.mode("overwrite").csv(f"{OUT}/large", header=True)
    print(sorted((tuple(row) for row in totals.collect()), key=str))
    spark.stop()


if __name__ == "__main__":
    main()
