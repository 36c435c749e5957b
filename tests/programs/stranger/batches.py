"""foreachBatch: what its function is given are rows of the stream."""

import shutil

from pyspark.sql import SparkSession


def clean(df):
    return df.where("id > 1")


def totals(batch):
    return batch.groupBy().sum("id")


def handle(batch, number):
    totals(batch).write.mode("append").json("out/batches/totals")


spark = SparkSession.builder.getOrCreate()
shutil.rmtree("out/batches", ignore_errors=True)
spark.range(5).repartition(1).write.mode("overwrite").parquet("out/batches/in")
stream = spark.readStream.schema("id long").parquet("out/batches/in")
cleaned = clean(stream)
writer = cleaned.writeStream.foreachBatch(handle).option("checkpointLocation", "out/batches/at")
query = writer.trigger(availableNow=True).start()
query.awaitTermination()
print(spark.read.json("out/batches/totals").count())
