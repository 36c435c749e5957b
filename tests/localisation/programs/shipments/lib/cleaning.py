"""What is wrong in what comes from the carriers."""

from pyspark.sql import functions as F

KILOGRAMS_PER_POUND = 0.45359237
IGNORED_DEVICES = [0, 99]


def in_kilograms(weight, unit):
    return F.when(unit == "lb", weight * KILOGRAMS_PER_POUND).otherwise(weight)


def clean_shipments(shipments):
    known = shipments.na.drop(subset=["shipment", "promised"])
    known = known.withColumn("weight", in_kilograms(F.col("weight"), F.col("weight_unit"))).drop("weight_unit")
    return known.filter(F.col("weight").isNull() | (F.col("weight") > 0))


def clean_scans(scans):
    real = scans.filter(~F.col("device").isin(IGNORED_DEVICES))
    return real.dropDuplicates(["shipment", "event", "at"])
