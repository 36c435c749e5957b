"""Weekly revenue and margin of a chain of shops, from versions of orders, shops and products."""

import sys

from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as F

data, out = sys.argv[1:3]

spark = SparkSession.builder.appName("retail").getOrCreate()
spark.sparkContext.setLogLevel("ERROR")

# --- what was sold
df = spark.read.csv(
    f"{data}/orders.csv",
    header=True,
    schema="""order_id INT, shop STRING, product STRING, quantity INT, price DOUBLE, discount INT,
              sold_at TIMESTAMP, status STRING, updated_at TIMESTAMP""",
)
shops = spark.read.csv(f"{data}/shops.csv", header=True, inferSchema=True)
products = spark.read.json(f"{data}/products.json")

# --- the last version of each order
latest = Window.partitionBy("order_id").orderBy(F.col("updated_at").desc())
df = df.withColumn("version", F.row_number().over(latest))
df = df.filter(F.col("version") == 1).drop("version")

# --- what counts as a sale
df = df.filter(F.col("quantity") >= 1)
df = df.filter(~F.col("status").isin("cancelled", "test"))
df = df.withColumn("amount", F.col("quantity") * F.col("price") * (1 - F.col("discount") / 100))

# --- where it was sold and what it cost
df = df.join(shops, "shop", "left")
df = df.join(products, "product")
df = df.withColumn("margin", F.col("amount") - F.col("quantity") * F.col("cost"))
df = df.withColumn("week", F.date_trunc("week", "sold_at"))
df = df.fillna({"region": "unknown"})

# --- reports
weekly = df.groupBy("region", "week").agg(
    F.sum("amount").alias("revenue"),
    F.countDistinct("order_id").alias("orders"),
    F.avg("margin").alias("average_margin"),
)
weekly = weekly.filter(F.col("orders") > 2)

by_category = df.groupBy("category").agg(
    F.sum("amount").alias("revenue"),
    F.sum("quantity").alias("units"),
    F.max("price").alias("top_price"),
)
by_category = by_category.withColumn("revenue_per_unit", F.col("revenue") / F.col("units"))
share = by_category.select("category", (F.col("revenue") / F.lit(1000)).alias("revenue_thousands"), "revenue_per_unit")

weekly.write.mode("overwrite").parquet(f"{out}/weekly")
share.coalesce(1).write.mode("overwrite").csv(f"{out}/categories", header=True)
print("weeks:", weekly.count())
spark.stop()
