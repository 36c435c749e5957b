from pyspark.sql import SparkSession
from pyspark.sql import functions as F


def load(spark):
    return spark.range(20).withColumn("kind", F.col("id") % 2)


def register(df, name):
    df.createOrReplaceTempView(name)


spark = SparkSession.builder.getOrCreate()
register(load(spark), "orders")
register(spark.range(2).withColumnRenamed("id", "kind"), "kinds")
joined = spark.sql("""
    WITH big AS (SELECT * FROM orders WHERE id > 3)  -- from kinds_of_old
    SELECT b.id, k.kind, 'from nowhere' AS text FROM big b, kinds k WHERE b.kind = k.kind
""")
again = spark.table("orders").filter("id < 5")
by_argument = spark.sql("SELECT * FROM {frame}", frame=again)
spark.sql("CREATE OR REPLACE TEMPORARY VIEW few AS SELECT * FROM orders LIMIT 2")
few = spark.sql("SELECT id FROM few")
spark.catalog.dropTempView("kinds")
print(joined.count(), again.count(), by_argument.count(), few.count())
for name in ("orders", "few"):
    spark.catalog.dropTempView(name)

# lineage:
# load <- -
# line 15 <- -
# joined <- line 15, load
# again <- load
# by_argument <- again
# few <- load
