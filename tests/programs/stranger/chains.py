"""Which variable holds what: the last call of a chain gives it, in one statement or over lambdas."""

from functools import partial, reduce

from pyspark.sql import SparkSession
from pyspark.sql import functions as F


def trim(df):
    return df.where("id > 0")


def dedupe(df):
    return df.distinct()


def add(df, name, value):
    return df.withColumn(name, F.lit(value))


class Drop:
    def transform(self, df):
        return df.drop("a")


class Keep:
    def transform(self, df):
        return df.select("id", "b")


spark = SparkSession.builder.getOrCreate()
base = spark.range(5)
clean = dedupe(trim(base))
steps = [partial(add, name="a", value=1), partial(add, name="b", value=2), lambda df: df.withColumn("c", F.col("b"))]
stepped = reduce(lambda df, step: step(df), steps, clean)
chained = base.transform(lambda df: df.where("id < 4")).transform(add, "k", 5).transform(lambda df: df.drop("k"))
for step in (Keep(), Drop()):
    stepped = step.transform(stepped)
print(stepped.count(), chained.count())

# lineage:
# chains: ->
# chains.base: -> base=5
# chains.trim: base=5 -> trim (df)=4
# chains.dedupe: trim (df)=4 -> dedupe (clean)=4
# chains.add: dedupe (clean)=4 -> add (stepped)=4
# chains.add#2: add (stepped)=4 -> add~2=4
# chains.stepped: add~2=4 -> stepped=4
# chains.chained: base=5 -> chained (df)=4
# chains.add#3: chained (df)=4 -> add~3=4
# chains.chained#2: add~3=4 -> chained~2 (chained)=4
# chains.Keep.transform: stepped=4 -> Keep.transform (df)=4
# chains.Drop.transform: Keep.transform (df)=4 -> Drop.transform (stepped)=4
# chains.count_stepped: Drop.transform (stepped)=4, chained~2 (chained)=4 ->
