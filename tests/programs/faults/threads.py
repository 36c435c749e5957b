"""Work in threads and pools, more than three times each."""

import threading
from concurrent.futures import ThreadPoolExecutor

from pyspark.sql import SparkSession


def clean(df):
    return df.filter("id > 0")


def work(number):
    kept.append(clean(spark.range(number)).columns)


spark = SparkSession.builder.getOrCreate()
kept = []
for number in range(4):
    thread = threading.Thread(target=work, args=(number,))
    thread.start()
    thread.join()
with ThreadPoolExecutor(1) as pool:
    list(pool.map(work, [2, 3, 4, 5]))
print(kept)
