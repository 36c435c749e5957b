from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F


def load(spark):
    return spark.range(50).withColumn("kind", F.col("id") % 3)


def drop_bad(df: DataFrame) -> DataFrame:
    kept = df.filter("id > 5")
    return kept.dropDuplicates(["id"])


def with_label(df, label):
    names = [name.upper() for name in df.columns]
    return df.toDF(*names).withColumn("LABEL", F.lit(label))


def report(df):
    print(df.count())


spark = SparkSession.builder.getOrCreate()
raw = load(spark)
clean = drop_bad(raw)
more = drop_bad(raw).filter("kind = 1")
report(with_label(clean, "x"))
report(more)

# lineage:
# load <- -
# drop_bad <- load
# more <- drop_bad
# with_label <- drop_bad
