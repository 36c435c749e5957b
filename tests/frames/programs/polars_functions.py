import polars as pl

RATE = 1.19


def load():
    return pl.DataFrame({"name": ["a", "b", "c"], "net": [1.0, 2.0, None], "stock": [4, 0, 7]})


def sellable(items):
    return items.filter(pl.col("stock") > 0).drop_nulls()


def priced(items):
    return items.with_columns((pl.col("net") * RATE).alias("gross"))


print(priced(sellable(load())).rows())
