"""Call records of regions, rated side by side in threads; steps are registered by a decorator."""

import functools
import sys
from concurrent.futures import ThreadPoolExecutor

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

REGIONS = ["east", "north", "west"]
STEPS = []


def step(function):
    """Registers a step and checks that it keeps the key."""

    @functools.wraps(function)
    def checked(df, *args, **kwargs):
        result = function(df, *args, **kwargs)
        assert "call_id" in result.columns, function.__name__
        return result

    STEPS.append(checked)
    return checked


@step
def unique(calls: DataFrame) -> DataFrame:
    return calls.dropDuplicates(["call_id", "attempt"]).filter(F.col("attempt") == 1)


@step
def connected(calls: DataFrame) -> DataFrame:
    return calls.where(F.col("seconds") > 0)


@step
def without_blocked(calls: DataFrame) -> DataFrame:
    blocked = spark.read.csv(f"{data}/blocked.csv", header=True, schema="caller STRING, reason STRING")
    return calls.join(blocked, "caller", "left_anti")


@step
def rated(calls: DataFrame) -> DataFrame:
    minutes = F.ceil(F.col("seconds") / 60)
    cents = F.when(F.col("roaming"), 19).otherwise(9)
    return calls.withColumn("minutes", minutes).withColumn("euro", minutes * cents / 100)


def process(region: str) -> DataFrame:
    calls = spark.read.parquet(f"{data}/{region}.parquet")
    for each in STEPS:
        calls = each(calls)
    return calls.withColumn("region", F.lit(region))


def combine(frames: list[DataFrame]) -> DataFrame:
    combined = frames[0]
    for frame in frames[1:]:
        combined = combined.union(frame)
    return combined


def invoice(calls: DataFrame) -> DataFrame:
    bills = calls.groupBy("caller").agg(
        F.sum("euro").alias("euro"), F.sum("minutes").alias("minutes"), F.max("started_at").alias("last_call")
    )
    return bills.withColumn("euro", F.bround("euro", 2))


def traffic(calls: DataFrame) -> DataFrame:
    day = F.to_date("started_at").alias("day")
    return calls.groupBy("region", day).agg(
        F.count("*").alias("calls"),
        F.approx_count_distinct("caller", 0.01).alias("callers"),
        F.sum("seconds").alias("s"),
    )


data, out = sys.argv[1:3]
spark = SparkSession.builder.appName("telecom").getOrCreate()
spark.sparkContext.setLogLevel("ERROR")
with ThreadPoolExecutor(max_workers=3) as pool:
    frames = list(pool.map(process, REGIONS))
calls = combine(frames)
invoices = invoice(calls)
invoices.write.mode("overwrite").parquet(f"{out}/invoices")
traffic(calls).write.mode("overwrite").parquet(f"{out}/traffic")
print("invoices:", invoices.count())
spark.stop()
