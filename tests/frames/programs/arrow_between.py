import pandas as pd
import polars as pl
import pyarrow as pa


def made():
    return pd.DataFrame({"k": ["a", "b", None], "v": [1, 2, 3]})


def in_arrow(frame):
    return pa.Table.from_pandas(frame, preserve_index=False)


def in_polars(table):
    return pl.from_arrow(table)


def positive(frame):
    return frame.filter(pl.col("v") > 1)


def back(frame):
    return frame.to_arrow().to_pandas()


result = back(positive(in_polars(in_arrow(made()))))
print(len(result))
