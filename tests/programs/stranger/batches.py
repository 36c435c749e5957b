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

# lineage:
# batches: ->
# batches.write_in: -> in=5
# batches.stream: in=5 -> stream
# batches.clean: stream -> clean (cleaned)
# batches.query: clean (cleaned) ->
# batches.writer: clean (cleaned) -> writer=3
# batches.handle: ->
# batches.handle.totals: writer=3 -> totals=1
# batches.handle.write_totals: totals=1 -> totals=1
# batches.count_totals: totals=1 ->
