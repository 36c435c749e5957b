from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc


class Parts(NamedTuple):
    small: pa.Table
    large: pa.Table


def load():
    return pa.table({"k": ["a", "b", "c", "d"], "v": [1, 5, 9, 12]})


def split(table):
    return Parts(table.filter(pc.less(table["v"], 6)), table.filter(pc.greater_equal(table["v"], 6)))


def doubled(parts):
    small, large = parts
    return small, large.set_column(1, "v", pc.multiply(large["v"], 2))


def together(tables):
    return pa.concat_tables(list(tables))


parts = split(load())
pair = doubled(parts)
whole = together(pair)
print(whole.num_rows, pc.sum(whole["v"]).as_py())
