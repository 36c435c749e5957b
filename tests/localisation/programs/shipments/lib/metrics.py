"""What the report shows."""

from pyspark.sql import Window
from pyspark.sql import functions as F


def last_scan(scans):
    """The last delivery scan of each shipment: an earlier one was an attempt."""
    attempts = scans.filter(F.col("event") == "delivered")
    order = Window.partitionBy("shipment").orderBy(F.col("at").desc(), "device")
    return attempts.withColumn("n", F.row_number().over(order)).filter("n = 1").select("shipment", "at")


def with_delivery(shipments, delivered):
    joined = shipments.join(delivered, on="shipment", how="left")
    return joined.withColumnRenamed("at", "delivered_at")


def days_late(promised, delivered):
    return F.datediff(F.to_date(delivered), promised)


def lateness(frame):
    late = frame.withColumn("days_late", days_late(F.col("promised"), F.col("delivered_at")))
    return late.withColumn("on_time", F.col("days_late") <= 0)


def by_depot(frame, depots):
    measured = frame.groupBy("depot").agg(
        F.count("*").alias("shipments"),
        F.count("delivered_at").alias("delivered"),
        F.avg(F.col("on_time").cast("double")).alias("punctuality"),
        F.percentile_approx("days_late", 0.9).alias("late_p90"),
    )
    return measured.join(depots, "depot").select("depot", "city", "shipments", "delivered", "punctuality", "late_p90")


def weight_classes(frame):
    classes = frame.withColumn("class", F.ceil(F.coalesce(F.col("weight"), F.lit(0.0)) / 10).cast("int"))
    return classes.groupBy("service", "class").agg(
        F.sum("weight").alias("weight"), F.avg("days_late").alias("days_late")
    )
