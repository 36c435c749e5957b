import pandas as pd


def ordered(frame):
    return frame.sort_values(["who", "t"])


def with_last(frame):
    return frame.assign(before=frame.groupby("who")["n"].shift(1))


def risen(frame):
    return frame[frame["n"] > frame["before"]]


log = pd.DataFrame({"who": ["a", "b", "a", "b", "a"], "t": [1, 1, 2, 2, 3], "n": [5, 3, 6, 2, 4]})
result = risen(with_last(ordered(log)))
print(len(result))
