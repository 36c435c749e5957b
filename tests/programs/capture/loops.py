from pyspark.sql import SparkSession
from pyspark.sql import functions as F


def step(df, name):
    return df.withColumn(name, F.lit(name))


spark = SparkSession.builder.getOrCreate()
df = spark.range(5)
for name in ["a", "b"]:
    df = step(df, name)
for name in ["c", "d"]:
    df = df.withColumn(name, F.lit(1))
while len(df.columns) < 8:
    df = df.withColumn("more", F.lit(1))
    other = df.withColumn(f"n{len(df.columns)}", F.lit(1))
    df = other
print(df.columns, df.count())

# lineage:
# df <- -
# step <- df
# step <- step
# df~3 <- step
# df~4 <- df~3
# df~4 <- other
# other <- df~4
