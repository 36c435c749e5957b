from pyspark.sql import SparkSession


def broken(df):
    return df.select("nope")


def careful(df):
    try:
        return broken(df)
    except Exception as error:
        print("caught", type(error).__name__)
        return df.filter("id > 1")


def careless(df):
    made = df.filter("id > 2")
    return broken(made)


spark = SparkSession.builder.getOrCreate()
base = spark.range(5)
saved = careful(base)
print(saved.count())
lost = careless(saved)

# lineage:
# base <- -
# careful / line 13 <- base
# careless / made <- careful / line 13
