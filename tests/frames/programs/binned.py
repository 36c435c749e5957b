import pandas as pd

EDGES = [0, 18, 65, 120]


def banded(frame):
    return frame.assign(band=pd.cut(frame["age"], EDGES, labels=["young", "adult", "old"]).astype(str))


def rates(frame):
    return frame.groupby("band")["ill"].mean().reset_index()


patients = pd.DataFrame({"age": [4, 17, 30, 44, 70, 81], "ill": [1, 0, 0, 1, 1, 1]})
banding = banded(patients)
result = rates(banding)
print(result["band"].tolist())
