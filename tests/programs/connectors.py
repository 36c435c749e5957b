"""Reads and writes through every connector that runs without a server, and plans of those that need one."""

import os
import sys

from delta.tables import DeltaTable
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql.datasource import DataSource, DataSourceReader, DataSourceWriter, WriterCommitMessage

OUT = sys.argv[1]
DATABASE = "jdbc:derby:memory:shop;create=true;user=ada;password=Kaffee7"

spark = SparkSession.builder.appName("connectors").getOrCreate()


class Counter(DataSource):
    """A connector that nobody else knows."""

    @classmethod
    def name(cls):
        return "counter"

    def schema(self):
        return "n long"

    def reader(self, schema):
        return CounterReader()

    def writer(self, schema, overwrite):
        return CounterWriter()


class CounterReader(DataSourceReader):
    def read(self, partition):
        yield from [(1,), (2,)]


class CounterWriter(DataSourceWriter):
    def write(self, rows):
        list(rows)
        return WriterCommitMessage()


def sold():
    return spark.createDataFrame([(1, "a", 2.5), (2, "b", 4.0)], "id long, item string, price double")


sales = sold().cache()

# ---- files


def to_files(frame, format):
    frame.write.format(format).mode("overwrite").save(f"{OUT}/{format}")


def to_text(frame):
    frame.select("item").write.mode("overwrite").text(f"{OUT}/text")


def to_partitions(frame):
    frame.write.partitionBy("item").mode("overwrite").parquet(f"{OUT}/by_item")


FORMATS = ["parquet", "csv", "json", "orc", "avro"]
for format in FORMATS:
    to_files(sales, format)
to_text(sales)
to_partitions(sales)


def from_files(format):
    return spark.read.format(format).load(f"{OUT}/{format}")


def one_partition():
    return spark.read.parquet(f"{OUT}/by_item/item=a")


for format in [*FORMATS, "text"]:
    print(format, len(from_files(format).collect()))
print("by_item", len(one_partition().collect()))

# ---- Delta


def to_delta(frame):
    frame.write.format("delta").mode("overwrite").save(f"{OUT}/delta")


def append_to_delta(frame):
    frame.withColumn("price", F.col("price") * 2).write.format("delta").mode("append").save(f"{OUT}/delta")


def to_delta_table(frame):
    frame.write.format("delta").mode("overwrite").saveAsTable("delta_sales")


def latest_delta():
    return spark.read.format("delta").load(f"{OUT}/delta")


def first_delta():
    return spark.read.format("delta").option("versionAsOf", 0).load(f"{OUT}/delta")


def delta_table():
    return spark.table("delta_sales")


to_delta(sales)
append_to_delta(sales)
to_delta_table(sales)
print("delta", len(latest_delta().collect()), len(first_delta().collect()), len(delta_table().collect()))

# ---- Delta, changed in place


def changed_prices():
    return sales.withColumn("price", F.col("price") + 1)


def upsert(changes):
    table = DeltaTable.forPath(spark, f"{OUT}/amended")
    merge = table.alias("old").merge(changes.filter("id = 1").alias("new"), "old.id = new.id")
    merge.whenMatchedUpdateAll().whenNotMatchedInsertAll().execute()
    return table


def forget(table):
    table.delete("id = 2")


def correct():
    spark.sql(f"UPDATE delta.`{OUT}/amended` SET item = 'c' WHERE id = 1")


def total(table):
    return table.toDF().groupBy("item").agg(F.sum("price").alias("total"))


def sums_by_sql():
    spark.sql(f"INSERT INTO delta.`{OUT}/amended` SELECT max(id), item, sum(price) FROM sales GROUP BY item")


def start_amended(frame):
    frame.write.format("delta").mode("overwrite").save(f"{OUT}/amended")


start_amended(sales)
amended = upsert(changed_prices())
forget(amended)
correct()
print("amended", total(amended).collect())
sales.createOrReplaceTempView("sales")
sums_by_sql()

# ---- tables of the catalog


def to_table(frame):
    frame.write.mode("overwrite").saveAsTable("plain_sales")


def from_table():
    return spark.table("plain_sales")


to_table(sales)
print("table", len(from_table().collect()))

# ---- JDBC


def to_database(frame):
    frame.write.jdbc(DATABASE, "APP.SALES", mode="overwrite", properties={"user": "ada", "password": "Kaffee7"})


def from_database():
    return spark.read.jdbc(DATABASE, "APP.SALES", properties={"user": "ada", "password": "Kaffee7"})


def by_query():
    reader = spark.read.format("jdbc").option("url", DATABASE).option("user", "ada").option("password", "Kaffee7")
    return reader.option("query", 'select "id", "price" * 2 as "twice" from APP.SALES').load()


def from_a_database_that_is_not_there():
    return spark.read.jdbc("jdbc:postgresql://ada:Kaffee7@db.example/shop?password=Kaffee7", "sales")


to_database(sales)
print("jdbc", len(from_database().collect()), len(by_query().collect()))
try:
    from_a_database_that_is_not_there()
except Exception as error:
    print("jdbc", type(error).__name__)

# ---- PostgreSQL, where a server runs

if shop := os.environ.get("DB_URL"):
    LOGIN = {"user": "ada", "password": "Kaffee7", "driver": "org.postgresql.Driver"}

    def to_postgres(frame):
        frame.write.jdbc(shop, "sales", mode="overwrite", properties=LOGIN)

    def append_to_postgres(frame):
        frame.write.jdbc(shop, "public.sales", mode="append", properties=LOGIN)

    def from_postgres():
        return spark.read.jdbc(shop, "Sales", properties=LOGIN)

    to_postgres(sales)
    append_to_postgres(sales)
    print("postgres", len(from_postgres().collect()))

# ---- Iceberg

if spark.conf.get("spark.sql.catalog.ice", None):

    def to_iceberg(frame):
        frame.writeTo("ice.shop.sales").createOrReplace()

    def append_to_iceberg(frame):
        frame.writeTo("ice.shop.sales").append()

    def from_iceberg():
        return spark.table("ice.shop.sales")

    to_iceberg(sales)
    append_to_iceberg(sales)
    print("iceberg", len(from_iceberg().collect()))

# ---- Kafka and object stores: what the plan says; nothing is read


def from_kafka():
    servers = "broker1.example:9092,broker2.example:9092"
    reader = spark.read.format("kafka").option("kafka.bootstrap.servers", servers).option("subscribe", "sales,returns")
    login = 'org.apache.kafka.common.security.plain.PlainLoginModule required username="ada" password="Kaffee7";'
    return reader.option("kafka.sasl.jaas.config", login).load()


def from_place(name, place):
    spark.sql(f"create table {name} (id long, day string) using parquet partitioned by (day) location '{place}'")
    return spark.table(name)


PLACES = {
    "on_hdfs": "hdfs://namenode.example:8020/data/sales",
    "on_s3": "s3a://bucket/data/sales",
    "on_adls": "abfss://box@account.dfs.core.windows.net/data/sales",
    "on_gcs": "gs://bucket/data/sales",
}
if "kafka" in sys.argv:
    from_kafka().createOrReplaceTempView("topics")
for name, place in PLACES.items():
    from_place(name, place).createOrReplaceTempView(f"{name}_view")

# ---- what nobody knows

spark.dataSource.register(Counter)


def from_unknown():
    return spark.read.format("counter").load()


def to_unknown(frame):
    frame.write.format("counter").mode("append").save()


numbers = from_unknown()
print("unknown", len(numbers.collect()))
to_unknown(numbers)
spark.stop()
