"""pandas objects between toPandas and createDataFrame, touched more than three times."""

import pandas as pd
from pyspark.sql import SparkSession


def double(pdf):
    pdf["twice"] = pdf["id"] * 2
    return pdf


def total(pdf):
    return int(pdf["twice"].sum())


def rows(number):
    return pd.DataFrame({"id": [number]})


spark = SparkSession.builder.getOrCreate()
for number in range(4):
    pdf = double(spark.range(3).toPandas())
    print(total(pdf), spark.createDataFrame(rows(number)).columns, spark.createDataFrame(pdf).columns)
    print([row.id for row in spark.range(2).collect()])
