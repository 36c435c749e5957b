"""Functions with the faults that checks are for, and their faultless twins. Rules for them: ``spark-lineage.toml``."""

from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as F

spark = SparkSession.builder.appName("seeded").config("spark.sql.ansi.enabled", "false").getOrCreate()


def orders():
    rows = [(n, n % 50, f"{n}.5" if n % 20 else "n/a", ["new", "paid"][n % 2], n * 3) for n in range(1000)]
    return spark.createDataFrame(rows, "order_id int, customer_id int, amount string, status string, points int")


def customers():
    return spark.createDataFrame(
        [(n, f"c{n}", f"r{n % 7}") for n in range(50)], "customer_id int, name string, region string"
    )


def customers_with_duplicates():
    return customers().union(
        spark.createDataFrame([(7, "c7", "r0"), (8, "c8", "r1")], "customer_id int, name string, region string")
    )


def some_customers():
    return spark.createDataFrame(
        [(n, f"c{n}", f"r{n % 7}") for n in range(40)], "customer_id int, name string, region string"
    )


def fan_out(orders, customers):
    return orders.join(customers, "customer_id", "left")


def lookup(orders, customers):
    return orders.join(customers, "customer_id", "left")


def row_loss(orders, customers):
    return orders.join(customers, "customer_id")


def all_found(orders, customers):
    return orders.join(customers, "customer_id")


def chosen(orders, customers):
    return orders.join(customers.filter("region = 'r1'"), "customer_id")


def null_by_cast(orders):
    return orders.withColumn("amount", F.col("amount").cast("double"))


def harmless_cast(orders):
    return orders.withColumn("points", F.col("points").cast("string").cast("int"))


def swapped(orders):
    more = orders.select("customer_id", "order_id", "amount", "status", "points")
    return orders.union(more)


def in_order(orders):
    return orders.union(orders.filter("points > 10"))


def constant(orders):
    return orders.withColumn("level", F.when(F.col("points") >= 0, "high").otherwise("low"))


def tagged(orders):
    """A literal of its own is meant to be constant."""
    return orders.withColumn("channel", F.lit("web"))


def overwritten(orders):
    return orders.withColumn("status", F.lit("new"))


def outer_undone(orders, customers):
    return orders.join(customers, "customer_id", "left").filter(F.col("region") != "r3")


def outer_kept(orders, customers):
    joined = orders.join(customers, "customer_id", "left")
    return joined.filter(F.col("region").isNull() | (F.col("region") != "r3"))


def average_of_zeros(orders):
    filled = orders.withColumn("amount", F.coalesce(F.col("amount").cast("double"), F.lit(0.0)))
    return filled.groupBy("customer_id").agg(F.avg("amount").alias("mean"))


def nothing_left(orders):
    return orders.filter("points < 0")


def ties(orders):
    best = Window.partitionBy("customer_id").orderBy(F.col("status"))
    return orders.withColumn("place", F.rank().over(best)).filter("place = 1")


def matched_nothing(orders, customers):
    strangers = customers.withColumn("customer_id", F.col("customer_id") + 1000)
    return orders.join(strangers, "customer_id", "left")


def wide(orders):
    """Too wide for whole-stage code generation."""
    return orders.select("*", *[F.lit(n).alias(f"c{n}") for n in range(120)])


def pruned(orders):
    return orders.withColumn("twice", F.col("points") * 2)


def narrow(orders):
    return orders.select("order_id", "twice")


sold, known, twice, some = orders(), customers(), customers_with_duplicates(), some_customers()
made = {
    "fan_out": fan_out(sold, twice),
    "lookup": lookup(sold, known),
    "row_loss": row_loss(sold, some),
    "all_found": all_found(sold, known),
    "chosen": chosen(sold, known),
    "null_by_cast": null_by_cast(sold),
    "harmless_cast": harmless_cast(sold),
    "swapped": swapped(sold),
    "in_order": in_order(sold),
    "constant": constant(sold),
    "tagged": tagged(sold),
    "overwritten": overwritten(sold),
    "outer_undone": outer_undone(sold, known),
    "outer_kept": outer_kept(sold, known),
    "average_of_zeros": average_of_zeros(sold),
    "nothing_left": nothing_left(sold),
    "ties": ties(sold),
    "matched_nothing": matched_nothing(sold, known),
    "wide": wide(sold),
    "narrow": narrow(pruned(sold)),
}
for name, df in made.items():
    df.write.mode("overwrite").parquet(f"out/{name}")
    print(name)
spark.stop()
