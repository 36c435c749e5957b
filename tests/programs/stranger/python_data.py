"""Rows and pandas frames that Python turned into something else before they became DataFrames again."""

from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F


def collected(df):
    return [row.asDict() for row in df.collect()]


def doubled(rows, factor=2):
    made = []
    for row in rows:
        made.append({"id": row["id"], "twice": row["id"] * factor})
    return made


def built(rows):
    return spark.createDataFrame(rows)


def summarised(frame):
    return frame.groupby("odd", as_index=False).agg(n=("id", "size"))


def lookup():
    return spark.createDataFrame([(0, "even"), (1, "odd")], "odd int, name string")


class Job:
    def fetch(self, df):
        self.rows = df.collect()

    def frame(self):
        return spark.createDataFrame([(row.id, True) for row in self.rows], "id long, active boolean")


spark = SparkSession.builder.getOrCreate()
numbers = spark.range(6).withColumn("odd", F.expr("cast(id % 2 AS int)"))
others = spark.range(3)
rows = collected(numbers.where("id > 1"))
better = doubled(rows, factor=3)
big = built(better)
summary = spark.createDataFrame(summarised(numbers.toPandas()))
by_odd = {row["odd"]: row["n"] for row in numbers.groupBy("odd").agg(F.count("*").alias("n")).collect()}
table = spark.createDataFrame(list(by_odd.items()), "odd int, n long")
names = lookup()
counts = []
for name, df in {"numbers": numbers, "others": others}.items():
    counts.append(Row(name=name, n=df.count()))
counted = spark.createDataFrame(counts)
job = Job()
job.fetch(others)
active = job.frame()
print(big.count(), summary.count(), table.join(names, "odd").count(), counted.count(), active.count())
