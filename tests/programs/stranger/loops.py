"""A statement that writes in a loop: each sink has the inputs that are its own."""

from pyspark.sql import SparkSession


def part(df, number):
    return df.where(f"id % 2 = {number}")


spark = SparkSession.builder.getOrCreate()
base = spark.range(5)
for number in range(2):
    part(base, number).selectExpr("id * 2 AS n").write.mode("overwrite").json(f"out/loops/{number}")
halves = {name: part(base, number) for number, name in enumerate(("even", "odd"))}
for name, half in halves.items():
    half.write.mode("overwrite").json(f"out/loops/{name}")
