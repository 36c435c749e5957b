import pyarrow as pa
import pyarrow.compute as pc


def load():
    return pa.table({"name": ["a", "b", "c"], "net": [1.0, 2.0, 4.0], "stock": [4, 0, 7]})


def sellable(items):
    return items.filter(pc.greater(items["stock"], 0))


def priced(items):
    return items.append_column("gross", pc.multiply(items["net"], 1.19))


def narrowed(items):
    return items.select(["name", "gross"])


items = load()
good = sellable(items)
rich = priced(good)
last = narrowed(rich)
print(last.to_pylist())
