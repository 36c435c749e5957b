"""Functions in functions, a main(), a class, a generator, a decorator, recursion, threads."""

import functools
import sys
from concurrent.futures import ThreadPoolExecutor

from pyspark.sql import SparkSession
from pyspark.sql import functions as F


def read(spark, data, name):
    return spark.read.parquet(f"{data}/{name}")


def drop_missing(orders):
    return orders.filter("amount is not null")


def add_total(orders):
    return orders.withColumn("total", F.col("amount") * F.col("quantity"))


def clean(orders):
    present = drop_missing(orders)
    return add_total(present)


def logged(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


@logged
def enrich(orders, customers):
    return orders.join(customers, "customer_id", "left")


class Report:
    def __init__(self, orders):
        self.orders = orders

    def by(self, column):
        return self.orders.groupBy(column).agg(F.sum("total").alias("total"))


def halves(orders):
    for remainder in (0, 1):
        yield orders.filter(F.col("order_id") % 2 == remainder)


def shrink(orders, times):
    if times == 0:
        return orders
    return shrink(orders.filter(F.col("order_id") % (times + 1) != 0), times - 1)


def totals_of(status, orders):
    return orders.filter(F.col("status") == status).groupBy("day").count()


def main(data):
    spark = SparkSession.builder.appName("nested").getOrCreate()
    orders = read(spark, data, "orders")
    customers = read(spark, data, "customers")
    cleaned = clean(orders)
    enriched = enrich(cleaned, customers)
    report = Report(enriched)
    by_country = report.by("country")
    by_day = report.by("day")
    print(by_country.count(), by_day.count())
    print([part.count() for part in halves(enriched)])
    print(shrink(cleaned, 2).count())
    renamed = enriched.transform(lambda frame: frame.withColumnRenamed("name", "customer"))
    renamed.write.mode("overwrite").parquet("out/enriched")
    with ThreadPoolExecutor(3) as pool:
        counts = list(pool.map(lambda status: totals_of(status, cleaned).count(), ["new", "paid", "sent"]))
    print(counts)
    spark.stop()


if __name__ == "__main__":
    main(sys.argv[1])
