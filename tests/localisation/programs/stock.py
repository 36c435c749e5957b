"""Stock of a chain of shops, kept by SQL commands: tables of Parquet, and one of Delta that is changed in place."""

import sys

from delta.tables import DeltaTable
from pyspark.sql import SparkSession
from pyspark.sql import functions as F


def session():
    return (
        SparkSession.builder.appName("stock")
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
        .config("spark.databricks.delta.snapshotPartitions", "1")
        .getOrCreate()
    )


def movements(spark, data):
    return spark.read.parquet(f"{data}/movements.parquet").where("quantity <> 0")


def first_stock(spark, data, out):
    spark.sql(f"""
        CREATE TABLE stock USING delta LOCATION '{out}/stock' AS
        SELECT shop, item, quantity, price, 'counted' AS state FROM parquet.`{data}/counted.parquet` WHERE quantity >= 0
    """)


def booked(spark, moved, out):
    moved.createOrReplaceTempView("moved")
    spark.sql(f"""
        CREATE TABLE booked USING parquet LOCATION '{out}/booked' AS
        SELECT shop, item, sum(quantity) AS quantity, max(price) AS price FROM moved GROUP BY shop, item
    """)


def upsert(spark):
    spark.sql("""
        MERGE INTO stock s USING booked b ON s.shop = b.shop AND s.item = b.item
        WHEN MATCHED AND s.quantity + b.quantity <= 0 THEN DELETE
        WHEN MATCHED THEN UPDATE SET quantity = s.quantity + b.quantity, state = 'moved'
        WHEN NOT MATCHED THEN INSERT (shop, item, quantity, price, state)
            VALUES (b.shop, b.item, b.quantity, b.price, 'new')
    """)


def dearer(spark):
    spark.sql("UPDATE stock SET price = round(price * 1.1, 2) WHERE shop = 'S1'")


def emptied(spark):
    spark.sql("DELETE FROM stock WHERE quantity < 2 AND state = 'counted'")


def recounted(spark, data, out):
    found = spark.read.csv(f"{data}/recount.csv", header=True, inferSchema=True)
    stock = DeltaTable.forPath(spark, f"{out}/stock").alias("s")
    (
        stock.merge(found.alias("f"), "s.shop = f.shop AND s.item = f.item")
        .whenMatchedUpdate("f.quantity <> s.quantity", {"quantity": "f.quantity", "state": "'recounted'"})
        .whenNotMatchedBySourceUpdate("s.shop = 'S2'", {"state": "'lost'"})
        .execute()
    )


def logged(spark, out):
    spark.sql(f"CREATE TABLE log (shop STRING, item STRING, change BIGINT) USING parquet LOCATION '{out}/log'")
    spark.sql("INSERT INTO log (item, shop, change) SELECT item, shop, quantity FROM moved WHERE quantity < 0")


def split(spark, out):
    spark.sql(f"CREATE TABLE inward (item STRING, quantity BIGINT) USING parquet LOCATION '{out}/inward'")
    spark.sql(f"CREATE TABLE outward (item STRING, quantity BIGINT) USING parquet LOCATION '{out}/outward'")
    spark.sql("""
        FROM moved
        INSERT INTO inward SELECT item, quantity WHERE quantity > 0
        INSERT INTO outward SELECT item, -quantity WHERE quantity < -1
    """)


def worth(spark, out):
    spark.sql(f"""
        INSERT OVERWRITE DIRECTORY '{out}/worth' USING parquet
        SELECT shop, sum(quantity * price) AS worth, count(*) AS items FROM stock GROUP BY shop
    """)


def at_first(spark, out):
    before = spark.sql(f"SELECT item, sum(quantity) AS quantity FROM delta.`{out}/stock` VERSION AS OF 0 GROUP BY item")
    before.write.mode("overwrite").parquet(f"{out}/at_first")


def discounts(spark, out):
    spark.sql(f"CREATE TABLE discounts USING delta LOCATION '{out}/discounts' AS SELECT DISTINCT item, 0 AS percent FROM moved")
    DeltaTable.forPath(spark, f"{out}/discounts").update(F.col("item") < "I05", {"percent": F.lit(10)})


def main(data, out):
    spark = session()
    spark.sparkContext.setLogLevel("ERROR")
    moved = movements(spark, data)
    first_stock(spark, data, out)
    booked(spark, moved, out)
    upsert(spark)
    dearer(spark)
    emptied(spark)
    recounted(spark, data, out)
    logged(spark, out)
    split(spark, out)
    worth(spark, out)
    at_first(spark, out)
    discounts(spark, out)
    spark.stop()


main(*sys.argv[1:3])
