"""Series that travel alone, numbers taken from a frame, rows collected by hand, and masks."""

import pandas as pd
from pyspark.sql import SparkSession


def highest(frame):
    return frame["weight"].quantile(0.9)


def ratio(frame):
    weights = frame["weight"]
    return weights / weights.max()


def capped(frame, cap):
    frame = frame.copy()
    frame["weight"] = frame["weight"].clip(upper=cap)
    return frame


def names(rows):
    return pd.DataFrame([(row.id, f"n{row.id % 9}") for row in rows], columns=["id", "name"])


spark = SparkSession.builder.getOrCreate()
things = spark.range(50).selectExpr("id", "cast(id * 37 % 41 as double) as weight", "id % 6 as box")
frame = things.toPandas()
cap = highest(frame)
small = capped(frame, cap)
share = ratio(small)
small["share"] = share
mask = small["box"].isin([1, 2, 3])
chosen = small[mask]
rows = things.filter("id < 40").collect()
named = names(rows)
chosen = chosen.merge(named, on="id")
sums = chosen.groupby("name").agg({"share": "sum", "weight": "mean"})
sums = sums.query("share > 0.5")
back = spark.createDataFrame(sums.reset_index())
print(back.count(), sorted(map(tuple, back.collect())))
