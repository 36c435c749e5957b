import pandas as pd


def cleaned(frame):
    return frame.dropna(subset=["price"])


def summary(frame):
    return {"n": len(frame), "mean": float(frame["price"].mean()), "kinds": sorted(set(frame["kind"]))}


def flagged(frame, facts):
    return frame.assign(dear=frame["price"] > facts["mean"])


def main():
    goods = pd.DataFrame({"kind": ["a", "b", "a", "c"], "price": [1.0, 7.0, None, 4.0]})
    known = cleaned(goods)
    facts = summary(known)
    result = flagged(known, facts)
    print(facts, result["dear"].sum())


main()
