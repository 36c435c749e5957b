from pyspark.sql import SparkSession


def batches(spark, count):
    for number in range(count):
        yield spark.range(number, number + 3)


def keep(df):
    return df.filter("id > 0")


spark = SparkSession.builder.getOrCreate()
total = None
for batch in batches(spark, 3):
    part = keep(batch)
    total = part if total is None else total.union(part)
print(total.count())
print(sum(keep(df).count() for df in batches(spark, 2)))

# lineage:
# batches <- -
# keep <- batches
# total~2 <- keep
