"""One function per kind of plan. Everything is consumed by writing to nowhere, so that all rows and columns flow."""

import sys
from functools import reduce

import pandas as pd
from pyspark.sql import DataFrame, Row, SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

DATA = sys.argv[1]
spark = SparkSession.builder.appName("plans").getOrCreate()


def read_orders():
    return spark.read.parquet(f"{DATA}/orders")


def read_customers():
    return spark.read.parquet(f"{DATA}/customers")


def read_nested():
    return spark.read.parquet(f"{DATA}/nested")


orders = read_orders()
customers = read_customers()
nested = read_nested()


# ---- row by row


def project():
    return orders.select("order_id", (F.col("amount") * 2).alias("double"), F.upper("status").alias("status"))


def filtered():
    return orders.filter("quantity > 3 and status is not null")


def nulls_filled():
    return orders.na.fill({"status": "none", "amount": 0.0}).withColumnRenamed("note", "remark").drop("day")


def exploded():
    return nested.select("id", F.explode("tags").alias("tag"))


def exploded_outer():
    return nested.select("id", F.posexplode_outer("items"))


def structs():
    return nested.select("id", "person.address", F.col("person.name"), F.size("tags").alias("n"), "items")


def unpivoted():
    return orders.select("order_id", F.col("quantity").cast("double").alias("q"), "amount").unpivot("order_id", ["q", "amount"], "what", "value")


def coalesced():
    return orders.select("order_id", "note").coalesce(1)


def repartitioned():
    return orders.repartition(5, "status").withColumn("big", F.col("amount") > 5000)


def range_partitioned():
    return orders.repartitionByRange(3, "amount").select("order_id", "amount", "quantity")


def ordered():
    return orders.orderBy(F.desc("amount"), "order_id").select("order_id", "amount", "status")


def sorted_within():
    return orders.sortWithinPartitions("order_id").select("order_id", "quantity")


# ---- several inputs


def sort_merge_join():
    return orders.join(customers.hint("merge"), "customer_id").select("order_id", "name", "country", "amount")


def broadcast_join():
    return orders.join(F.broadcast(customers), "customer_id", "left")


def shuffled_hash_join():
    return orders.join(customers.hint("shuffle_hash"), "customer_id", "right").select("order_id", "customer_id", "name")


def full_join():
    return orders.select("customer_id", "order_id").join(customers, "customer_id", "full")


def semi_join():
    return orders.join(customers.filter("country = 'DE'"), "customer_id", "left_semi")


def anti_join():
    return orders.join(customers, "customer_id", "left_anti")


def cross_join():
    return customers.select("name").crossJoin(customers.select("country").distinct())


def range_join():
    early = customers.select("customer_id", "since")
    late = customers.select(F.col("customer_id").alias("other"), F.col("since").alias("later"))
    return early.join(late, (F.col("since") < F.col("later")) & (F.col("other") < 20))


def self_join():
    left, right = orders.alias("left"), orders.alias("right")
    both = left.join(right, F.col("left.order_id") == F.col("right.order_id") + 1)
    return both.select("left.order_id", "right.amount", F.col("left.amount").alias("mine"))


def same_names_twice():
    return customers.join(customers.withColumn("name", F.upper("name")), "customer_id")


def united():
    return orders.select("order_id", "note").union(orders.select("order_id", "status")).union(customers.select("customer_id", "name"))


def united_by_name():
    parts = [orders.filter(f"quantity = {n}").select("quantity", "order_id", F.lit(n).alias(f"only{n}")) for n in range(3)]
    return reduce(lambda a, b: a.unionByName(b, allowMissingColumns=True), parts)


def intersected():
    return orders.select("customer_id").intersect(customers.select("customer_id"))


def excepted():
    return orders.select("quantity", "status").exceptAll(orders.filter("quantity < 5").select("quantity", "status"))


# ---- groups and windows


def grouped():
    return orders.groupBy("status").agg(F.count("*").alias("n"), F.sum("amount").alias("total"), F.countDistinct("customer_id").alias("people"))


def grouped_filtered():
    return orders.groupBy("customer_id").agg(F.sum("quantity").alias("q")).filter("q > 10").orderBy("q")


def counted_alone():
    return orders.agg(F.count("*").alias("n"), F.max("amount").alias("most"))


def rolled_up():
    return orders.rollup("status", "quantity").agg(F.sum("amount").alias("total"), F.grouping_id().alias("level"))


def pivoted():
    return orders.groupBy("customer_id").pivot("status", ["new", "paid", "sent"]).sum("quantity")


def distinct_rows():
    return orders.select("status", "note", "quantity").distinct()


def without_duplicates():
    return orders.select("status", "quantity").dropDuplicates(["status", "quantity"])


def windowed():
    by_customer = Window.partitionBy("customer_id").orderBy("order_id")
    return orders.select("order_id", F.row_number().over(by_customer).alias("n"), F.sum("quantity").over(by_customer).alias("running"))


def latest_of_each():
    by_customer = Window.partitionBy("customer_id").orderBy(F.desc("order_id"))
    return orders.withColumn("rank", F.row_number().over(by_customer)).filter("rank = 1").drop("rank")


def collected_lists():
    return orders.groupBy("quantity").agg(F.sort_array(F.collect_list("order_id")).alias("ids"), F.sort_array(F.collect_set("status")).alias("kinds"))


# ---- Python inside


@F.udf("long")
def add_one(value):
    return None if value is None else value + 1


def with_udf():
    return orders.select("order_id", add_one("quantity").alias("more"))


def with_pandas_udf():
    @F.pandas_udf("double")
    def half(values: pd.Series) -> pd.Series:
        return values / 2

    return orders.select("order_id", half("amount").alias("half"))


def mapped_in_pandas():
    def keep(batches):
        for batch in batches:
            yield batch[batch.quantity > 5]

    return orders.select("order_id", "quantity").mapInPandas(keep, "order_id long, quantity int")


def applied_in_pandas():
    def summed(part: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({"status": [part.status.iloc[0]], "n": [len(part)]})

    return orders.select("status", "order_id").groupBy("status").applyInPandas(summed, "status string, n long")


def through_rdd():
    return orders.select("order_id", "quantity").rdd.map(lambda row: (row.order_id, row.quantity * 2)).toDF(["order_id", "double"])


# ---- SQL and views


def with_sql():
    orders.createOrReplaceTempView("orders")
    customers.createOrReplaceTempView("customers")
    return spark.sql("""
        with good as (select * from orders where quantity > 0)
        select c.country, count(*) as n, sum(g.amount) as total
        from good g join customers c using (customer_id) group by c.country having count(*) > 1""")


def with_subqueries():
    return spark.sql("""
        select order_id, (select max(amount) from orders) as most from orders o
        where customer_id in (select customer_id from customers where country = 'FR')
          and exists (select 1 from customers c where c.customer_id = o.customer_id)""")


def with_lateral():
    return spark.sql("select c.name, big.amount from customers c, lateral (select amount from orders o where o.customer_id = c.customer_id and amount > 9000) big")


# ---- caches and AQE


def cached():
    return orders.filter("quantity > 1").select("order_id", "status", "amount").cache()


def persisted_small():
    return customers.filter("country is not null").persist()


def checkpointed():
    return orders.groupBy("note").count().localCheckpoint()


def adapted():
    skewed = orders.withColumn("key", F.when(F.col("order_id") % 10 < 8, 1).otherwise(F.col("quantity")))
    return skewed.join(orders.select(F.col("quantity").alias("key"), F.col("order_id").alias("other")).filter("other < 40"), "key").repartition("status")


def empty():
    return orders.filter("quantity > 1000")


def no_partitions():
    return spark.createDataFrame([], "a int, b string")


# ---- columns


def one_column():
    return spark.range(0, 1000, 1, 3)


def sixty_columns():
    return spark.range(200).select("id", *[(F.col("id") * n).alias(f"c{n}") for n in range(59)])


def three_hundred_columns():
    made = [F.when(F.col("id") % (n + 2) == 0, None).otherwise(F.concat(F.lit("v"), F.col("id"))).alias(f"c{n}") if n % 2 else (F.col("id") + n).alias(f"c{n}") for n in range(299)]
    return spark.range(100).select("id", *made)


def numbers():
    return spark.range(50).selectExpr(
        "cast(id as tinyint) b", "cast(id * 100 as smallint) s", "cast(id as int) i", "id l", "cast(id / 3 as float) f", "id / 7 d",
        "cast(id / 3 as decimal(9,2)) small_decimal", "cast(id / 3 as decimal(38,18)) wide_decimal", "id % 2 = 0 bool",
        "if(id % 3 = 0, null, cast(id as int)) sparse",
    )  # fmt: skip


def odd_floats():
    return spark.sql("""select * from values
        (double('NaN'), float('NaN')), (double('-0.0'), float('-0.0')), (double('0.0'), float('0.0')),
        (double('Infinity'), float('-Infinity')), (null, null), (4.9E-324D, float('1.4E-45')) as t(d, f)""")


def texts_and_times():
    return spark.range(40).selectExpr(
        "cast(id as string) t", "cast(concat('é☃', id) as binary) bytes", "if(id % 4 = 0, '', repeat('x', cast(id as int))) padded",
        "date_add(date'2024-02-27', cast(id as int)) day", "timestamp'1969-12-31 23:59:59.123456' + make_interval(0,0,0,0,cast(id as int)) stamp",
        "cast(timestamp_ntz'2024-03-31 02:30:00' as timestamp_ntz) local", "make_ym_interval(cast(id as int), 3) months",
        "make_dt_interval(cast(id as int), 1, 2, 3.5) days", "cast(id as char(5)) fixed", "cast(id as varchar(9)) varying", "null as nothing",
    )  # fmt: skip


def nested_types():
    return spark.range(30).selectExpr(
        "array(id, null, id + 1) list", "struct(id as a, cast(id as string) as b, null as c) record", "array(struct(id as x, array(id) as y)) deep",
        "if(id % 2 = 0, null, array()) maybe", "named_struct('m', struct(cast(id as decimal(20,3)) as n)) far", "id",
    )  # fmt: skip


def maps():
    return spark.range(30).selectExpr("id", "map('a', id, 'b', id + 1) pairs", "map(id, array(id)) lists")


def from_rows():
    schema = T.StructType([T.StructField("name", T.StringType()), T.StructField("age", T.IntegerType())])
    return spark.createDataFrame([Row(name="a", age=1), Row(name=None, age=2), Row(name="b", age=None)], schema)


def from_pandas():
    return spark.createDataFrame(pd.DataFrame({"x": [1, 2, 3], "y": ["a", None, "c"], "z": [0.5, float("nan"), 1.5]}))


ALL = [
    project, filtered, nulls_filled, exploded, exploded_outer, structs, unpivoted, coalesced, repartitioned, range_partitioned, ordered,
    sorted_within, sort_merge_join, broadcast_join, shuffled_hash_join, full_join, semi_join, anti_join, cross_join, range_join, self_join,
    same_names_twice, united, united_by_name, intersected, excepted, grouped, grouped_filtered, counted_alone, rolled_up, pivoted, distinct_rows,
    without_duplicates, windowed, latest_of_each, collected_lists, with_udf, with_pandas_udf, mapped_in_pandas, applied_in_pandas, through_rdd,
    with_sql, with_subqueries, with_lateral, cached, persisted_small, checkpointed, adapted, empty, no_partitions, one_column, sixty_columns,
    three_hundred_columns, numbers, odd_floats, texts_and_times, nested_types, maps, from_rows, from_pandas,
]  # fmt: skip

kept: list[DataFrame] = []
for make in ALL:
    made = make()
    kept.append(made)
    made.write.format("noop").mode("overwrite").save()

# A second action over caches, and actions of other kinds: nothing is counted twice.
persisted = [frame for frame in kept if frame.is_cached]
print("cached", len(persisted))
for frame in persisted:
    print(len(frame.collect()))
    frame.unpersist()
print(len(kept[ALL.index(grouped)].collect()), len(kept[ALL.index(from_rows)].toPandas()))
spark.stop()
