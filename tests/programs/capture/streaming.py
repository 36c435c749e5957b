"""foreachBatch: its argument is born without user frames and counts as made where it is used first."""

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
# line 19 <- -
# stream <- -
# handle / clean <- -
