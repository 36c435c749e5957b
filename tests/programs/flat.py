import sys

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

DATA = sys.argv[1]
spark = SparkSession.builder.appName("flat").getOrCreate()
orders = spark.read.parquet(f"{DATA}/orders")
customers = spark.read.parquet(f"{DATA}/customers")
orders_clean = orders.filter("amount is not null").dropDuplicates(["order_id"])
orders_clean = orders_clean.withColumn("total", F.col("amount") * F.col("quantity"))
germans = customers.filter("country = 'DE'")
joined = orders_clean.join(germans, "customer_id")
per_customer = joined.groupBy("customer_id", "name").agg(F.sum("total").alias("total"))
per_day = joined.groupBy("day").agg(F.sum("total").alias("total"))
good, bad = per_day.filter("total >= 0"), per_day.filter("total < 0")
joined.createOrReplaceTempView("joined")
by_status = spark.sql("select status, count(*) as n from joined group by status")
per_customer.write.mode("overwrite").parquet("out/per_customer")
print(good.count(), bad.count())
by_status.orderBy("status").show()
written = spark.read.parquet("out/per_customer")
print(written.agg(F.sum("total")).collect())
