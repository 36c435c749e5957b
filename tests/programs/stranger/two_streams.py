"""Streams one after the other in one thread of callbacks, and one that writes files itself."""

import os
import shutil

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

spark = SparkSession.builder.getOrCreate()
shutil.rmtree("out/streams", ignore_errors=True)
spark.range(4).repartition(1).write.mode("overwrite").parquet("out/streams/in")


def source():
    return spark.readStream.schema("id long").parquet("out/streams/in").withColumn("twice", F.col("id") * 2)


def write_a(batch, number):
    batch.write.mode("append").parquet("out/streams/a")


def write_b(batch, number):
    batch.write.mode("append").parquet("out/streams/b")


def started(writer, name):
    return writer.option("checkpointLocation", os.path.abspath(f"out/streams/at_{name}")).trigger(availableNow=True)


def a_query(df):
    started(df.writeStream.foreachBatch(write_a), "a").start().awaitTermination()


def b_query(df):
    started(df.writeStream.foreachBatch(write_b), "b").start().awaitTermination()


def c_query(df):
    started(df.writeStream.format("parquet"), "c").start(os.path.abspath("out/streams/c")).awaitTermination()


s = source()
a_query(s)
b_query(s)
c_query(s)
print(spark.read.parquet("out/streams/b").count(), spark.read.parquet("out/streams/c").count())

# lineage:
