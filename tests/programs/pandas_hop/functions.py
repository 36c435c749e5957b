"""Functions of pandas alone, nested and piped; one changes its argument and returns nothing."""

import numpy as np
import pandas as pd
from pyspark.sql import SparkSession

LIMIT = 40


def load(spark):
    rows = [(i, i % 5, "a b c".split()[i % 3], float(i % 11) if i % 4 else None) for i in range(80)]
    frame = spark.createDataFrame(rows, "id INT, shop INT, kind STRING, price DOUBLE").toPandas()
    frame["id"] = frame["id"] + 100
    return frame


def fill(frame):
    frame["price"] = frame["price"].fillna(frame["price"].mean())


def keep(frame, limit):
    return frame[frame["id"] < 100 + limit]


def dearest(group):
    return group.nlargest(2, "price")


def best(frame):
    return frame.groupby("shop", group_keys=False)[["id", "shop", "kind", "price"]].apply(dearest)


def squash(values):
    return 1 / (1 + np.exp(-values))


def scored(frame):
    values = squash(frame["price"] - 5)
    return frame.assign(score=values)


def label(row):
    return "high" if row["score"] > 0.9 else "low"


def labelled(frame):
    out = frame.copy()
    out["label"] = out.apply(label, axis=1)
    return out


def by_kind(frame):
    def share(part):
        return part / part.sum()

    def widen(part):
        return part.assign(share=share(part["score"]))

    wide = widen(frame)
    return wide.groupby("kind", as_index=False).agg(score=("score", "mean"), share=("share", "sum"))


def prepare(frame):
    fill(frame)
    kept = keep(frame, LIMIT)
    return kept.reset_index(drop=True)


def main():
    spark = SparkSession.builder.getOrCreate()
    frame = load(spark)
    ready = prepare(frame)
    top = ready.pipe(best).pipe(scored)
    top = labelled(top)
    kinds = by_kind(top)
    counts = top.groupby("label").size().reset_index(name="n")
    both = pd.concat([kinds.rename(columns={"kind": "name", "score": "value"})[["name", "value"]],
                      counts.rename(columns={"label": "name", "n": "value"})], ignore_index=True)  # fmt: skip
    print(sorted(map(tuple, spark.createDataFrame(both).collect())), top.to_dict("list"), kinds.to_dict("list"))


main()
