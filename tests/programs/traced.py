"""Calls in a call, and one that fails where it is asked to: python traced.py [fail]"""

import sys

from pyspark.sql import SparkSession
from pyspark.sql import functions as F


def load(spark):
    return spark.range(100).withColumn("country", F.expr("if(id % 4 = 0, 'XX', 'DE')"))


def keep_known(orders):
    return orders.filter("country <> 'XX'")


def per_country(orders):
    return orders.groupBy("country").count()


def report(orders, column):
    counted = per_country(orders)
    return counted.select(column)


def main(fails):
    spark = SparkSession.builder.getOrCreate()
    orders = load(spark)
    known = keep_known(orders)
    result = report(known, "missing" if fails else "count")
    print(result.collect())


if __name__ == "__main__":
    main(fails=sys.argv[1:] == ["fail"])
