"""The programs of ``scale.py``: ordinary PySpark that has ``size`` of one thing. No import of ours.

Each text is a whole program. Its last lines say what it holds: they write, as JSON, the resident memory of its Python
and the heap that a full garbage collection leaves, in bytes, and when the last line ran.
"""

from __future__ import annotations

from collections.abc import Callable

BEGIN = """
import gc, json, sys, time
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

spark = SparkSession.builder.getOrCreate()
spark.sparkContext.setLogLevel("ERROR")


def rows(partitions=2):
    return spark.range(2_000, numPartitions=partitions).select("id", (F.col("id") * 7 % 101).alias("x"))


def seen(frame):
    return frame.collect()

"""

END = """

def held():
    gc.collect()
    runtime = spark.sparkContext._jvm.java.lang.Runtime.getRuntime()
    for _ in range(2):
        runtime.gc()
        time.sleep(0.2)
    with open("/proc/self/statm") as said:
        python = int(said.read().split()[1]) * 4096
    return {"python": python, "heap": runtime.totalMemory() - runtime.freeMemory()}


said = held()
spark.stop()
with open(sys.argv[1], "w") as output:
    json.dump({**said, "last_line": time.time()}, output)
"""

PER_ACTION = 10  # steps


def steps(size: int) -> str:
    """``size`` functions, each called once; ten in a row make what one action collects."""
    made = [
        f"def step_{number}(frame):\n"
        f"    return frame.filter(F.col('x') != {number % 97}).withColumn('x', F.col('x') + {number % 3})\n\n"
        for number in range(size)
    ]
    calls = []
    for first in range(0, size, PER_ACTION):
        calls.append("frame = rows()")
        calls += [f"frame = step_{number}(frame)" for number in range(first, min(size, first + PER_ACTION))]
        calls.append("seen(frame)")
    return "\n".join([*made, *calls])


def calls(size: int) -> str:
    """One function, called ``size`` times."""
    return f"""
def step(frame, number):
    return frame.filter(F.col("x") != number % 97)


for first in range(0, {size}, {PER_ACTION}):
    frame = rows()
    for number in range(first, min({size}, first + {PER_ACTION})):
        frame = step(frame, number)
    seen(frame)
"""


def actions(size: int) -> str:
    """``size`` small actions of one session, each of a DataFrame of its own."""
    return f"""
def kept(frame, number):
    return frame.filter(F.col("x") > number % 100)


def total(frame):
    return frame.groupBy().agg(F.sum("x").alias("total"))


for number in range({size}):
    seen(total(kept(rows(), number)))
"""


def chain(size: int) -> str:
    """One ``withColumn`` after another, in one statement each: every column stays."""
    lines = "\n".join(f"frame = frame.withColumn('c{number}', F.col('x') + {number})" for number in range(size))
    return f"frame = rows()\n{lines}\nseen(frame.limit(10))\n"


def columns(size: int) -> str:
    """A table of ``size`` columns that passes through three functions."""
    return f"""
def wide(frame):
    return frame.select("id", *[(F.col("x") + number).alias(f"c{{number}}") for number in range({size})])


def even(frame):
    return frame.filter(F.col("id") % 2 == 0)


def without(frame):
    return frame.drop("c0")


seen(without(even(wide(rows()))))
"""


def partitions(size: int) -> str:
    """One stage of ``size`` tasks below a boundary."""
    return f"""
def even(frame):
    return frame.filter(F.col("x") % 2 == 0)


seen(even(rows({size})).groupBy().count())
"""


def unions(size: int) -> str:
    """``size`` DataFrames in one union."""
    return f"""
def part(number):
    return rows(1).filter(F.col("x") > number % 100)


def together(parts):
    whole = parts[0]
    for each in parts[1:]:
        whole = whole.unionByName(each)
    return whole


seen(together([part(number) for number in range({size})]).groupBy().count())
"""


def batches(size: int) -> str:
    """A stream of ``size`` micro-batches, of one file each, into files."""
    return f"""
import pathlib, tempfile

folder = pathlib.Path(tempfile.mkdtemp(prefix="batches-"))
(folder / "in").mkdir()
for number in range({size}):
    (folder / "in" / f"{{number}}.json").write_text(json.dumps({{"id": number, "x": number % 7}}) + "\\n")


def arriving():
    files = spark.readStream.schema("id long, x long").option("maxFilesPerTrigger", 1)
    return files.json(str(folder / "in"))


def chosen(frame):
    return frame.filter(F.col("x") > 1)


def written(frame):
    writer = frame.writeStream.format("parquet").option("checkpointLocation", str(folder / "checkpoint"))
    writer.trigger(availableNow=True).start(str(folder / "out")).awaitTermination()


written(chosen(arriving()))
"""


KINDS: dict[str, tuple[Callable[[int], str], tuple[int, ...]]] = {
    "steps": (steps, (10, 100, 1_000, 5_000)),
    "calls": (calls, (10, 100, 1_000, 10_000)),
    "actions": (actions, (10, 100, 1_000, 5_000)),
    "chain": (chain, (10, 50, 200, 400)),
    "columns": (columns, (10, 100, 1_000, 3_000)),
    "partitions": (partitions, (10, 100, 1_000, 10_000)),
    "unions": (unions, (2, 20, 100, 300)),
    "batches": (batches, (10, 100, 500)),
}


def program(kind: str, size: int) -> str:
    return BEGIN + KINDS[kind][0](size) + END
