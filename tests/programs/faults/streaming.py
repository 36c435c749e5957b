"""Enters the hook of foreachBatch more than three times."""

from pyspark.sql import SparkSession


def clean(df):
    return df.filter("id > 1")


def handler(seen):
    return lambda df, number: seen.append(clean(df).count())


spark = SparkSession.builder.getOrCreate()
spark.range(5).repartition(1).write.mode("overwrite").parquet("out/in")
stream = spark.readStream.schema("id long").parquet("out/in")
seen = []
for number in range(4):
    writer = stream.writeStream.foreachBatch(handler(seen))
writer.option("checkpointLocation", "checkpoint").trigger(availableNow=True).start().awaitTermination()
print(seen)
