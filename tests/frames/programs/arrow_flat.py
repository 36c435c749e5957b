import pyarrow as pa
import pyarrow.compute as pc

orders = pa.table({"id": [1, 2, 3, 4], "amount": [9.0, None, 20.0, 8.0], "land": ["DE", "FR", "DE", "IT"]})
known = orders.drop_null()
large = known.filter(pc.field("amount") >= 8)
totals = large.group_by("land").aggregate([("amount", "sum")]).sort_by("land")
print(totals.to_pylist())
