import polars as pl

orders = pl.DataFrame({"id": [1, 2, 3, 4], "amount": [9.0, None, 20.0, 8.0], "land": ["DE", "FR", "DE", "IT"]})
filled = orders.with_columns(pl.col("amount").fill_null(0.0))
large = filled.filter(pl.col("amount") >= 8)
totals = large.group_by("land").agg(pl.col("amount").sum()).sort("land")
print(totals.rows())
