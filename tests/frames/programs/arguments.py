import pandas as pd


def scaled(base, by):
    return base.assign(v=base["v"] * by)


def clipped(frame, low=0, high=50):
    return frame.assign(v=frame["v"].clip(low, high))


factor = 3
base = pd.DataFrame({"v": [-2, 5, 10, 20]})
wide = scaled(base, factor)
result = clipped(wide, high=40)
print(result["v"].tolist())
