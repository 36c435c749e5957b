from functools import reduce

from pyspark.sql import DataFrame, SparkSession


def keep(df, limit):
    return df.filter(f"id < {limit}")


spark = SparkSession.builder.getOrCreate()
parts = [spark.range(3), spark.range(4), spark.range(5)]
united = reduce(DataFrame.unionByName, parts)
other = reduce(lambda left, right: left.union(right), parts)
kept = reduce(keep, [9, 8, 7], united)
print(united.count(), other.count(), kept.count())

# lineage:
# parts <- -
# united <- parts
# other <- parts
# keep <- united
# keep <- keep
