"""pandas between toPandas and createDataFrame keeps the lineage."""

import pandas as pd
from pyspark.sql import SparkSession


def enrich(frame):
    frame = frame[frame["id"] > 1].assign(double=lambda f: f["id"] * 2)
    return frame.groupby("id", as_index=False).sum()


spark = SparkSession.builder.getOrCreate()
left = spark.range(6).toPandas()
right = spark.range(3).toPandas()
enriched = spark.createDataFrame(enrich(left))
merged = spark.createDataFrame(left.merge(right, on="id"))
both = spark.createDataFrame(pd.concat([left, right]))
fresh = spark.createDataFrame(pd.DataFrame({"id": [1]}))
print(enriched.count(), merged.count(), both.count(), fresh.count())

# lineage:
# left <- -
# right <- -
# enrich <- left
# enriched <- enrich
# merged <- left, right
# both <- left, right
# fresh <- -
