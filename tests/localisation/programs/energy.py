"""Bills of electricity meters: readings to hourly use, priced by the tariff of the day."""

import sys

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F


def filled(column, keys):
    """Gives a step that carries the last known value forward."""

    def carry(df: DataFrame) -> DataFrame:
        before = Window.partitionBy(*keys).orderBy("read_at").rowsBetween(Window.unboundedPreceding, 0)
        return df.withColumn(column, F.last(column, ignorenulls=True).over(before))

    return carry


def used(keys):
    def difference(df: DataFrame) -> DataFrame:
        order = Window.partitionBy(*keys).orderBy("read_at")
        use = F.col("counter") - F.lag("counter", 1).over(order)
        return df.withColumn("wh", use).filter(F.col("wh") >= 0)

    return difference


def kilowatt_hours(df: DataFrame) -> DataFrame:
    return df.withColumn("kwh", F.col("wh") / 1000)


def per(unit):
    def total(df: DataFrame) -> DataFrame:
        return df.groupBy("meter", F.date_trunc(unit, "read_at").alias("at")).agg(F.sum("kwh").alias("kwh"))

    return total


def priced(use: DataFrame, tariffs: DataFrame, meters: DataFrame) -> DataFrame:
    located = use.join(meters.select("meter", "customer", "tariff"), "meter")
    valid = (
        (located["tariff"] == tariffs["tariff"])
        & (located["at"] >= tariffs["valid_from"])
        & (located["at"] < tariffs["valid_until"])
    )
    costs = located.join(tariffs, valid, "left").drop(tariffs["tariff"])
    return costs.withColumn("cost", F.col("kwh") * F.coalesce("price", F.lit(0.3)))


def billed(costs: DataFrame) -> DataFrame:
    month = F.date_format("at", "yyyy-MM").alias("month")
    bills = costs.groupBy("customer", month).agg(F.sum("kwh").alias("kwh"), F.sum("cost").alias("cost"))
    return bills.withColumn("cost", F.round("cost", 2))


def peaks(use: DataFrame) -> DataFrame:
    best = Window.partitionBy("meter").orderBy(F.desc("kwh"), "at")
    return use.withColumn("place", F.rank().over(best)).where("place <= 3").select("meter", "at", "kwh")


def run(data: str, out: str) -> None:
    spark = SparkSession.builder.appName("energy").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    readings = spark.read.parquet(f"{data}/readings.parquet")
    meters = spark.read.csv(f"{data}/meters.csv", header=True, inferSchema=True)
    tariffs = spark.read.json(
        f"{data}/tariffs.json", schema="tariff STRING, valid_from DATE, valid_until DATE, price DOUBLE"
    )

    keys = ["meter"]
    steps = [filled("counter", keys), used(keys), kilowatt_hours, per("hour")]
    use = readings.filter(F.col("quality") != "bad")
    for step in steps:
        use = step(use)
    use = use.cache()

    bills = billed(priced(use, tariffs, meters))
    bills.write.mode("overwrite").parquet(f"{out}/bills")
    peaks(use).write.mode("overwrite").parquet(f"{out}/peaks")
    print("bills:", bills.count())
    spark.stop()


run(*sys.argv[1:3])
