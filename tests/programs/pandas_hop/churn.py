"""Frames in a dataclass, steps as classes, an array of numbers, a frame that leaves as records."""
from dataclasses import dataclass
import numpy as np
import pandas as pd
from pyspark.sql import SparkSession, functions as F

@dataclass
class Frames:
    customers: pd.DataFrame
    usage: pd.DataFrame

class Base:
    def transform(self, frame):
        raise NotImplementedError

class Clean(Base):
    def transform(self, frame):
        frame = frame.dropna(subset=["usage"])
        frame.loc[frame["usage"] < 0, "usage"] = 0
        return frame

class Rank(Base):
    def __init__(self, column):
        self.column = column
    def transform(self, frame):
        frame["rank"] = frame[self.column].rank(method="dense")
        return frame

def fetch(spark):
    c = spark.createDataFrame([(i, f"c{i%3}", 20.0 + i % 9) for i in range(40)], "id INT, city STRING, fee DOUBLE")
    u = spark.createDataFrame([(i % 40, i % 5, float(i % 13) - 6) for i in range(200)], "id INT, month INT, usage DOUBLE")
    return Frames(c.toPandas(), u.groupBy("id", "month").agg(F.sum("usage").alias("usage")).toPandas())

def wide(usage):
    table = pd.pivot_table(usage, index="id", columns="month", values="usage", aggfunc="sum", fill_value=0)
    table.columns = [f"m{c}" for c in table.columns]
    return table

def trend(table):
    months = table.to_numpy()
    x = np.arange(months.shape[1])
    slope = ((months - months.mean(axis=1, keepdims=True)) * (x - x.mean())).sum(axis=1) / ((x - x.mean()) ** 2).sum()
    return pd.Series(slope, index=table.index, name="trend")

def apply_all(frame, steps):
    for step in steps:
        frame = step.transform(frame)
    return frame

def bucket(frame, edges=(-100, 0, 1, 100)):
    frame["bucket"] = pd.cut(frame["trend"], edges, labels=["down", "flat", "up"]).astype(str)

def main():
    spark = SparkSession.builder.getOrCreate()
    frames = fetch(spark)
    usage = apply_all(frames.usage, [Clean(), Rank("usage")])
    table = wide(usage)
    slopes = trend(table)
    joined = frames.customers.set_index("id").join(slopes, how="inner").reset_index()
    bucket(joined)
    joined["fee"] = np.where(joined["bucket"] == "up", joined["fee"] * 1.1, joined["fee"])
    by_city = (
        joined.groupby(["city", "bucket"])
        .agg(fee=("fee", "mean"), n=("id", "count"))
        .reset_index()
        .sort_values(["city", "bucket"])
    )
    records = by_city.to_dict("records")
    out = spark.createDataFrame(records)
    print(out.count(), sorted(map(str, out.collect())), usage["rank"].sum())

main()
