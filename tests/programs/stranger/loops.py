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

# lineage:
# loops: ->
# loops.base: -> base=5
# loops.part: base=5 -> part=3
# loops.write_part: part=3 -> 0=3
# loops.part#2: base=5 -> part~2=2
# loops.write_part#2: part~2=2 -> 1=2
# loops.part#3: base=5 -> part~3 (halves)=3
# loops.part#4: base=5 -> part~4 (halves)=2
# loops.write_half: part~3 (halves)=3 -> even=3
# loops.write_half#2: part~4 (halves)=2 -> odd=2
