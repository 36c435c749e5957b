import pandas as pd

COLUMNS = ["amount", "tax"]


def prepare(frame):
    kept = frame.dropna()
    stats = {"rows": len(kept), "dropped": len(frame) - len(kept), "columns": sorted(kept.columns)}
    return kept, stats


def totals(frame):
    return frame[COLUMNS].sum()


sales = pd.DataFrame({"id": [1, 2, 3, 4], "amount": [10.0, None, 5.0, 2.5], "tax": [1.9, 0.4, 0.95, 0.5]})
kept, stats = prepare(sales)
result = totals(kept)
print(stats, result.round(2).tolist())
