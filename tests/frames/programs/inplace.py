import pandas as pd


def clean(frame):
    frame.dropna(inplace=True)
    frame["name"] = frame["name"].str.strip()


def shift(frame):
    frame.loc[frame["value"] < 0, "value"] = 0


data = pd.DataFrame({"name": [" x", "y ", None, "z"], "value": [1, -2, 3, -4]})
clean(data)
shift(data)
data.sort_values("value", inplace=True)
print(data["value"].sum())
