import pandas as pd


def _level(points):
    return "high" if points > 5 else "low"


def levelled(frame):
    return frame.assign(level=frame["points"].map(_level))


def counted(frame):
    return frame["level"].value_counts().reset_index()


marks = pd.DataFrame({"points": [1, 5, 6, 9, 3]})
result = counted(levelled(marks))
print(result.shape)
