from pyspark.sql import DataFrame, functions as F


def clean_orders(orders: DataFrame) -> DataFrame:
    return orders.filter("amount > 1").dropDuplicates(["id"])


def with_country(orders: DataFrame, customers: DataFrame) -> DataFrame:
    return orders.join(customers, "customer", "left")


def revenue(orders: DataFrame) -> DataFrame:
    return orders.groupBy("country").agg(F.sum("amount").alias("revenue"))
