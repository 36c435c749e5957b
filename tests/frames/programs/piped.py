import pandas as pd


def without_outliers(frame, most):
    return frame[frame["x"] <= most]


def centred(frame):
    return frame.assign(x=frame["x"] - frame["x"].mean())


raw = pd.DataFrame({"x": [1.0, 2.0, 3.0, 400.0]})
result = raw.pipe(without_outliers, most=100).pipe(centred)
print(result["x"].abs().sum())
