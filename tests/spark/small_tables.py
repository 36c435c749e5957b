"""Small fixed tables in Parquet, written without Spark: what the test programs read."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

DAYS = [dt.date(2024, 1, day) for day in range(1, 9)]


def write(folder: Path) -> Path:
    """``orders`` (2,000 rows in 8 day partitions), ``customers`` (200), ``days`` (8), ``nested`` (300)."""
    draw = random.Random(20240101)
    for day in DAYS:
        count = 250
        orders = pa.table({
            "order_id": pa.array([DAYS.index(day) * count + n for n in range(count)], pa.int64()),
            "customer_id": pa.array([draw.choice([None, *range(1, 220)]) for _ in range(count)], pa.int64()),
            "status": pa.array([draw.choice(["new", "paid", "sent", None]) for _ in range(count)]),
            "amount": pa.array([draw.choice([None, draw.randrange(40_000) / 4]) for _ in range(count)], pa.float64()),
            "quantity": pa.array([draw.randrange(-2, 12) for _ in range(count)], pa.int32()),
            "note": pa.array([draw.choice(["", "gift", "a b c", "ünïcode ☃", None]) for _ in range(count)]),
        })  # fmt: skip
        target = folder / "orders" / f"day={day}"
        target.mkdir(parents=True)
        pq.write_table(orders, target / "part-0.parquet", row_group_size=100)
    customers = pa.table({
        "customer_id": pa.array(range(1, 201), pa.int64()),
        "name": pa.array([f"customer {n}" for n in range(1, 201)]),
        "country": pa.array([draw.choice(["DE", "FR", "IT", None]) for _ in range(200)]),
        "since": pa.array([dt.date(2020, 1, 1) + dt.timedelta(days=draw.randrange(1000)) for _ in range(200)]),
    })  # fmt: skip
    days = pa.table({
        "day": pa.array(DAYS), "weekday": pa.array([day.isoweekday() for day in DAYS], pa.int32()),
        "season": pa.array(["low", "high"] * 4),
    })  # fmt: skip
    nested = pa.table({
        "id": pa.array(range(300), pa.int64()),
        "person": pa.array([
            {"name": f"n{n}", "age": n % 90, "address": {"city": f"c{n % 7}", "zip": str(n)}} for n in range(300)
        ]),
        "tags": pa.array([[f"t{k}" for k in range(n % 4)] if n % 11 else None for n in range(300)]),
        "items": pa.array([[{"sku": k, "price": k / 4} for k in range(n % 3)] for n in range(300)]),
    })  # fmt: skip
    for name, table in {"customers": customers, "days": days, "nested": nested}.items():
        (folder / name).mkdir()
        pq.write_table(table, folder / name / "part-0.parquet")
    return folder
