"""Punctuality of a forwarder's shipments; the steps are in the package ``lib``."""

import sys
from pathlib import Path

from pyspark.sql import SparkSession

from lib import metrics, reading
from lib.cleaning import clean_scans, clean_shipments


def prepare(spark, data):
    shipments = clean_shipments(reading.shipments(spark, data))
    scans = clean_scans(reading.scans(spark, data))
    delivered = metrics.last_scan(scans)
    return metrics.with_delivery(shipments, delivered)


def report(frame, depots, out):
    late = metrics.lateness(frame)
    by_depot = metrics.by_depot(late, depots)
    by_depot.write.mode("overwrite").parquet(str(out / "depots"))
    weights = metrics.weight_classes(late)
    weights.write.mode("overwrite").parquet(str(out / "weights"))


def main():
    data, out = sys.argv[1], Path(sys.argv[2])
    spark = SparkSession.builder.appName("shipments").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    frame = prepare(spark, data)
    report(frame, reading.depots(spark, data), out)
    spark.stop()


if __name__ == "__main__":
    main()
