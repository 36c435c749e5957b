"""The seeded faults and the harmless changes: what is changed in which program, and which step ``diff`` has to name.

Written by hand from the programs, before any answer was looked at. Steps are named without the application's name.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """``old`` occurs exactly once in ``file`` and becomes ``new``; ``(file, old, new)`` in ``more`` likewise.

    With an empty ``old`` the whole file is ``new``.
    """

    program: str
    name: str
    kind: str
    old: str
    new: str
    #: The step that has to be named. More than one: either is right, as the change can be read both ways.
    steps: tuple[str, ...] = ()
    #: Calls of that step that differ first; None where every call does.
    calls: tuple[int, ...] | None = None
    file: str | None = None  # in the folder of the program; None: its script
    more: tuple[tuple[str | None, str, str], ...] = ()
    #: Words that are another word everywhere in the program.
    renamed: tuple[tuple[str, str], ...] = ()
    #: Run from the same folder, with the same output and the same store, after the baseline; else elsewhere.
    same_place: bool = False
    #: Input of the changed run: the same folder, a copy elsewhere, or the same rows in another order.
    data: str = "same"

    @property
    def harmless(self) -> bool:
        return not self.steps


def fault(program: str, name: str, kind: str, old: str, new: str, *steps: str, **more: object) -> Change:
    assert steps
    return Change(program, name, kind, old, new, steps, **more)  # type: ignore[arg-type]


def harmless(program: str, name: str, kind: str, old: str = "", new: str = "", **more: object) -> Change:
    return Change(program, name, kind, old, new, **more)  # type: ignore[arg-type]


RETAIL = [
    fault("retail", "quantity", "filter boundary", 'F.col("quantity") >= 1', 'F.col("quantity") > 1', "df~4"),
    fault("retail", "status", "wrong population", '"cancelled", "test"', '"cancelled"', "df~5", same_place=True),
    fault("retail", "discount", "unit mix-up", 'F.col("discount") / 100', 'F.col("discount") / 1000', "df~6"),
    fault("retail", "shops", "wrong join type", '"shop", "left"', '"shop", "inner"', "df~7"),
    fault("retail", "week", "date truncation", 'date_trunc("week"', 'date_trunc("month"', "df~10"),
    fault("retail", "version", "dedup keeps the wrong row", '"updated_at").desc()', '"updated_at").asc()', "df~2"),
    fault("retail", "metric", "wrong metric", 'F.avg("margin")', 'F.avg("amount")', "weekly"),
    fault("retail", "few-orders", "filter boundary", '"orders") > 2', '"orders") > 3', "weekly~2", same_place=True),
    fault("retail", "thousands", "unit mix-up", "F.lit(1000)", "F.lit(100)", "share"),
    fault(
        "retail", "statement-removed", "wrong population", 'df = df.filter(F.col("quantity") >= 1)\n', "", "df~4",
    ),
    fault(
        "retail", "statement-added", "fan-out",
        'df = df.withColumn("margin"', 'df = df.unionByName(df.filter("discount > 20"))\ndf = df.withColumn("margin"', "df~9",
    ),
]  # fmt: skip

CLAIMS = [
    fault("claims", "contract-year", "fan-out", ' & (F.col("year") == F.col("contract_year"))', "", "main.contracted"),
    fault(
        "claims", "last-day", "filter boundary",
        'F.col("service_date").between(F.col("insured_from"), F.col("insured_until"))',
        '(F.col("service_date") >= F.col("insured_from")) & (F.col("service_date") < F.col("insured_until"))',
        "main.covered", same_place=True,
    ),
    fault("claims", "no-copay", "null handling", 'F.coalesce(F.col("copay"), F.lit(0.0))', 'F.col("copay")', "main.cost_share"),
    fault("claims", "members", "wrong aggregate", 'F.countDistinct("member_id")', 'F.count("member_id")', "main.monthly_cost"),
    fault("claims", "payable", "wrong population", '["paid", "approved"]', '["paid", "approved", "pending"]', "main.valid_claims"),
    fault("claims", "top", "wrong population", "top: int = 3", "top: int = 4", "main.costliest"),
    fault("claims", "lines", "dedup keeps the wrong row", '["claim_id", "line"]', '["claim_id"]', "main.valid_claims"),
    fault("claims", "per-claim", "wrong metric", 'F.col("paid") / F.col("members")', 'F.col("paid") / F.col("claims")', "main.months~2"),
    fault("claims", "lost-column", "lost column", '"cost_per_member", "claims"]', '"cost_per_member"]', "main.save", calls=(1,)),
    fault("claims", "cents", "truncating cast", 'F.col("rate").cast("double")', 'F.col("rate").cast("int")', "main.read_providers"),
]  # fmt: skip

VALUED = "LoanBook.valued"
LOANS = [
    fault("loans", "udf", "filter boundary", "if days < 30:", "if days <= 30:", f"{VALUED}.LoanBook.classified"),
    fault("loans", "haircut", "wrong metric", "HAIRCUT = 0.8", "HAIRCUT = 0.08", f"{VALUED}.LoanBook.exposed"),
    fault("loans", "percent", "unit mix-up", 'F.col("rate_percent") / 100 / 12', 'F.col("rate_percent") / 12', f"{VALUED}.LoanBook.exposed"),
    fault("loans", "cast", "truncating cast", '.cast("decimal(18,4)")', '.cast("int")', f"{VALUED}.LoanBook.exposed", same_place=True),
    fault("loans", "migration", "wrong join type", '"loan_id", "full_outer"', '"loan_id", "inner"', "Report.migration"),
    fault("loans", "collateral", "wrong aggregate", 'F.sum("value")', 'F.first("value")', f"{VALUED}.LoanBook.secured"),
    fault("loans", "no-collateral", "null handling", '.fillna(0.0, ["collateral"])', "", f"{VALUED}.LoanBook.secured"),
    fault("loans", "june", "wrong population", '"2025-06-30"', '"2025-05-31"', f"{VALUED}.LoanBook.snapshot", calls=(2,)),
    fault("loans", "rates", "wrong metric", '"late": 0.2', '"late": 0.02', f"{VALUED}.LoanBook.loss"),
]  # fmt: skip

SENSORS = [
    fault("sensors", "union", "union by position", "north.unionByName(south)", "north.union(south.select(south.columns))", "readings"),
    fault("sensors", "fahrenheit", "unit mix-up", "* 5 / 9)", "* 9 / 5)", "in_celsius"),
    fault("sensors", "quality", "filter boundary", 'F.col("quality") > 0.5', 'F.col("quality") >= 0.5', "trusted", same_place=True),
    fault("sensors", "range", "filter boundary", '<= high', '< high', "within"),
    fault("sensors", "window", "window frame", "rowsBetween(-rows, 0)", "rowsBetween(-rows, 1)", "smoothed"),
    fault("sensors", "constant", "window frame", "WINDOW = 5", "WINDOW = 50", "smoothed"),
    fault("sensors", "offset", "wrong join type", '["plant", "sensor"], "left"', '["plant", "sensor"], "inner"', "apply"),
    fault("sensors", "hour", "date truncation", 'date_trunc("hour"', 'date_trunc("day"', "hourly"),
    fault("sensors", "highest", "wrong aggregate", 'F.max("celsius")', 'F.first("celsius")', "hourly"),
    fault("sensors", "best", "dedup keeps the wrong row", 'F.desc("quality")', 'F.asc("quality")', "one_per_second"),
    fault("sensors", "alarm", "filter boundary", "> 20))", "> 200))", "alarms"),
]  # fmt: skip

CLICKS = [
    fault("clicks", "bots", "wrong population", "WHERE NOT coalesce(bot, false)", "WHERE NOT bot", "humans"),
    fault("clicks", "zone", "date truncation", "from_utc_timestamp(ts, 'Europe/Berlin')", "from_utc_timestamp(ts, 'America/New_York')", "humans"),
    fault("clicks", "gap", "unit mix-up", "GAP_MINUTES = 30", "GAP_MINUTES = 60", "starts"),
    fault("clicks", "frame", "window frame", "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW", "ROWS BETWEEN 9 PRECEDING AND CURRENT ROW", "numbered"),
    fault("clicks", "bought", "wrong aggregate", "max(CASE WHEN page", "min(CASE WHEN page", "sessions", same_place=True),
    fault("clicks", "users", "wrong join type", "LEFT JOIN users", "JOIN users", "by_country"),
    fault("clicks", "visitors", "wrong aggregate", "count(DISTINCT s.user_id)", "count(s.user_id)", "by_country"),
    fault("clicks", "day", "date truncation", "date_trunc('DAY'", "date_trunc('MONTH'", "by_country"),
    fault("clicks", "channels", "wrong population", '"search", "mail", "social"', '"search", "mail"', "by_channel"),
]  # fmt: skip

PAYROLL = [
    fault("payroll", "one-country", "unit mix-up", '"ch": 1.05', '"ch": 105.0', "in_euro", calls=(2,)),
    fault("payroll", "one-tax", "wrong metric", '"de": 38', '"de": 83', "taxed", calls=(3,), same_place=True),
    fault("payroll", "full-time", "wrong metric", "FULL_TIME = 40", "FULL_TIME = 38", "paid"),
    fault("payroll", "helper", "wrong metric", "return F.least(hours / F.lit(FULL_TIME), F.lit(1.0))", "return hours / F.lit(FULL_TIME)", "paid"),
    fault("payroll", "bonus", "null handling", 'F.coalesce(F.col("bonus"), F.lit(0.0))', 'F.col("bonus")', "paid"),
    fault("payroll", "null-value", "null handling", 'nullValue="-"', 'nullValue="?"', "load"),
    fault("payroll", "last-change", "dedup keeps the wrong row", 'F.max("changed").alias', 'F.min("changed").alias', "current"),
    fault("payroll", "zeros", "null handling", 'F.avg("bonus")', 'F.avg(F.coalesce("bonus", F.lit(0)))', "teams"),
    fault("payroll", "default", "date truncation", 'day: str = "2025-06-30"', 'day: str = "2024-06-30"', "seniority"),
    fault("payroll", "people", "filter boundary", 'F.col("people") >= 3', 'F.col("people") >= 30', "teams~2"),
]  # fmt: skip

ENERGY = [
    fault("energy", "kilo", "unit mix-up", 'F.col("wh") / 1000', 'F.col("wh") / 100', "run.kilowatt_hours"),
    fault("energy", "tariff-end", "fan-out", '(located["at"] < tariffs["valid_until"])', '(located["at"] <= tariffs["valid_until"])', "run.priced"),
    fault("energy", "no-tariff", "wrong join type", 'valid, "left")', 'valid, "inner")', "run.priced"),
    fault("energy", "carried", "null handling", "F.last(column, ignorenulls=True)", "F.last(column)", "run.carry"),
    fault("energy", "lag", "window frame", 'F.lag("counter", 1)', 'F.lag("counter", 2)', "run.difference", same_place=True),
    fault("energy", "argument", "date truncation", 'per("hour")', 'per("day")', "run.total"),
    fault("energy", "rounding", "premature rounding", 'F.col("kwh") * F.coalesce("price"', 'F.round("kwh") * F.coalesce("price"', "run.priced"),
    fault("energy", "quality", "wrong population", '!= "bad"', '== "good"', "run.use"),
    fault("energy", "places", "filter boundary", "place <= 3", "place < 3", "run.peaks"),
    fault("energy", "cents", "premature rounding", 'F.round("cost", 2)', 'F.round("cost", 1)', "run.billed"),
]  # fmt: skip

CREDIT = [
    fault("credit", "zero-income", "null handling", '.fillna(frame["income"].median())', ".fillna(0)", "impute"),
    fault("credit", "mean-income", "wrong aggregate", 'frame["income"].median()', 'frame["income"].mean()', "impute"),
    fault("credit", "segments", "wrong join type", 'on="postcode", how="left"', 'on="postcode", how="inner"', "add_segment"),
    fault("credit", "keep", "dedup keeps the wrong row", 'keep="last"', 'keep="first"', "one_each", same_place=True),
    fault("credit", "weights", "wrong metric", '"payments": 0.04', '"payments": 0.4', "score"),
    fault("credit", "cutoff", "filter boundary", "CUTOFF = 0.5", "CUTOFF = 0.6", "decide"),
    fault("credit", "adults", "filter boundary", 'F.col("age") >= 18', 'F.col("age") > 18', "adults"),
    fault("credit", "day-month", "date truncation", '"dd.MM.yyyy"', '"MM.dd.yyyy"', "payments"),
    fault("credit", "settled", "wrong population", 'payments.filter(F.col("state") == "settled")', "payments", "payment_features"),
    fault("credit", "acceptance", "wrong metric", 'F.avg("income")', 'F.avg("score")', "summary"),
    fault("credit", "rounded", "premature rounding", "score=1 / (1 + np.exp(-points))", "score=(1 / (1 + np.exp(-points))).round(2)", "score"),
]  # fmt: skip

SHIPMENTS = [
    fault("shipments", "pounds", "unit mix-up", "KILOGRAMS_PER_POUND = 0.45359237", "KILOGRAMS_PER_POUND = 2.20462262", "main.prepare.clean_shipments", file="lib/cleaning.py"),
    fault("shipments", "weightless", "null handling", 'F.col("weight").isNull() | (F.col("weight") > 0)', 'F.col("weight") > 0', "main.prepare.clean_shipments", file="lib/cleaning.py"),
    fault("shipments", "devices", "wrong population", "[0, 99]", "[0]", "main.prepare.clean_scans", file="lib/cleaning.py", same_place=True),
    fault("shipments", "attempt", "dedup keeps the wrong row", 'F.col("at").desc()', 'F.col("at").asc()', "main.prepare.last_scan", file="lib/metrics.py"),
    fault("shipments", "undelivered", "wrong join type", 'how="left"', 'how="inner"', "main.prepare.with_delivery", file="lib/metrics.py"),
    fault("shipments", "hours", "date truncation", "F.datediff(F.to_date(delivered), promised)", 'F.datediff(F.last_day(delivered), promised)', "main.report.lateness", file="lib/metrics.py"),
    fault("shipments", "boundary", "filter boundary", 'F.col("days_late") <= 0', 'F.col("days_late") < 0', "main.report.lateness", file="lib/metrics.py"),
    fault("shipments", "delivered", "wrong aggregate", 'F.count("delivered_at")', 'F.count("depot")', "main.report.by_depot", file="lib/metrics.py"),
    fault("shipments", "lost-city", "lost column", '"depot", "city", "shipments"', '"depot", "shipments"', "main.report.by_depot", file="lib/metrics.py"),
    fault("shipments", "day-month", "date truncation", '"dd/MM/yyyy"', '"MM/dd/yyyy"', "main.prepare.shipments", file="lib/reading.py"),
    fault("shipments", "classes", "premature rounding", 'F.sum("weight")', 'F.sum(F.round("weight"))', "main.report.weight_classes", file="lib/metrics.py"),
]  # fmt: skip

TELECOM = [
    fault("telecom", "attempt", "dedup keeps the wrong row", '["call_id", "attempt"]).filter', '["caller", "attempt"]).filter', "process.unique"),
    fault("telecom", "unanswered", "filter boundary", 'F.col("seconds") > 0', 'F.col("seconds") > 1', "process.connected"),
    fault("telecom", "blocked", "wrong join type", '"caller", "left_anti"', '"caller", "left_semi"', "process.without_blocked"),
    fault("telecom", "minutes", "truncating cast", 'F.ceil(F.col("seconds") / 60)', '(F.col("seconds") / 60).cast("int")', "process.rated", same_place=True),
    fault("telecom", "roaming", "wrong metric", '"roaming"), 19)', '"roaming"), 91)', "process.rated"),
    fault("telecom", "swapped", "unit mix-up", "minutes * cents / 100", 'F.col("seconds") * cents / 100', "process.rated"),
    fault("telecom", "last", "wrong aggregate", 'F.max("started_at")', 'F.min("started_at")', "invoice"),
    fault("telecom", "rounding", "premature rounding", 'F.sum("euro")', 'F.sum(F.round("euro", 0))', "invoice"),
    fault("telecom", "not-all", "wrong population", "frames[1:]", "frames[2:]", "combine"),
    fault("telecom", "seconds", "wrong metric", 'F.sum("seconds")', 'F.sum("minutes")', "traffic"),
]  # fmt: skip

CHURN = [
    fault("churn", "training-year", "wrong population", 'filter("year = 2024")', 'filter("year = 2024 AND months > 3")', "main.history"),
    fault("churn", "label", "wrong label", 'F.col("left").cast("double")', '(~F.col("left")).cast("double")', "main.history"),
    fault("churn", "regularised", "model setting", "regParam=0.01", "regParam=0.5", "main.fitted"),
    fault("churn", "iterations", "model setting", "maxIter=8", "maxIter=1", "main.fitted", same_place=True),
    fault("churn", "measure-lost", "model setting", 'MEASURES = ["calls", "bill", "months"]', 'MEASURES = ["calls", "bill"]', "main.fitted"),
    fault("churn", "scored-year", "wrong population", 'filter("year = 2025")', 'filter("year >= 2024")', "main.today"),
    fault("churn", "wrong-side", "wrong metric", "vector[1]", "vector[0]", "main.scored"),
    fault("churn", "threshold", "filter boundary", "least=0.35", "least=0.5", "main.risky"),
    fault("churn", "nobody", "all rows are gone", "least=0.35", "least=3.5", "main.risky", same_place=True),
    fault("churn", "objections", "wrong join type", '"customer", "left_anti")', '"customer", "left_semi")', "main.callable_"),
    fault("churn", "refusals", "no longer empty", "reason = 'letters'", "reason = 'calls'", "main.refused"),
    fault("churn", "no-region", "all rows are gone", 'value.join(refusals, "region", "left")', 'value.join(refusals, "region")', "main.by_region"),
    fault("churn", "amount", "wrong metric", 'F.sum("bill")', 'F.max("bill")', "main.by_region"),
]  # fmt: skip

LATENESS = """def days_late(promised, delivered):
    return F.datediff(F.to_date(delivered), promised)


def lateness(frame):
    late = frame.withColumn("days_late", days_late(F.col("promised"), F.col("delivered_at")))
    return late.withColumn("on_time", F.col("days_late") <= 0)


"""

HARMLESS = [
    harmless(
        "retail", "formatting", "comments and formatting",
        "by_category = df.groupBy(", "# Everything that is sold.\n\nby_category = df.groupBy(  # all years\n    ", same_place=True,
        more=((None, 'df = df.fillna({"region": "unknown"})', 'df = df.fillna(\n    {"region": "unknown"},\n)'),),
    ),
    harmless("retail", "renamed-variable", "renamed locals", renamed=(("df", "sales"), ("latest", "versions"))),
    harmless(
        "retail", "partitions", "partition count",
        'appName("retail")', 'appName("retail").config("spark.sql.shuffle.partitions", 5)',
    ),
    harmless(
        "claims", "moved", "a function moved",
        'def read_members(spark: SparkSession, data: str) -> DataFrame:\n    return spark.read.parquet(f"{data}/members.parquet")\n\n\n', "",
        more=((None, "def main() -> None:", 'def read_members(spark: SparkSession, data: str) -> DataFrame:\n    """From the register."""\n    return spark.read.parquet(f"{data}/members.parquet")\n\n\ndef main() -> None:'),),
    ),
    harmless("claims", "renamed-function", "a function renamed", renamed=(("cost_share", "with_cost_share"), ("joined", "insured_claims"))),
    harmless("loans", "repartition", "partition count", 'return self.loss(self.exposed(self.secured(book, collateral)))', 'return self.loss(self.exposed(self.secured(book.repartition(5), collateral)))'),
    harmless("sensors", "rows-shuffled", "row order", data="shuffled"),
    harmless("clicks", "elsewhere", "equal input at another path", data="copy"),
    harmless("clicks", "again", "nothing changed", same_place=True),
    harmless("payroll", "float-sum", "float summation order", "teams = senior.groupBy", 'teams = senior.repartition(7, "employee_id").groupBy'),
    harmless(
        "energy", "extracted", "an expression extracted",
        '    return costs.withColumn("cost", F.col("kwh") * F.coalesce("price", F.lit(0.3)))',
        '    price = or_default("price")\n    return costs.withColumn("cost", F.col("kwh") * price)',
        more=((None, "def billed(", "def or_default(column):\n    return F.coalesce(column, F.lit(0.3))\n\n\ndef billed("),),
    ),
    harmless("credit", "sorted", "float summation order", "def decide(scores, cutoff=CUTOFF):\n", "def decide(scores, cutoff=CUTOFF):\n    scores = scores.repartition(4).sortWithinPartitions('score')\n"),
    harmless(
        "shipments", "other-module", "a function moved to another module", "from lib import metrics, reading", "from lib import lateness as late_days\nfrom lib import metrics, reading",
        more=(
            (None, "metrics.lateness(frame)", "late_days.lateness(frame)"),
            ("lib/metrics.py", LATENESS, ""),
            ("lib/lateness.py", "", "from pyspark.sql import functions as F\n\n\n" + LATENESS),
        ),
    ),
    harmless("churn", "again", "nothing changed", same_place=True),
    harmless("churn", "renamed-model", "renamed locals", renamed=(("model", "classifier"),)),
    harmless("telecom", "threads", "thread order", "max_workers=3", "max_workers=1", same_place=True),
    harmless(
        "telecom", "thread-order", "thread order",
        "    calls = spark.read.parquet", '    time.sleep({"east": 1.5, "north": 0.8, "west": 0}[region])\n    calls = spark.read.parquet',
        more=((None, "import sys\n", "import sys\nimport time\n"),),
    ),
]  # fmt: skip

UPSERT = """MERGE INTO stock s USING booked b ON s.shop = b.shop AND s.item = b.item
        WHEN MATCHED AND s.quantity + b.quantity <= 0 THEN DELETE
        WHEN MATCHED THEN UPDATE SET quantity = s.quantity + b.quantity, state = 'moved'"""

STOCK = [
    fault("stock", "negative", "filter boundary", "WHERE quantity >= 0", "WHERE quantity > 0", "main.first_stock"),
    fault("stock", "latest-price", "wrong aggregate", "max(price) AS price", "min(price) AS price", "main.booked.create_booked"),
    fault("stock", "sold-out", "filter boundary", "s.quantity + b.quantity <= 0", "s.quantity + b.quantity < 0", "main.upsert"),
    fault("stock", "replaced", "wrong metric", "SET quantity = s.quantity + b.quantity", "SET quantity = b.quantity", "main.upsert"),
    fault("stock", "not-inserted", "wrong population", "WHEN NOT MATCHED THEN INSERT", "WHEN NOT MATCHED AND b.quantity > 9 THEN INSERT", "main.upsert"),
    fault("stock", "join-key", "fan-out", "ON s.shop = b.shop AND s.item = b.item", "ON s.shop = b.shop AND s.item = b.item AND s.price > 20", "main.upsert"),
    fault("stock", "percent", "unit mix-up", "price * 1.1", "price * 1.01", "main.dearer"),
    fault("stock", "other-shop", "wrong population", "WHERE shop = 'S1'\"", "WHERE shop = 'S2'\"", "main.dearer"),
    fault("stock", "emptied", "filter boundary", "quantity < 2 AND", "quantity <= 2 AND", "main.emptied"),
    fault("stock", "recount", "wrong metric", '{"quantity": "f.quantity",', '{"quantity": "f.quantity + s.quantity",', "main.recounted.execute_stock"),
    fault("stock", "lost", "wrong population", "whenNotMatchedBySourceUpdate(\"s.shop = 'S2'\"", "whenNotMatchedBySourceUpdate(\"s.shop = 'S3'\"", "main.recounted.execute_stock"),
    fault("stock", "columns-swapped", "union by position", "INSERT INTO log (item, shop, change)", "INSERT INTO log (shop, item, change)", "main.logged.insert_log"),
    fault("stock", "outward", "filter boundary", "WHERE quantity < -1", "WHERE quantity < -2", "main.split.insert_inward"),
    fault("stock", "items", "wrong aggregate", "count(*) AS items", "count(DISTINCT state) AS items", "main.worth"),
    fault("stock", "version", "wrong population", "VERSION AS OF 0", "VERSION AS OF 1", "main.at_first.before"),
    fault("stock", "discount", "unit mix-up", "F.lit(10)", "F.lit(1)", "main.discounts.update_DeltaTable"),
    harmless("stock", "spelling", "formatting of SQL", "UPDATE stock SET price", "update  stock set price"),
    harmless("stock", "turned-round", "sides of an equality", "MERGE INTO stock s USING booked b ON s.shop = b.shop AND s.item = b.item", "MERGE INTO stock s USING booked b ON b.shop = s.shop AND s.item = b.item"),
    harmless(
        "stock", "alias", "an alias renamed", UPSERT, UPSERT.replace("stock s ", "stock t ").replace("s.", "t."),
    ),
]  # fmt: skip

CHANGES = [
    *RETAIL, *CLAIMS, *LOANS, *SENSORS, *CLICKS, *PAYROLL, *ENERGY, *CREDIT, *SHIPMENTS, *TELECOM, *STOCK, *CHURN,
    *HARMLESS,
]  # fmt: skip
