from pyspark.sql import SparkSession


def shrink(df, depth):
    if depth == 0:
        return df.filter("id > 0")
    smaller = shrink(df.filter(f"id != {depth}"), depth - 1)
    return smaller.distinct()


spark = SparkSession.builder.getOrCreate()
base = spark.range(10)
small = shrink(base, 2)
print(small.count())

# lineage:
# base <- -
# shrink / smaller <- base
# shrink / shrink / smaller <- shrink / smaller
# shrink / shrink / shrink / line 6 <- shrink / shrink / smaller
# shrink / shrink / line 8 <- shrink / shrink / shrink / line 6
# shrink / line 8 <- shrink / shrink / line 8
