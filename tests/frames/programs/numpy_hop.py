import numpy as np
import pandas as pd


def matrix(frame):
    return frame[["a", "b"]].to_numpy()


def normed(values):
    return values / values.max(axis=0)


def back(values):
    return pd.DataFrame(np.round(values, 3), columns=["a", "b"])


points = pd.DataFrame({"a": [1.0, 2.0, 4.0], "b": [10.0, 5.0, 2.5]})
values = matrix(points)
result = back(normed(values))
print(result["a"].sum())
