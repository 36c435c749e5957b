from pyspark.sql import SparkSession
from pyspark.sql import functions as F


def filter_by(column, low):
    def apply(df):
        return df.filter(F.col(column) > low)

    return apply


def registry():
    known = {}

    def register(function):
        known[function.__name__] = function
        return function

    return known, register


STEPS, register = registry()


@register
def halve(df):
    return df.filter("id % 2 = 0")


@register
def tag(df):
    return df.withColumn("tag", F.lit("t"))


def run(df):
    for step in STEPS.values():
        df = step(df)
    return df


spark = SparkSession.builder.getOrCreate()
over = filter_by("id", 3)
base = spark.range(10)
kept = over(base)
done = run(kept)
print(done.count())

# lineage:
# base <- -
# filter_by.apply <- base
# run / halve <- filter_by.apply
# run / tag <- run / halve
