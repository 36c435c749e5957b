"""main() calls functions: its body is divided; load is a leaf."""

from pyspark.sql import SparkSession


def load(spark):
    return spark.range(20)


def clean(df):
    return df.filter("id > 3")


def main():
    spark = SparkSession.builder.getOrCreate()
    raw = load(spark)
    odd = clean(raw).filter("id % 2 = 1")
    even = raw.filter("id % 2 = 0")
    both = odd.union(even)
    print(both.count())


if __name__ == "__main__":
    main()

# lineage:
# main / load <- -
# main / clean <- main / load
# main / odd <- main / clean
# main / even <- main / load
# main / both <- main / even, main / odd
