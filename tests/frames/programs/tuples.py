import pandas as pd


def split(people):
    adults = people[people["age"] >= 18]
    minors = people[people["age"] < 18]
    return adults, minors


def counted(adults, minors):
    return pd.DataFrame({"group": ["adults", "minors"], "n": [len(adults), len(minors)]})


people = pd.DataFrame({"name": list("abcdefg"), "age": [17, 18, 40, 3, 65, 12, 29]})
adults, minors = split(people)
table = counted(adults, minors)
print(table.to_string())
