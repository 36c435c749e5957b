"""A job on executors of their own, some of whose tasks fail, or lose their executor when told to."""

import os
import signal
import sys
import time
from pathlib import Path

from pyspark import TaskContext
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

DATA, TROUBLE = sys.argv[1:3]
ONCE = Path("happened").absolute()


def executor():
    """Process id of the JVM that runs this task: the parent of the parent of a Python worker."""
    daemon = os.getppid()
    return int(Path(f"/proc/{daemon}/stat").read_text().rsplit(")", 1)[1].split()[1])


def first_time(what):
    try:
        os.close(os.open(f"{ONCE}-{what}", os.O_CREAT | os.O_EXCL))
        return True
    except FileExistsError:
        return False


def flaky(batches):
    for number, batch in enumerate(batches):
        yield batch
        task = TaskContext.get()
        if TROUBLE == "retry" and task.partitionId() % 2 == 1 and task.attemptNumber() == 0 and number == 0:
            raise RuntimeError("fails the first time")


def losing(batches):
    for batch in batches:
        if TROUBLE == "lost" and TaskContext.get().partitionId() == 1 and first_time("lost"):
            os.kill(executor(), signal.SIGKILL)
            time.sleep(30)
        yield batch


def ours_is_there(batches):
    import importlib.util

    import pandas as pd

    for _ in batches:
        yield pd.DataFrame({"found": [importlib.util.find_spec("spark_lineage") is not None]})


def read(spark):
    return spark.read.parquet(f"{DATA}/orders")


def numbered(orders):
    return orders.repartition(6, "order_id").withColumn("double", F.col("amount") * 2).select("order_id", "status", "double")


def in_trouble(orders):
    function = losing if TROUBLE == "lost" else flaky
    return orders.mapInPandas(function, orders.schema)


def counted(rows):
    return rows.groupBy("status").agg(F.count("*").alias("n"), F.sum("double").alias("total"))


def keyed(orders):
    return orders.select("order_id")


def main():
    spark = SparkSession.builder.appName("cluster").getOrCreate()
    orders = numbered(read(spark))
    rows = in_trouble(orders)
    totals = counted(rows)
    print(sorted(map(str, totals.collect())))
    print("keys:", len(keyed(read(spark).repartition(6, "order_id")).collect()))
    print("ours on executors:", {row.found for row in spark.range(4).mapInPandas(ours_is_there, "found boolean").collect()})
    spark.stop()


main()
