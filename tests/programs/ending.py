"""Ends in the way that its second argument says, after two steps that go well."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor

from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

DATA, HOW = sys.argv[1:3]


def read(spark):
    return spark.read.parquet(f"{DATA}/orders")


def clean(orders):
    return orders.filter("amount is not null").withColumn("total", F.col("amount") * F.col("quantity"))


def fail_in_python(orders):
    orders.select("order_id")
    raise ValueError("no orders ☃ today")


def fail_in_analysis(orders):
    return orders.select("no_such_column")


@F.udf(T.LongType())
def broken(value):
    if value > 1990:
        raise ZeroDivisionError(f"cannot take {value}")
    return value


def break_in_executor(orders):
    # A Python UDF straight over a Parquet scan can hang plain Spark 4.2.0; and one task fails alone.
    return orders.repartition(1).select(broken("order_id").alias("broken"))


def caught(orders):
    try:
        return fail_in_analysis(orders)
    except Exception as error:
        print("caught", type(error).__name__)
        return orders.select("order_id")


def wait_for_signal(orders):
    def slow(batches):
        for batch in batches:
            time.sleep(1)
            yield batch

    many = orders.repartition(50).select("order_id").mapInPandas(slow, "order_id long")
    print("READY", flush=True)
    return many.count()


def count_status(orders, status):
    chosen = orders.filter(F.col("status") == status)
    if status == "lost":
        raise LookupError(status)
    return chosen.count()


def in_threads(orders):
    with ThreadPoolExecutor(4) as pool:
        futures = {status: pool.submit(count_status, orders, status) for status in ["new", "paid", "sent", "lost"]}
    for status, future in futures.items():
        print(status, future.result())


def pipeline(spark):
    orders = clean(read(spark))
    print("orders", orders.count())
    orders.write.mode("overwrite").parquet("out/orders")
    if HOW == "python":
        fail_in_python(orders)
    elif HOW == "analysis":
        fail_in_analysis(orders)
    elif HOW == "action":
        break_in_executor(orders).write.mode("overwrite").parquet("out/broken")
    elif HOW == "caught":
        print(caught(orders).count())
    elif HOW == "exit":
        sys.exit(3)
    elif HOW == "chained":
        try:
            fail_in_python(orders)
        except ValueError as error:
            raise RuntimeError("pipeline") from error
    elif HOW == "threads":
        in_threads(orders)
    elif HOW in ("interrupt", "kill"):
        wait_for_signal(orders)


def main():
    spark = SparkSession.builder.appName("ending").getOrCreate()
    pipeline(spark)
    if HOW == "stop":
        spark.stop()
    print("done", file=sys.stderr)


if __name__ == "__main__":
    main()
