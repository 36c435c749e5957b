import threading
from concurrent.futures import ThreadPoolExecutor

from pyspark.sql import SparkSession


def load(number):
    return spark.range(number)


def double(df):
    return df.union(df)


def run_all():
    with ThreadPoolExecutor(2) as pool:
        frames = list(pool.map(load, [3, 4, 5]))
        futures = [pool.submit(double, frame) for frame in frames]
        return [future.result() for future in futures]


spark = SparkSession.builder.getOrCreate()
done = run_all()
print([df.count() for df in done])

kept = []


def background(df):
    kept.append(df.filter("id > 0"))


thread = threading.Thread(target=background, args=(done[0],))
thread.start()
thread.join()
print(kept[0].count())

# lineage:
# run_all / load <- -
# run_all / double <- run_all / load
# background <- run_all / double
