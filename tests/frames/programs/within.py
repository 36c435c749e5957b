import pandas as pd

RATES = {"DE": 1.2, "FR": 1.3, "IT": 1.1}


def load():
    return pd.DataFrame({"land": ["DE", "FR", "IT", "FR"], "net": [1.0, 2.0, 3.0, 4.0]})


def with_rates(frame):
    return frame, {land: rate for land, rate in RATES.items() if land in set(frame["land"])}


def apply(frame, table):
    return frame.assign(gross=frame["net"] * frame["land"].map(table))


frame, table = with_rates(load())
print(apply(frame, table)["gross"].sum())
