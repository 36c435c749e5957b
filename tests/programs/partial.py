"""Datasets of which Spark did not look at every row or column: each is a function of its own."""

import sys

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

DATA = sys.argv[1]
spark = SparkSession.builder.appName("partial").getOrCreate()


def numbers(n):
    return spark.range(0, n, 1, 4).select("id", (F.col("id") * 3).alias("triple"), F.lit("x").alias("letter"))


def shown():
    return numbers(10_000).withColumn("more", F.col("id") + 1)


def taken():
    return numbers(11_000).withColumn("more", F.col("id") + 1)


def headed():
    return numbers(12_000).withColumn("more", F.col("id") + 1)


def limited_above():
    return numbers(13_000).withColumn("more", F.col("id") + 1)


def limit_itself():
    return numbers(14_000).limit(9)


def pruned():
    return numbers(15_000).withColumn("more", F.col("id") + 1)


def filter_pushed():
    return spark.read.parquet(f"{DATA}/orders").withColumn("double", F.col("amount") * 2)


def filters_pushed():
    return spark.read.parquet(f"{DATA}/orders").filter("amount > 5000").withColumn("double", F.col("quantity") * 2)


def partition_pruned():
    return spark.read.parquet(f"{DATA}/orders").withColumn("triple", F.col("amount") * 3)


def never_executed():
    return numbers(16_000).withColumn("more", F.col("id") + 1)


def only_schema():
    return numbers(17_000).withColumn("more", F.col("id") + 1)


def counted():
    return numbers(18_000).withColumn("more", F.col("id") + 1)


def existence():
    return numbers(19_000).withColumn("more", F.col("id") + 1)


def all_of_limit():
    return numbers(50).withColumn("more", F.col("id") + 1)


def sampled():
    return numbers(20_000).withColumn("more", F.col("id") + 1)


def streamed_to_driver():
    return numbers(21_000).withColumn("more", F.col("id") + 1)


def first_then_all():
    return numbers(22_000).withColumn("more", F.col("id") + 1)


def outer_made_inner():
    customers = spark.read.parquet(f"{DATA}/customers")
    return spark.read.parquet(f"{DATA}/orders").join(customers, "customer_id", "left")


def ended_early():
    return numbers(23_000).withColumn("more", F.col("id") + 1)


shown().show(5)
print(taken().take(3))
print(headed().head(2), headed().first())
limited_above().limit(5).write.format("noop").mode("overwrite").save()
limit_itself().collect()
pruned().select("triple").collect()
filter_pushed().filter("quantity = 3").collect()
filters_pushed().filter("double > 8").collect()
partition_pruned().filter("day = date'2024-01-02'").collect()
never_executed().createOrReplaceTempView("never")
only_schema().select("id").printSchema()
print(counted().count())
print(existence().isEmpty())
print(len(all_of_limit().limit(1000).collect()))
print(sampled().sample(0.1, 7).count() > 0)
stream = streamed_to_driver().toLocalIterator()
print(next(stream))
del stream
twice = first_then_all()
print(twice.first())
print(len(twice.collect()))
outer_made_inner().filter("country = 'DE'").collect()
whole = ended_early()
print(whole.orderBy("id").limit(3).collect())
spark.stop()
