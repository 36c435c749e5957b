from pyspark.sql import SparkSession


def expensive(spark):
    df = spark.range(100).filter("id > 10").cache()
    print(df.count())
    return df.filter("id < 50")


spark = SparkSession.builder.getOrCreate()
part = expensive(spark)
kept = part.filter("id % 2 = 0").persist()
local = kept.localCheckpoint()
print(local.count())
kept.unpersist()

# lineage:
# expensive <- -
# kept <- expensive
# local <- kept
