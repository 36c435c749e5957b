"""Enters the hook of foreachBatch more than three times."""

import os

from pyspark.sql import SparkSession


def clean(df):
    return df.filter("id > 1")


def handler(seen):
    return lambda df, number: seen.append(clean(df).count())


spark = SparkSession.builder.getOrCreate()
folder = os.path.abspath("out/in")  # the JVM stays where it was started
spark.range(5).repartition(1).write.mode("overwrite").parquet(folder)
stream = spark.readStream.schema("id long").parquet(folder)
seen = []
for number in range(4):
    writer = stream.writeStream.foreachBatch(handler(seen))
writer.option("checkpointLocation", os.path.abspath("checkpoint")).trigger(availableNow=True).start().awaitTermination()
print(seen)
