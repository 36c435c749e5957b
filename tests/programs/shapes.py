"""Query shapes, one function each, over small files: what the column lineage of each must be is in shapes_key.py."""

import sys

import pandas as pd
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

DATA = sys.argv[1]
spark = SparkSession.builder.appName("shapes").getOrCreate()

orders = spark.read.parquet(f"{DATA}/orders.parquet")
archive = spark.read.parquet(f"{DATA}/archive.parquet")
customers = spark.read.json(f"{DATA}/customers.json", schema="customer_id long, name string, country string")
people = spark.read.parquet(f"{DATA}/people.parquet")

orders.createOrReplaceTempView("orders")
customers.createOrReplaceTempView("customers")
people.createOrReplaceTempView("people")


# ---- columns row by row


def select_star():
    return customers.select("*")


def columns_added_in_a_chain_of_300():
    chain = orders.select("order_id", "amount", "quantity").withColumn("c0", F.col("amount") * 2)
    for n in range(1, 300):
        term = F.col("quantity") if n == 150 else F.lit(n)
        chain = chain.withColumn(f"c{n}", F.col(f"c{n - 1}") + term)
    return chain.select("order_id", "c0", "c149", "c150", "c299")


def one_column_rewritten_300_times():
    chain = orders.select("order_id", "quantity")
    for _ in range(300):
        chain = chain.withColumn("quantity", F.col("quantity") + 1)
    return chain


def renamed():
    return orders.withColumnRenamed("amount", "price").select("order_id", "price").toDF("id", "paid")


def swapped():
    return orders.select(F.col("order_id").alias("customer_id"), F.col("customer_id").alias("order_id"))


def dropped():
    return customers.drop("country")


def literals():
    return orders.select(F.lit("shop").alias("origin"), F.lit(None).cast("int").alias("nothing"), F.current_date().alias("today"))


def arithmetic():
    return orders.select((F.col("amount") * F.col("quantity")).alias("total"), (-F.col("quantity")).alias("back"))


def casts():
    return orders.select(F.col("order_id").cast("string").alias("id"), (F.col("quantity") + F.col("amount")).alias("sum"))


def texts():
    return customers.select(F.concat_ws(" ", "name", "country").alias("label"), F.upper(F.substring("name", 1, 1)).alias("initial"))


def conditions():
    return orders.select(
        F.when(F.col("status") == "paid", F.col("amount")).when(F.col("quantity") > 3, 0).otherwise(F.col("order_id")).alias("due"),
        F.expr("if(note is null, 'none', status)").alias("kind"),
    )


def coalesced():
    return orders.select(
        F.coalesce("note", "status").alias("text"), F.expr("nvl(amount, 0)").alias("paid"), F.expr("nullif(status, note)").alias("other")
    )


def nulls_filled():
    return orders.select("order_id", "amount", "note").fillna({"amount": 0.0, "note": "none"})


def values_replaced():
    return orders.select("order_id", "status").na.replace(["new", "paid"], ["open", "done"], "status")


def rows_with_nulls_dropped():
    return orders.select("order_id", "amount", "note").dropna(subset=["amount", "note"])


def masked():
    return customers.select(F.md5("name").alias("m"), F.sha2("name", 256).alias("s"), F.substring(F.sha2("country", 256), 1, 8).alias("short"))


# ---- nested values


def struct_fields():
    return people.select("id", "person.name", F.col("person.address.city").alias("city"))


def struct_star():
    return people.select("person.*")


def structs_built():
    made = customers.select(F.struct("customer_id", F.upper("name").alias("name")).alias("who"), "country")
    return made.select("who", F.col("who.name").alias("name"))


def fields_changed():
    return people.select("id", F.col("person").withField("age", F.col("person.age") + 1).dropFields("address").alias("person"))


def arrays_of_structs():
    return people.select("id", "items.price", F.array(F.struct("id", "tags")).alias("both"), F.col("items")[0]["sku"].alias("first"))


def maps():
    return people.select(F.create_map("id", "tags").alias("m"), F.element_at(F.create_map(F.lit("k"), F.col("id")), "k").alias("v"))


def higher_order():
    return people.select(
        F.transform("tags", lambda tag: F.concat(tag, F.col("person.name"))).alias("named"),
        F.filter("items", lambda item: item["price"] > 1).alias("dear"),
        F.aggregate("items", F.lit(0.0), lambda total, item: total + item["price"]).alias("total"),
    )


def to_json_and_back():
    text = orders.select("order_id", F.to_json(F.struct("amount", "status")).alias("body"))
    return text.select("order_id", "body", F.from_json("body", "amount double, status string").alias("read"))


# ---- one row to several


def exploded():
    return people.select("id", F.explode("tags").alias("tag"))


def exploded_outer_with_position():
    return people.select("id", F.posexplode_outer("tags").alias("position", "tag"))


def inlined():
    return people.select("id", F.inline("items"))


def lateral_view():
    return spark.sql("select id, tag from people lateral view explode(tags) t as tag")


def stacked():
    return orders.select("order_id", F.expr("stack(2, 'status', status, 'note', note) as (what, value)"))


def unpivoted():
    numbers = orders.select("order_id", F.col("quantity").cast("double").alias("quantity"), "amount")
    return numbers.unpivot("order_id", ["quantity", "amount"], "what", "value")


# ---- which rows


def filtered():
    return orders.filter((F.col("quantity") > 3) & F.col("status").isNotNull()).select("order_id")


def filtered_by_a_computed_column():
    return orders.withColumn("total", F.col("amount") * F.col("quantity")).filter("total > 10").drop("total", "note")


def ordered():
    return orders.orderBy(F.desc("amount"), "order_id").select("order_id", "status")


def limited():
    return orders.select("order_id", "status").offset(1).limit(3)


def top_of_an_order():
    return orders.select("order_id", "amount").orderBy("amount").limit(2)


def sampled():
    return orders.select("order_id").sample(0.5, 7)


def distinct_rows():
    return orders.select("status", "note").distinct()


def without_duplicates():
    return orders.select("order_id", "customer_id", "status").dropDuplicates(["customer_id"])


# ---- groups


def grouped():
    sums = orders.groupBy("customer_id").agg(
        F.sum("amount").alias("total"), F.count("*").alias("orders"), F.countDistinct("status").alias("kinds"), F.max_by("note", "amount").alias("note")
    )
    return sums


def grouped_by_an_expression():
    return orders.groupBy(F.upper("status").alias("state")).agg((F.sum("amount") / F.sum("quantity")).alias("price"))


def grouped_and_filtered():
    return orders.groupBy("customer_id").agg(F.sum("quantity").alias("pieces")).filter("pieces > 2")


def counted():
    return orders.agg(F.count("*").alias("n"), F.count("note").alias("notes"))


def aggregate_with_filter():
    return spark.sql("select customer_id, sum(amount) filter (where status = 'paid') as paid from orders group by customer_id")


def conditional_sum():
    return orders.groupBy("customer_id").agg(F.sum(F.when(F.col("status") == "paid", F.col("amount"))).alias("paid"))


def pivoted():
    return orders.groupBy("customer_id").pivot("status", ["new", "paid"]).sum("amount")


def rolled_up():
    return orders.rollup("customer_id", "status").agg(F.sum("amount").alias("total"))


def cubed():
    return orders.cube("customer_id", "status").agg(F.count("*").alias("n"), F.grouping("status").alias("level"))


def grouping_sets():
    return spark.sql("select status, note, max(amount) as most from orders group by grouping sets ((status), (note))")


def lists_collected():
    return orders.groupBy("status").agg(F.sort_array(F.collect_set("customer_id")).alias("customers"))


# ---- windows


def ranked():
    by_customer = Window.partitionBy("customer_id").orderBy(F.desc("amount"))
    return orders.select("order_id", F.rank().over(by_customer).alias("rank"), F.row_number().over(by_customer).alias("row"))


def lagged():
    by_id = Window.partitionBy("customer_id").orderBy("order_id")
    return orders.select("order_id", F.lag("amount").over(by_id).alias("before"), (F.col("amount") - F.lead("amount", 1, 0.0).over(by_id)).alias("step"))


def running_sum():
    running = Window.partitionBy("customer_id").orderBy("order_id").rowsBetween(Window.unboundedPreceding, 0)
    return orders.select("order_id", F.sum("amount").over(running).alias("so_far"))


def latest_of_each():
    by_customer = Window.partitionBy("customer_id").orderBy(F.desc("order_id"))
    return orders.withColumn("n", F.row_number().over(by_customer)).filter("n = 1").select("customer_id", "amount")


def share_of_group():
    return spark.sql("select status, sum(amount) / sum(sum(amount)) over () as share from orders group by status")


# ---- two inputs


def joined():
    return orders.alias("o").join(customers.alias("c"), F.col("o.customer_id") == F.col("c.customer_id")).select("o.order_id", "c.customer_id", "c.name")


def joined_using():
    return orders.join(customers, "customer_id", "left").select("customer_id", "order_id", "country")


def full_join_using():
    return orders.select("customer_id", "order_id").join(customers, "customer_id", "full")


def natural_join():
    return spark.sql("select customer_id, order_id, name from orders natural join customers")


def cross_joined():
    return customers.select("name").crossJoin(orders.select("status"))


def range_joined():
    small = orders.select(F.col("order_id").alias("a"), F.col("amount").alias("low"))
    large = archive.select(F.col("order_id").alias("b"), F.col("amount").alias("high"))
    return small.join(large, (F.col("low") < F.col("high")) & (F.col("a") != F.col("b"))).select("a", "b")


def self_joined():
    left, right = orders.alias("left"), orders.alias("right")
    return left.join(right, F.col("left.order_id") == F.col("right.customer_id")).select(F.col("left.amount").alias("mine"), F.col("right.note").alias("theirs"))


def semi_joined():
    return orders.join(customers.filter("country = 'DE'"), "customer_id", "left_semi").select("order_id")


def anti_joined():
    return orders.join(customers, "customer_id", "left_anti").select("order_id", "amount")


def united():
    return orders.select("order_id", "status").union(archive.select("customer_id", "note"))


def united_by_name():
    return orders.select("order_id", "note").unionByName(customers.select("name", F.col("customer_id").alias("order_id")), allowMissingColumns=True)


def united_with_itself():
    return orders.select("order_id", "amount").union(orders.select("order_id", F.col("amount") * 2))


def intersected():
    return orders.select("customer_id").intersect(customers.select("customer_id"))


def excepted():
    return orders.select("status", "note").exceptAll(archive.select("status", "note"))


# ---- SQL


def scalar_subquery():
    return spark.sql("select order_id, amount / (select max(amount) from orders) as share from orders")


def correlated_subquery():
    return spark.sql("select name, (select max(amount) from orders o where o.customer_id = c.customer_id) as most from customers c")


def in_subquery():
    return spark.sql("select order_id from orders where customer_id in (select customer_id from customers where country = 'FR')")


def not_exists():
    return spark.sql("select name from customers c where not exists (select 1 from orders o where o.customer_id = c.customer_id and quantity > 1)")


def common_table_expressions():
    return spark.sql("""
        with good as (select customer_id, amount from orders where quantity > 0),
             sums as (select customer_id, sum(amount) as total from good group by customer_id)
        select c.name, s.total, g.amount from sums s join customers c on s.customer_id = c.customer_id join good g on g.customer_id = s.customer_id""")


def lateral_join():
    return spark.sql("select c.name, big.amount from customers c, lateral (select amount from orders o where o.customer_id = c.customer_id) big")


def through_a_view():
    orders.filter("quantity > 1").withColumn("total", F.col("amount") * F.col("quantity")).createOrReplaceTempView("large")
    return spark.sql("select total as price, upper(status) as state from large")


# ---- Python inside


@F.udf("long")
def plus(a, b):
    return None if a is None or b is None else a + b


def python_udf():
    return orders.select("order_id", plus("quantity", "customer_id").alias("more"), (plus("quantity", F.lit(1)) * 2).alias("twice"))


def udf_in_a_condition():
    return orders.filter(plus("quantity", "order_id") > 3).select("amount")


def pandas_udf():
    @F.pandas_udf("double")
    def half(values: pd.Series) -> pd.Series:
        return values / 2

    return orders.select("order_id", half("amount").alias("half"))


def pandas_aggregate():
    @F.pandas_udf("double")
    def spread(values: pd.Series) -> float:
        return float(values.max() - values.min())

    return orders.groupBy("status").agg(spread("amount").alias("spread"))


def mapped_in_pandas():
    def keep(batches):
        for batch in batches:
            yield batch[batch.quantity > 2]

    return orders.select("order_id", "quantity").mapInPandas(keep, "order_id long, quantity int")


def mapped_in_arrow():
    def same(batches):
        yield from batches

    return customers.select("name").mapInArrow(same, "name string")


def applied_in_pandas():
    def summed(part: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({"status": [part.status.iloc[0]], "n": [len(part)]})

    return orders.select("status", "order_id").groupBy("status").applyInPandas(summed, "status string, n long")


def cogrouped():
    def both(left: pd.DataFrame, right: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({"customer": [0], "orders": [len(left)], "people": [len(right)]})

    left, right = orders.select("customer_id", "amount").groupBy("customer_id"), customers.select("customer_id", "name").groupBy("customer_id")
    return left.cogroup(right).applyInPandas(both, "customer long, orders long, people long")


def through_an_rdd():
    return spark.createDataFrame(orders.select("order_id").rdd.map(lambda row: (row.order_id * 2,)), "twice long")


handed_over = customers.select("customer_id", "name").toPandas()


def through_pandas():
    local = handed_over.copy()
    local["name"] = local["name"].str.upper()
    return spark.createDataFrame(local)


# ---- what changes no column


def rearranged():
    return orders.hint("merge").repartition(2, "status").sortWithinPartitions("order_id").coalesce(1).alias("x").select("x.order_id", "x.status")


def cached():
    return orders.select("order_id", (F.col("amount") + 1).alias("more")).cache()


def cached_on_the_way():
    kept = orders.filter("quantity > 1").withColumn("price", F.col("amount") * 2).cache()
    return kept.groupBy("status").agg(F.sum("price").alias("total"))


def transformed_by_a_lambda():
    return orders.select("order_id", "amount").transform(lambda frame: frame.withColumn("amount", F.col("amount") * 2))


# ---- what Spark 3.5 does not know, and ends the program at


def recursive():
    return spark.sql("""
        with recursive chain(id, depth) as (
          select order_id, 1 from orders where order_id = 1
          union all select id + 1, depth + 1 from chain where depth < 3)
        select id, depth from chain""")


ALL = [each for each in list(globals().values()) if callable(each) and getattr(each, "__module__", "") == "__main__" and hasattr(each, "__code__")]
ALL = [each for each in ALL if each.__name__ != "plus"]

# A view uses the DataFrame as an action would, and runs nothing.
for shape in ALL:
    shape().createOrReplaceTempView(f"made_by_{shape.__name__}")
    print(shape.__name__)
spark.stop()
