import pandas as pd


def customers():
    return pd.DataFrame({"cid": [1, 2, 3], "land": ["de", "fr", "de"]})


def orders():
    return pd.DataFrame({"oid": [10, 11, 12, 13], "cid": [1, 1, 2, 9], "sum": [5, 6, 7, 8]})


def joined(left, right):
    return left.merge(right, on="cid", how="left")


def by_land(frame):
    return frame.groupby("land", dropna=False)["sum"].sum().reset_index()


bought = joined(orders(), customers())
result = by_land(bought)
print(len(result))
