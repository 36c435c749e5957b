import pandas as pd


def write(frame):
    frame.to_csv("out.csv", index=False)


def read():
    return pd.read_csv("out.csv")


def doubled(frame):
    return frame.assign(n=frame["n"] * 2)


begin = pd.DataFrame({"n": [1, 2, 3]})
write(begin)
again = read()
result = doubled(again)
result.to_json("out.json", orient="records")
