import json

import pandas as pd


def export(frame):
    return json.dumps(frame.to_dict("records"))


def rebuilt(text):
    return pd.DataFrame(json.loads(text))


def ranked(frame):
    return frame.sort_values("w", ascending=False).reset_index(drop=True)


source = pd.DataFrame({"k": ["a", "b", "c"], "w": [2, 5, 1]})
heavy = source[source["w"] > 0]
text = export(heavy)
again = rebuilt(text)
result = ranked(again)
print(result["k"].tolist())
