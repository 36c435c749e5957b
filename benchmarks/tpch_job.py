"""An ordinary job over TPC-H: a pipeline of six functions, and three of the queries as functions. No import of ours.

``tpch_job.py FOLDER OUT``: FOLDER holds the Parquet files of tpchgen-cli.
"""

import sys

from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as F

FOLDER, OUT = sys.argv[1:3]


def table(spark, name):
    return spark.read.parquet(f"{FOLDER}/{name}.parquet")


# ---- the pipeline: six boundaries


def shipped_items(lineitem):
    return lineitem.filter("l_shipdate >= date'1997-06-01' and l_quantity > 0").select(
        "l_orderkey", "l_suppkey", "l_quantity", "l_extendedprice", "l_discount", "l_shipmode", "l_shipdate"
    )


def with_revenue(items):
    return items.withColumn("revenue", F.col("l_extendedprice") * (1 - F.col("l_discount")))


def with_orders(items, orders):
    return items.join(
        orders.select("o_orderkey", "o_custkey", "o_orderdate"), F.col("l_orderkey") == F.col("o_orderkey")
    )


def with_customers(items, customers, nations):
    places = customers.join(F.broadcast(nations), F.col("c_nationkey") == F.col("n_nationkey")).select(
        "c_custkey", "c_mktsegment", "n_name"
    )
    return items.join(places, F.col("o_custkey") == F.col("c_custkey"))


def per_month(sales):
    month = F.date_trunc("month", "o_orderdate").alias("month")
    return sales.groupBy("n_name", "c_mktsegment", month).agg(
        F.sum("revenue").alias("revenue"), F.count("*").alias("items")
    )


def ranked(months):
    best_first = Window.partitionBy("n_name", "c_mktsegment").orderBy(F.desc("revenue"))
    return months.withColumn("rank", F.row_number().over(best_first))


# ---- three queries


def forecast_revenue(lineitem):
    """Q6"""
    chosen = lineitem.filter(
        "l_shipdate >= date'1994-01-01' and l_shipdate < date'1995-01-01'"
        " and l_discount between 0.05 and 0.07 and l_quantity < 24"
    )
    return chosen.agg(F.sum(F.col("l_extendedprice") * F.col("l_discount")).alias("revenue"))


def promotion_effect(lineitem, parts):
    """Q14"""
    month = lineitem.filter("l_shipdate >= date'1995-09-01' and l_shipdate < date'1995-10-01'")
    price = F.col("l_extendedprice") * (1 - F.col("l_discount"))
    promoted = F.when(F.col("p_type").startswith("PROMO"), price).otherwise(0)
    return month.join(parts, F.col("l_partkey") == F.col("p_partkey")).agg(
        (100 * F.sum(promoted) / F.sum(price)).alias("promo_revenue")
    )


def shipping_modes(orders, lineitem):
    """Q12"""
    late = lineitem.filter(
        "l_shipmode in ('MAIL', 'SHIP') and l_commitdate < l_receiptdate and l_shipdate < l_commitdate"
        " and l_receiptdate >= date'1994-01-01' and l_receiptdate < date'1995-01-01'"
    )
    urgent = F.col("o_orderpriority").isin("1-URGENT", "2-HIGH")
    return (
        orders.join(late, F.col("o_orderkey") == F.col("l_orderkey"))
        .groupBy("l_shipmode")
        .agg(F.sum(F.when(urgent, 1).otherwise(0)).alias("high"), F.sum(F.when(~urgent, 1).otherwise(0)).alias("low"))
        .orderBy("l_shipmode")
    )


def main():
    spark = SparkSession.builder.appName("tpch_job").getOrCreate()
    lineitem, orders = table(spark, "lineitem"), table(spark, "orders")
    customers, nations = table(spark, "customer"), table(spark, "nation")
    items = shipped_items(lineitem)
    priced = with_revenue(items)
    ordered = with_orders(priced, orders)
    sold = with_customers(ordered, customers, nations)
    months = per_month(sold)
    best = ranked(months)
    best.write.mode("overwrite").parquet(f"{OUT}/best")
    print(forecast_revenue(lineitem).collect())
    print(promotion_effect(lineitem, table(spark, "part")).collect())
    print(shipping_modes(orders, lineitem).collect())
    spark.stop()


main()
