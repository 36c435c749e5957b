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

# lineage:
# python_data: ->
# python_data.numbers: -> numbers=6
# python_data.others: -> others=3
# python_data.rows: numbers=6 -> rows (df)=4
# python_data.collected: rows (df)=4 ->
# python_data.built: rows (df)=4 -> built (big)=4
# python_data.summary: numbers=6, summarised=2 -> summary=2
# python_data.summarised: numbers=6 -> summarised=2
# python_data.by_odd: numbers=6 -> by_odd=2
# python_data.table: by_odd=2 -> table=2
# python_data.lookup: -> lookup (names)=2
# python_data.count_df: numbers=6, others=3 ->
# python_data.counted: numbers=6, others=3 -> counted=2
# python_data.Job.fetch: others=3 ->
# python_data.Job.frame: others=3 -> frame (active)=3
# python_data.count_big: built (big)=4, summary=2, table=2, lookup (names)=2, counted=2, frame (active)=3 ->
