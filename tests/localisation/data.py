"""Makes the small input files of the programs, the same bytes every time.

``make(folder, program)`` writes what ``program`` reads; ``shuffled=True`` writes the same rows in another order.
"""

from __future__ import annotations

import csv
import hashlib
import inspect
import json
import random
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Row = dict[str, Any]
DAY = date(2025, 1, 1)
MOMENT = datetime(2025, 1, 1)


class Files:
    """Writes tables into one folder."""

    def __init__(self, folder: Path, shuffled: bool) -> None:
        self.folder = folder
        self.shuffled = shuffled
        folder.mkdir(parents=True, exist_ok=True)

    def _ordered(self, rows: Sequence[Row]) -> list[Row]:
        rows = list(rows)
        if self.shuffled:
            random.Random(99).shuffle(rows)
        return rows

    def csv(self, name: str, rows: Sequence[Row], sep: str = ",", null: str = "") -> None:
        with (self.folder / name).open("w", newline="") as file:
            writer = csv.writer(file, delimiter=sep, lineterminator="\n")
            writer.writerow(rows[0])
            writer.writerows(
                [null if value is None else value for value in row.values()] for row in self._ordered(rows)
            )

    def json(self, name: str, rows: Sequence[Row]) -> None:
        lines = (
            json.dumps({key: value for key, value in row.items() if value is not None}, default=str)
            for row in self._ordered(rows)
        )
        (self.folder / name).write_text("".join(line + "\n" for line in lines))

    def parquet(self, name: str, rows: Sequence[Row]) -> None:
        table = pa.Table.from_pylist(self._ordered(rows))
        pq.write_table(table, self.folder / name, coerce_timestamps="us")


def retail(files: Files, rng: random.Random) -> None:
    shops = [f"S{n:02}" for n in range(12)]
    products = [f"P{n:03}" for n in range(60)]
    orders = []
    for order in range(1200):
        sold = MOMENT + timedelta(minutes=rng.randrange(60 * 24 * 90))
        for version in range(rng.choice([1, 1, 1, 2, 3])):
            orders.append(
                {
                    "order_id": order,
                    "shop": rng.choice(shops),
                    "product": rng.choice(products),
                    "quantity": rng.choice([0, 1, 1, 1, 2, 3, 5]),
                    "price": round(rng.uniform(1, 90), 2),
                    "discount": rng.choice([0, 0, 0, 5, 10, 25]),
                    "sold_at": sold,
                    "status": rng.choice(["ok", "ok", "ok", "ok", "cancelled", "test"]),
                    "updated_at": sold + timedelta(hours=5 * version),
                }
            )
    files.csv("orders.csv", orders)
    # Two shops are not in the master data.
    files.csv(
        "shops.csv", [{"shop": shop, "region": "NESW"[n % 4], "opened": 1990 + n} for n, shop in enumerate(shops[:10])]
    )
    categories = ["food", "toys", "books", "garden"]
    files.json(
        "products.json",
        [
            {"product": each, "category": rng.choice(categories), "cost": round(rng.uniform(0.5, 40), 2)}
            for each in products
        ],
    )


def claims(files: Files, rng: random.Random) -> None:
    members = []
    for member in range(300):
        start = DAY + timedelta(days=rng.randrange(-200, 100))
        until = start + timedelta(days=rng.randrange(100, 500))
        members.append(
            {"member_id": member, "region": rng.choice("ABCD"), "insured_from": start, "insured_until": until}
        )
    files.parquet("members.parquet", members)
    specialities = ["eye", "heart", "skin", "bone"]
    providers = [
        {"id": n, "year": year, "speciality": specialities[n % 4], "rate": round(rng.uniform(0.5, 1.2), 2)}
        for n in range(40)
        for year in (2024, 2025)
    ]
    files.json("providers.json", providers)
    rows = []
    for claim in range(1500):
        member = rng.choice(members)
        # Some on the first and the last day of the insurance.
        on = rng.choice(
            [
                member["insured_from"],
                member["insured_until"],
                *[DAY + timedelta(days=rng.randrange(0, 300)) for _ in range(8)],
            ]
        )
        row = {
            "claim_id": claim,
            "member_id": member["member_id"],
            "provider_id": rng.randrange(42),
            "service_date": on,
            "billed": round(rng.uniform(20, 2000), 2),
            "copay": rng.choice([None, 5.0, 10.0]),
            "status": rng.choice(["paid", "paid", "approved", "denied", "pending"]),
            "line": 1,
        }
        rows.append(row)
        if rng.random() < 0.2:
            rows.append({**row, "line": 2, "billed": round(rng.uniform(5, 50), 2)})
        if rng.random() < 0.1:
            rows.append(row)
    files.csv("claims.csv", rows)


def loans(files: Files, rng: random.Random) -> None:
    rows = []
    for as_of, numbers in (
        (date(2025, 3, 31), range(700)),
        (date(2025, 5, 31), range(40, 760)),
        (date(2025, 6, 30), range(60, 800)),
    ):
        for loan in numbers:
            rows.append(
                {
                    "loan_id": loan,
                    "as_of": as_of,
                    "segment": ["retail", "corporate", "mortgage"][loan % 3],
                    "principal": round(rng.choice([0.0, *[rng.uniform(500, 90000) for _ in range(9)]]), 2),
                    "rate_percent": round(rng.uniform(0.5, 9), 2),
                    "days_past_due": rng.choice([None, 0, 0, 0, 1, 15, 29, 30, 45, 89, 90, 200]),
                    "closed_on": as_of if rng.random() < 0.05 else None,
                }
            )
    files.parquet("loans.parquet", rows)
    pledged = [loan for loan in range(800) for _ in range(rng.choice([0, 0, 1, 2]))]
    files.csv(
        "collateral.csv",
        [
            {"loan_id": loan, "kind": rng.choice(["house", "car"]), "value": round(rng.uniform(100, 60000), 2)}
            for loan in pledged
        ],
    )


def sensors(files: Files, rng: random.Random) -> None:
    number = 0
    plants: dict[str, list[Row]] = {"north": [], "south": []}
    for plant, rows in plants.items():
        for sensor in range(8):
            for minute in range(0, 60 * 10, 5):
                for _ in range(rng.choice([1, 1, 1, 2])):
                    fahrenheit = sensor % 3 == 0
                    celsius = rng.choice([rng.uniform(-5, 35), rng.uniform(-5, 35), rng.choice([-30.0, 60.0, 75.0])])
                    rows.append(
                        {
                            "reading_id": number,
                            "plant": plant,
                            "sensor": f"s{sensor}",
                            "measured_at": MOMENT + timedelta(minutes=minute),
                            "value": celsius * 9 / 5 + 32 if fahrenheit else celsius,
                            "quality": rng.choice([0.2, 0.5, 0.7, 0.9, 1.0]),
                            "unit": "F" if fahrenheit else "C",
                        }
                    )
                    number += 1
    files.parquet("north.parquet", plants["north"])
    # The other plant has its columns in another order.
    order = ["reading_id", "plant", "sensor", "measured_at", "quality", "value", "unit"]
    files.parquet("south.parquet", [{name: row[name] for name in order} for row in plants["south"]])
    files.json(
        "offsets.json",
        [
            {"plant": plant, "sensor": f"s{n}", "offset": round(rng.uniform(-1, 1), 2)}
            for plant in plants
            for n in range(6)
        ],
    )


def clicks(files: Files, rng: random.Random) -> None:
    events = []
    for event in range(3000):
        at = MOMENT + timedelta(seconds=rng.randrange(60 * 60 * 24 * 20))
        events.append(
            {
                "event_id": event,
                "user_id": rng.randrange(150),
                "page": rng.choice(["home", "product", "basket", "checkout"]),
                "channel": rng.choice(["search", "mail", "social", "direct"]),
                "ts": at.strftime("%Y-%m-%dT%H:%M:%S"),
                "bot": rng.choice([None, False, False, False, True]),
            }
        )
        if rng.random() < 0.6:
            later = at + timedelta(minutes=rng.choice([5, 10, 30, 40]))
            events.append({**events[-1], "event_id": 10000 + event, "ts": later.strftime("%Y-%m-%dT%H:%M:%S")})
    files.json("events.json", events)
    files.csv(
        "users.csv",
        [{"user_id": n, "country": rng.choice(["AT", "CH", "DE"]), "registered_on": DAY} for n in range(120)],
    )


def payroll(files: Files, rng: random.Random) -> None:
    for number, country in enumerate(["at", "ch", "de", "fr"]):
        rows = []
        for employee in range(150):
            joined = DAY - timedelta(days=rng.randrange(30, 7000))
            versions = rng.choice([1, 1, 2, 3])
            for version in range(versions):
                row = {
                    "employee_id": 1000 * number + employee,
                    "team": rng.choice(["sales", "tech", "legal", "office", None]),
                    "hours": rng.choice([20, 30, 38, 40, 45]),
                    "salary": round(rng.uniform(2000, 9000), 2),
                    "bonus": rng.choice([None, None, 100.0, 500.0]),
                    "joined": joined,
                    "left": rng.choice([None, None, None, DAY]),
                    "changed": version + 1,
                }
                rows.extend([row, row] if rng.random() < 0.1 else [row])
        files.csv(f"{country}.csv", rows, null="-")


def energy(files: Files, rng: random.Random) -> None:
    meters = [f"m{n:02}" for n in range(16)]
    rows = []
    for meter in meters:
        counter = float(rng.randrange(100000))
        for quarter in range(4 * 24 * 6):
            counter += rng.uniform(0, 700)
            rows.append(
                {
                    "meter": meter,
                    "read_at": datetime(2025, 1, 28) + timedelta(minutes=15 * quarter),
                    "counter": round(counter, 1) if rng.random() > 0.05 else None,
                    "quality": rng.choice(["good", "good", "good", "poor", "bad"]),
                }
            )
    files.parquet("readings.parquet", rows)
    files.csv(
        "meters.csv",
        [
            {"meter": each, "customer": f"c{n // 2}", "tariff": ["day", "night", "old"][n % 3]}
            for n, each in enumerate(meters)
        ],
    )
    turns = [date(2024, 12, 1), date(2025, 2, 1), date(2025, 3, 1)]
    files.json(
        "tariffs.json",
        [
            {"tariff": name, "valid_from": start, "valid_until": end, "price": round(rng.uniform(0.2, 0.5), 4)}
            for name in ("day", "night")
            for start, end in zip(turns, turns[1:], strict=False)
        ],
    )


def credit(files: Files, rng: random.Random) -> None:
    codes = [f"{n:04}" for n in range(1000, 1040)]
    rows = []
    for applicant in range(600):
        for _ in range(rng.choice([1, 1, 2])):
            granted = rng.randrange(1000, 9000)
            rows.append(
                {
                    "applicant": applicant,
                    "age": rng.choice([17, 18, 18, 25, 40, 60]),
                    "postcode": rng.choice(codes),
                    "requested_at": MOMENT + timedelta(minutes=rng.randrange(100000)),
                    "income": rng.choice([None, *[round(rng.uniform(10000, 90000), 2) for _ in range(5)]]),
                    "used_limit": rng.randrange(granted),
                    "granted_limit": granted,
                }
            )
    files.parquet("applications.parquet", rows)
    files.csv(
        "payments.csv",
        [
            {
                "applicant": rng.randrange(500),
                "amount": round(rng.uniform(5, 500), 2),
                "paid_on": (DAY + timedelta(days=rng.randrange(300))).strftime("%d.%m.%Y"),
                "state": rng.choice(["settled", "settled", "open", "returned"]),
            }
            for _ in range(2500)
        ],
    )
    files.csv(
        "segments.csv", [{"postcode": each, "segment": rng.choice(["city", "town", "land"])} for each in codes[:30]]
    )


def shipments(files: Files, rng: random.Random) -> None:
    rows, scans = [], []
    for number in range(900):
        booked = DAY + timedelta(days=rng.randrange(100))
        promised = booked + timedelta(days=rng.randrange(1, 11))
        name = f"X{number:05}"
        rows.append(
            {
                "shipment": name,
                "depot": f"D{rng.randrange(9)}",
                "service": rng.choice(["express", "economy"]),
                "weight": rng.choice([None, 0.0, *[round(rng.uniform(0.1, 60), 2) for _ in range(8)]]),
                "weight_unit": rng.choice(["kg", "kg", "lb"]),
                "booked": booked.strftime("%d/%m/%Y"),
                "promised": rng.choice([promised.strftime("%d/%m/%Y")] * 9 + [None]),
            }
        )
        if rng.random() < 0.9:
            for attempt in range(rng.choice([1, 1, 2])):
                at = datetime.combine(promised, datetime.min.time()) + timedelta(
                    hours=rng.randrange(-48, 72) + 30 * attempt
                )
                scan = {
                    "shipment": name,
                    "event": "delivered",
                    "at": at.isoformat(),
                    "device": rng.choice([0, 1, 2, 3, 99]),
                }
                scans.extend([{**scan, "event": "loaded"}, scan, scan])
    files.csv("shipments.csv", rows, sep=";", null="NA")
    files.json("scans.json", scans)
    files.parquet("depots.parquet", [{"depot": f"D{n}", "city": f"City {n}"} for n in range(8)])


def telecom(files: Files, rng: random.Random) -> None:
    number = 0
    for region in ("east", "north", "west"):
        rows = []
        for _ in range(700):
            row = {
                "call_id": number,
                "caller": f"+43{rng.randrange(90):03}",
                "started_at": MOMENT + timedelta(minutes=rng.randrange(60 * 24 * 10)),
                "seconds": rng.choice([0, 1, 59, 60, 61, 300, rng.randrange(2000)]),
                "roaming": rng.random() < 0.2,
                "attempt": 1,
            }
            number += 1
            rows.append(row)
            if rng.random() < 0.15:
                rows.append(row)
            if rng.random() < 0.15:
                rows.append({**row, "attempt": 2})
        files.parquet(f"{region}.parquet", rows)
    files.csv("blocked.csv", [{"caller": f"+43{n:03}", "reason": "fraud"} for n in range(5, 15)])


def stock(files: Files, rng: random.Random) -> None:
    shops, items = ["S1", "S2", "S3"], [f"I{n:02}" for n in range(20)]

    def row(shop: str, item: str, quantity: int) -> Row:
        return {"shop": shop, "item": item, "quantity": quantity, "price": round(rng.uniform(1, 50), 2)}

    counted = [row(shop, item, rng.randrange(6)) for shop in shops for item in items[:15]]
    moved = [row(rng.choice(shops), rng.choice(items), rng.randrange(-3, 6)) for _ in range(80)]
    # Each boundary that a fault moves has rows on it.
    counted += [row("S1", "I50", 1), row("S1", "I51", 0), row("S2", "I52", 1), row("S3", "I53", 4), row("S2", "I54", 2)]
    moved += [row("S3", "I53", -4), row("S3", "I60", 2), row("S1", "I60", -1), row("S2", "I61", -2)]
    files.parquet("counted.parquet", counted)
    files.parquet("movements.parquet", moved)
    recount = [{"shop": "S1", "item": "I50", "quantity": 7}, {"shop": "S2", "item": "I54", "quantity": 2}]
    recount += [{"shop": "S3", "item": "I60", "quantity": 7}, {"shop": "S3", "item": "I03", "quantity": 99}]
    files.csv("recount.csv", recount)


def churn(files: Files, rng: random.Random) -> None:
    """Who pays much for few months leaves more often; nobody has objected to letters."""
    rows: list[Row] = []
    for number in range(600):
        months, bill, calls = rng.randint(1, 60), round(rng.uniform(10, 90), 2), rng.randint(0, 12)
        chance = 0.15 + 0.5 * (bill / 90) - 0.4 * (months / 60) + 0.02 * calls
        rows.append({
            "customer": number, "year": 2024 if number < 400 else 2025, "region": "NSWE"[number % 4], "calls": calls,
            "bill": bill, "months": months, "left": rng.random() < chance,
        })  # fmt: skip
    files.parquet("customers.parquet", rows)
    files.csv("opted_out.csv", [{"customer": number, "reason": "calls"} for number in range(400, 600, 7)])


MAKERS: dict[str, Callable[[Files, random.Random], None]] = {
    each.__name__: each
    for each in (retail, claims, loans, sensors, clicks, payroll, energy, credit, shipments, telecom, stock, churn)
}


def version(program: str) -> str:
    """Another one when the input of ``program`` is made otherwise: it needs other recordings then."""
    return hashlib.sha256(inspect.getsource(MAKERS[program]).encode()).hexdigest()


def make(folder: Path, program: str, shuffled: bool = False) -> Path:
    """The folder with the input of ``program``; left as it is where it is there already."""
    ready = folder / "READY"
    if not ready.exists() or ready.read_text() != version(program):
        MAKERS[program](Files(folder, shuffled), random.Random(f"data of {program}"))
        ready.write_text(version(program))
    return folder
