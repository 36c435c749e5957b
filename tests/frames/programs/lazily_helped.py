import pandas as pd


def raw():
    return pd.DataFrame({"n": [1, 2, 3, 4]})


def doubled(frame):
    return frame.assign(n=frame["n"] * 2)
