import pandas as pd

LIMIT = 10
NAMES = {"a": "alpha", "b": "beta"}


def below(frame):
    return frame[frame["n"] < LIMIT]


def named(frame):
    return frame.assign(name=frame["k"].map(NAMES))


rows = pd.DataFrame({"k": ["a", "b", "a", "b"], "n": [3, 14, 9, 10]})
small = below(rows)
result = named(small)
print(result["name"].tolist())
