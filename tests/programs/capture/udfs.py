"""Functions that run on executors are no steps, and do not divide the bodies that hand them on."""

from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql.functions import udf


@udf("string")
def shout(text):
    return text.upper()


def tidy(text):
    return text.replace(" ", "").strip()


def plus_one(batches):  # pandas frames
    for batch in batches:
        batch["id"] = batch["id"] + 1
        yield batch


def column(name):
    return F.concat(F.col(name), F.lit(".")).alias(name)


def names_of(df):
    return ", ".join(df.columns)


def enrich(df):
    tidied = udf(tidy, "string")
    print(names_of(df))
    df = df.withColumn("text", tidied(F.lit(" a b ")))
    df = df.select("id", column("text"))
    df = df.withColumn("loud", shout("text"))
    return df.mapInPandas(plus_one, df.schema)


spark = SparkSession.builder.getOrCreate()
base = spark.range(3).repartition(1)
done = enrich(base)
print(sorted(tuple(row) for row in done.collect()))

# lineage:
# base <- -
# enrich <- base
