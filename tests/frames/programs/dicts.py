import pandas as pd


def parts(frame):
    return {name: group for name, group in frame.groupby("kind")}


def summed(by_kind):
    return {name: frame["v"].sum() for name, frame in by_kind.items()}


def table(sums):
    return pd.DataFrame(sorted(sums.items()), columns=["kind", "total"])


everything = pd.DataFrame({"kind": ["p", "q", "p", "r", "q"], "v": [1, 2, 3, 4, 5]})
by_kind = parts(everything)
sums = summed(by_kind)
result = table(sums)
print(result["total"].tolist())
