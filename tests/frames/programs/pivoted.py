import pandas as pd


def wide(frame):
    return frame.pivot_table(index="who", columns="what", values="n", aggfunc="sum", fill_value=0)


def long(frame):
    return frame.reset_index().melt(id_vars="who", value_name="n")


log = pd.DataFrame({"who": ["u", "v", "u", "w"], "what": ["read", "read", "write", "read"], "n": [1, 2, 3, 4]})
matrix = wide(log)
result = long(matrix)
print(result["n"].sum())
