from pyspark.sql import SparkSession
from pyspark.sql import functions as F


def pipeline(df):
    def add(df, name):
        return df.withColumn(name, F.lit(1))

    first = add(df, "a")
    return add(first, "b")


def outer(df):
    return pipeline(pipeline(df).select("id"))


spark = SparkSession.builder.getOrCreate()
base = spark.range(10)
done = outer(base)
print(done.columns, done.count())

# lineage:
# base <- -
# outer / pipeline / pipeline.add <- base
# outer / pipeline / pipeline.add <- outer / pipeline / pipeline.add
# outer / pipeline / pipeline.add <- outer / line 14
# outer / line 14 <- outer / pipeline / pipeline.add
