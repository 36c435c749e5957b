import polars as pl


def scan():
    return pl.LazyFrame({"k": ["a", "b", "a", "c"], "v": [2, 1, 3, 4]})


def positive(lazy):
    return lazy.filter(pl.col("v") > 1)


def summed(lazy):
    return lazy.group_by("k").agg(pl.col("v").sum()).sort("k").collect()


result = summed(positive(scan()))
print(result.rows())
