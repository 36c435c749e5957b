"""Branches that have nothing to do with each other, each with a sink: a fault in one shows in no other."""

import sys

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

DATA, OUT = sys.argv[1:3]
FACTOR = 3
spark = SparkSession.builder.appName("branches").getOrCreate()


def load(path):
    return spark.read.parquet(path)


def people(path):
    return spark.read.csv(path, header=True, inferSchema=True, nullValue="-")


def doubled(value):
    return value * 2


@F.udf("double")
def fee(amount):
    return doubled(amount) * 0.01


@F.udf("double")
def scaled(amount):
    return amount * FACTOR


def with_fee(orders):
    return orders.withColumn("fee", fee("amount"))


def with_scale(orders):
    return orders.withColumn("scaled", scaled("amount"))


def rates():
    return spark.createDataFrame([("DE", 1.19), ("FR", 1.2)], "country string, rate double")


def taxed(orders, rates):
    return orders.join(F.broadcast(rates), "country").withColumn("tax", F.col("amount") * F.col("rate"))


def kept(orders):
    return orders.filter(F.col("amount") >= 10)


def monthly(orders):
    return orders.withColumn("month", F.date_trunc("month", "at"))


def german(orders):
    return orders.filter(F.col("country") == "DE")


def priced(orders):
    return orders.withColumn("net", F.col("amount") / 1.19)


def totals(orders):
    return orders.groupBy("country").agg(F.sum("amount").alias("amount"), F.avg("quantity").alias("quantity"))


def halves(frames):
    for frame in frames:
        yield frame.assign(half=frame["amount"] / 2)


def halved(orders):
    return orders.mapInPandas(halves, "id long, amount double, half double")


def ranked(frame):
    return frame.assign(rank=frame["amount"].rank(method="first"))


def shaken(orders):
    return orders.withColumn("shaken", F.col("amount") + F.rand())


def write(frame, name):
    frame.write.mode("overwrite").parquet(f"{OUT}/{name}")


orders = load(f"{DATA}/orders.parquet")
write(people(f"{DATA}/people.csv"), "people")
spread = orders.repartition(4)
write(with_fee(spread), "fees")
write(with_scale(spread), "scaled")
tax = taxed(orders, rates())
write(tax, "tax")
write(kept(orders), "kept")
months = german(monthly(orders))
write(months.groupBy("month").count(), "months")
write(priced(orders), "priced")
sums = totals(orders)
write(sums, "totals")
write(halved(spread.select("id", "amount")), "halved")
amounts = orders.select("id", "amount").toPandas()
write(spark.createDataFrame(ranked(amounts)), "ranked")
write(shaken(orders), "shaken")
