import pandas as pd

orders = pd.DataFrame({"id": range(1, 13), "city": ["Ulm", "Bonn", "Kiel"] * 4, "amount": [5.0, 20.0, None, 8.5] * 3})
filled = orders.fillna({"amount": 0.0})
large = filled[filled["amount"] >= 8]
totals = large.groupby("city", as_index=False)["amount"].sum()
totals["share"] = totals["amount"] / totals["amount"].sum()
print(len(totals))
