import polars as pl


def customers():
    return pl.DataFrame({"id": [1, 2, 3], "land": ["de", "fr", "de"]})


def orders():
    return pl.DataFrame({"id": [1, 1, 2, 9], "amount": [10, 20, 30, 40]})


def joined(left, right):
    return left.join(right, on="id", how="left")


def by_land(frame):
    return frame.group_by("land").agg(pl.col("amount").sum()).sort("land", nulls_last=True)


print(by_land(joined(orders(), customers())).rows())
