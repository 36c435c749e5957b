import pandas as pd


def normal(frame):
    return frame.assign(mail=frame["mail"].str.lower().str.strip())


def unique(frame):
    return frame.drop_duplicates("mail")


def domains(frame):
    return frame.assign(host=frame["mail"].str.split("/").str[1])


raw = pd.DataFrame({"mail": ["A/x", "a/x ", "b/Y", "c/y", "B/y"]})
result = domains(unique(normal(raw)))
print(result["host"].value_counts().to_dict())
