import pandas as pd


def monthly(month):
    return pd.DataFrame({"month": [month] * 3, "x": [month, month + 1, month + 2]})


def stacked(frames):
    return pd.concat(frames, ignore_index=True)


def trimmed(frame):
    return frame[frame["x"] < 5]


frames = [monthly(month) for month in range(1, 5)]
whole = stacked(frames)
result = trimmed(whole)
print(len(result))
