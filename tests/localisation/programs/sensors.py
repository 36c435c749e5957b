"""Hourly climate of two plants from their sensors, by a chain of transformations."""

import sys

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

WINDOW = 5
data, out = sys.argv[1:3]


def in_celsius(df: DataFrame) -> DataFrame:
    celsius = F.when(F.col("unit") == "F", (F.col("value") - 32) * 5 / 9).otherwise(F.col("value"))
    return df.withColumn("celsius", celsius).drop("unit", "value")


def calibrated(offsets: DataFrame):
    """A transformation that corrects by the sensor's own offset."""

    def apply(df: DataFrame) -> DataFrame:
        known = df.join(offsets, ["plant", "sensor"], "left")
        corrected = F.col("celsius") + F.coalesce(F.col("offset"), F.lit(0.0))
        return known.withColumn("celsius", corrected).drop("offset")

    return apply


def within(df: DataFrame, low: float = -30.0, high: float = 60.0) -> DataFrame:
    return df.filter((F.col("celsius") >= low) & (F.col("celsius") <= high))


def smoothed(df: DataFrame, rows: int) -> DataFrame:
    past = Window.partitionBy("plant", "sensor").orderBy("measured_at").rowsBetween(-rows, 0)
    return df.withColumn("smooth", F.avg("celsius").over(past))


def one_per_second(df: DataFrame) -> DataFrame:
    order = Window.partitionBy("plant", "sensor", "measured_at").orderBy(F.desc("quality"), "reading_id")
    return df.withColumn("place", F.row_number().over(order)).filter("place = 1").drop("place")


def hourly(df: DataFrame) -> DataFrame:
    return df.groupBy("plant", F.date_trunc("hour", "measured_at").alias("hour")).agg(
        F.avg("smooth").alias("mean"),
        F.max("celsius").alias("highest"),
        F.min("celsius").alias("lowest"),
        F.count("celsius").alias("readings"),
    )


spark = SparkSession.builder.appName("sensors").getOrCreate()
spark.sparkContext.setLogLevel("ERROR")
north = spark.read.parquet(f"{data}/north.parquet")
south = spark.read.parquet(f"{data}/south.parquet")
offsets = spark.read.json(f"{data}/offsets.json")

readings = north.unionByName(south)
trusted = readings.transform(lambda df: df.filter(F.col("quality") > 0.5))
climate = (
    trusted.transform(one_per_second)
    .transform(in_celsius)
    .transform(calibrated(offsets))
    .transform(within)
    .transform(smoothed, rows=WINDOW)
)
hours = climate.transform(hourly)
alarms = hours.transform(lambda df: df.withColumn("alarm", F.col("highest") - F.col("lowest") > 20))
hours.write.mode("overwrite").parquet(f"{out}/hours")
alarms.filter("alarm").drop("alarm").write.mode("overwrite").json(f"{out}/alarms")
print("hours:", hours.count())
spark.stop()
