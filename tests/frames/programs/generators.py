import pandas as pd


def chunks(frame):
    for begin in range(0, len(frame), 2):
        yield frame.iloc[begin : begin + 2]


def summed(parts):
    return pd.DataFrame({"total": [part["v"].sum() for part in parts]})


whole = pd.DataFrame({"v": [1, 2, 3, 4, 5]})
result = summed(chunks(whole))
print(result["total"].tolist())
