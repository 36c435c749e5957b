"""A class that holds frames, a loop that calls one function several times, several frames at a time."""

import pandas as pd
from pyspark.sql import SparkSession
from pyspark.sql import functions as F


class Report:
    def __init__(self, spark):
        self.spark = spark
        self.parts = {}

    def read(self, region):
        rows = [(i, region, float(i * (7 if region == "south" else 5) % 23), f"2024-{i % 3 + 1:02d}-15") for i in range(30)]
        made = self.spark.createDataFrame(rows, "id INT, region STRING, sales DOUBLE, day STRING")
        self.parts[region] = made.filter("id > 2").toPandas()

    def clean(self):
        for region in self.parts:
            part = self.parts[region]
            part["day"] = pd.to_datetime(part["day"])
            self.parts[region] = part[part["sales"] > 1]

    def joined(self):
        return pd.concat(list(self.parts.values()), ignore_index=True)

    def monthly(self, frame):
        months = frame.assign(month=frame["day"].dt.month)
        return months.groupby(["region", "month"])["sales"].sum().unstack().fillna(0)

    def run(self):
        for region in ("north", "south"):
            self.read(region)
        self.clean()
        whole = self.joined()
        table = self.monthly(whole)
        table["total"] = table.sum(axis=1)
        ranked = self.rank(table)
        return self.spark.createDataFrame(ranked.reset_index())

    @staticmethod
    def rank(table):
        ordered = table.sort_values("total", ascending=False)
        ordered["place"] = range(1, len(ordered) + 1)
        return ordered


spark = SparkSession.builder.getOrCreate()
result = Report(spark).run()
final = result.withColumn("big", F.col("total") > 300)
print([row.asDict() for row in final.collect()])
