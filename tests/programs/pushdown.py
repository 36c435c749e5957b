"""Functions over functions: everything that Spark pushes, prunes, reuses or rewrites across their borders."""

import sys

from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as F

DATA = sys.argv[1]
spark = SparkSession.builder.appName("pushdown").config("spark.sql.autoBroadcastJoinThreshold", "1m").getOrCreate()


def read(name):
    return spark.read.parquet(f"{DATA}/{name}")


def with_total(orders):
    return orders.withColumn("total", F.col("amount") * F.col("quantity"))


def large(orders):
    return orders.filter("amount > 5000")


def few_columns(orders):
    return orders.select("order_id", "total")


def one_day(orders):
    return orders.filter("day = date'2024-01-03'")


def per_customer(orders):
    return orders.groupBy("customer_id").agg(F.sum("amount").alias("total"), F.count("*").alias("n"))


def known_customers(totals):
    return totals.filter("customer_id < 50")


def with_names(orders, customers):
    return orders.join(customers, "customer_id", "left")


def germans(joined):
    return joined.filter("country = 'DE'")


def high_season(orders, days):
    return orders.join(days.filter("season = 'high'"), "day")


def ranked(orders):
    return orders.withColumn("rank", F.row_number().over(Window.partitionBy("customer_id").orderBy(F.desc("amount"))))


def best(rows):
    return rows.filter("rank <= 2")


def ordered(orders):
    return orders.orderBy("amount", "order_id")


def top(orders):
    return orders.limit(7)


def cities(people):
    return people.select("id", F.col("person.address.city").alias("city"))


def person_only(people):
    return people.select("id", "person")


def both(left, right):
    return left.unionByName(right)


def buyers(customers, orders):
    return customers.join(orders, "customer_id", "left_semi")


def without(customers, orders):
    return customers.join(orders, "customer_id", "left_anti")


def small_cached(customers):
    return customers.filter("country is not null").cache()


def paid(orders):
    return orders.filter("status = 'paid'").select("customer_id", "order_id", "amount")


orders, customers, days, people = read("orders"), read("customers"), read("days"), read("nested")

# Pushed and pruned through several functions.
totals = with_total(orders)
big = large(totals)
few = few_columns(big)
few.collect()
third = one_day(totals)
third.select("order_id").collect()
print(large(third).count())

# A filter above an aggregate, a filter that makes an outer join an inner one.
summed = per_customer(orders)
known = known_customers(summed)
known.collect()
named = with_names(orders, customers)
german = germans(named)
german.select("order_id", "country").collect()

# Dynamic partition pruning, directly and through a function in between.
seasonal = high_season(orders, days)
seasonal.select("order_id", "season").collect()
seasonal_totals = high_season(totals, days)
print(seasonal_totals.agg(F.sum("total")).collect())

# Window group limit, top k.
ranks = ranked(orders)
bests = best(ranks)
bests.select("order_id", "rank").collect()
in_order = ordered(orders)
firsts = top(in_order)
firsts.collect()
in_order.show(3)
print(len(in_order.take(4)), totals.first()["order_id"] is not None, totals.isEmpty())

# Nested columns.
towns = cities(people)
towns.collect()
persons = person_only(people)
cities(persons).collect()

# The same input twice: exchange reuse, self-join, union of two branches.
halves = both(per_customer(orders), per_customer(orders))
halves.collect()
buying = paid(orders)
twice = buying.join(buying.withColumnRenamed("order_id", "other").withColumnRenamed("amount", "more").hint("merge"), "customer_id")
twice.collect()
again = per_customer(buying).hint("merge").join(per_customer(buying).withColumnRenamed("total", "t2").drop("n"), "customer_id")
again.collect()

# Semi and anti joins.
buyers(customers, buying).collect()
without(customers, buying).collect()

# A cache used three times, once through another function.
kept = small_cached(customers)
print(kept.count(), kept.filter("country = 'FR'").count())
with_names(buying, kept).agg(F.count("name")).collect()
kept.unpersist()

# Counts of everything.
print(totals.count(), summed.count(), named.count(), ranks.count(), people.count())
totals.createOrReplaceTempView("totals")
spark.sql("select status, avg(total) from totals where day > date'2024-01-05' group by status order by status").show()
big.select("order_id", "status").write.mode("overwrite").parquet("out/big")
print(spark.read.parquet("out/big").filter("status = 'new'").count())
spark.stop()
