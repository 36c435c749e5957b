import pandas as pd


def inner_clean(frame):
    return frame.dropna()


def inner_scale(frame):
    return frame.assign(v=frame["v"] / 10)


def prepare(frame):
    clean = inner_clean(frame)
    return inner_scale(clean)


def finish(frame):
    return frame.describe()


raw = pd.DataFrame({"v": [10.0, None, 30.0]})
ready = prepare(raw)
result = finish(ready)
print(result.loc["mean", "v"])
