from pyspark.sql import SparkSession
from pyspark.sql import functions as F

spark = SparkSession.builder.getOrCreate()
orders = spark.range(100).withColumn("amount", F.col("id") * 2)
customers = spark.createDataFrame([(i, f"name{i}") for i in range(10)], ["customer", "name"])
orders = orders.filter("amount > 20")
orders = orders.withColumn(
    "customer",
    F.col("id") % 10,
)
joined = orders.join(customers, "customer")
totals = joined.groupBy("name").agg(F.sum("amount").alias("total"))
top = totals.orderBy(F.desc("total"), "name").limit(3)
print([tuple(row) for row in top.collect()])
print(totals.count())

# lineage:
# orders <- -
# customers <- -
# orders~2 <- orders
# orders~3 <- orders~2
# joined <- customers, orders~3
# totals <- joined
# top <- totals
