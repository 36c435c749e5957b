"""Arrow tables, closures that hold frames, properties, static methods, itertuples, and a frame read from a file."""

import os
import tempfile

import numpy as np
import pandas as pd
from pyspark.sql import SparkSession

LIMIT = 3


def codes_file():
    path = os.path.join(tempfile.mkdtemp(), "codes.csv")
    with open(path, "w") as out:
        out.write("code;factor;valid\n1;1,5;y\n2;2,5;y\n3;3,5;n\n4;0,5;y\n")
    return path


def read_codes(path):
    codes = pd.read_csv(path, sep=";", decimal=",")
    return codes[codes["valid"] == "y"].drop(columns="valid")


def with_factor(codes):
    def join(frame):
        return frame.merge(codes, how="left", on="code")

    def apply(frame):
        frame = join(frame)
        frame["value"] *= frame["factor"].fillna(1)
        return frame

    return apply


class Basket:
    def __init__(self, frame):
        self._frame = frame

    @property
    def valuable(self):
        return self._frame[self._frame["value"] > LIMIT]

    @staticmethod
    def rounded(frame, digits=1):
        return frame.assign(value=frame["value"].round(digits))

    def add_flag(self):
        self._frame["flag"] = np.select([self._frame["code"] == 1, self._frame["code"] == 2], ["one", "two"], "more")
        return self


def longest(frame):
    best = {}
    for row in frame.itertuples(index=False):
        if row.code not in best or best[row.code] < row.value:
            best[row.code] = row.value
    return best


def spread(frame):
    grouped = frame.groupby("flag")["value"]
    low, high = grouped.min(), grouped.max()
    return pd.concat({"low": low, "high": high}, axis=1)


def run(spark):
    items = spark.range(40).selectExpr("id", "cast(id % 5 AS int) AS code", "id / 3.0D AS value").where("id > 3")
    frame = items.toArrow().to_pandas()
    enrich = with_factor(read_codes(codes_file()))
    basket = Basket(enrich(frame)).add_flag()
    good = basket.valuable
    good = Basket.rounded(good)
    best = longest(good)
    summary = spread(good)
    summary["width"] = summary["high"] - summary["low"]
    ranks = pd.Series(best, name="best").rename_axis("code").reset_index()
    both = ranks.merge(good[["code", "flag"]].drop_duplicates(), on="code").merge(summary, left_on="flag", right_index=True)
    result = spark.createDataFrame(both)
    print(sorted(map(tuple, result.collect())))


if __name__ == "__main__":
    run(SparkSession.builder.getOrCreate())
