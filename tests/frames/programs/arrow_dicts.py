import pyarrow as pa
import pyarrow.compute as pc


def load():
    return {
        "orders": pa.table({"who": ["x", "y", "x"], "amount": [1.0, 2.0, 4.0]}),
        "people": pa.table({"who": ["x", "y"], "land": ["DE", "FR"]}),
    }


def joined(tables):
    return {**tables, "joined": tables["orders"].join(tables["people"], "who").sort_by("amount")}


def by_land(tables, over=0.0):
    table = tables["joined"]
    kept = table.filter(pc.greater(table["amount"], over))
    return {"all": [kept.group_by("land").aggregate([("amount", "sum")]).sort_by("land")], "over": over}


tables = load()
more = joined(tables)
totals = by_land(more, 1.5)
print(totals["all"][0].to_pylist(), totals["over"])
