def load():
    import pandas as pd

    return pd.DataFrame({"day": ["mo", "tu", "we", "th"], "steps": [4000, 12000, 9000, 100]})


def active(frame):
    return frame[frame["steps"] >= 4000]


def in_thousands(frame):
    return frame.assign(k=frame["steps"] // 1000)


days = load()
moved = active(days)
result = in_thousands(moved)
print(result["k"].tolist())
