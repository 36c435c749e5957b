"""foreachBatch: its argument is born without user frames; it is rows of the stream, made where the query was started."""

import tempfile

from pyspark.sql import SparkSession


def clean(df):
    return df.filter("id > 1")


def handle(df, number):
    kept = clean(df)
    seen.append(kept.count())


spark = SparkSession.builder.getOrCreate()
folder = tempfile.mkdtemp()
spark.range(5).repartition(1).write.mode("overwrite").parquet(folder + "/in")
stream = spark.readStream.schema("id long").parquet(folder + "/in")
seen = []
query = stream.writeStream.foreachBatch(handle).option("checkpointLocation", folder + "/at").trigger(once=True).start()
query.awaitTermination()
print(seen)

# lineage:
# handle / clean <- query
# line 19 <- -
# query <- stream
# stream <- -
