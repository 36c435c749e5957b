"""A flat script: one variable of pandas, assigned again and again and changed in place."""

import io

import pandas as pd
from pyspark.sql import SparkSession

RATES = "country,year,rate\nde,2023,1.0\nde,2024,1.1\nfr,2024,1.3\nit,2025,0.7\nit,2023,0.5\n"

rates = pd.read_csv(io.StringIO(RATES))
rates = rates[rates["year"] == 2024]

spark = SparkSession.builder.getOrCreate()
rows = [(i, "de fr it xx".split()[i % 4], i % 7, float(i * 13 % 50 - 4)) for i in range(60)]
orders = spark.createDataFrame(rows, "id INT, country STRING, customer INT, amount DOUBLE").toPandas()

orders = orders[orders["amount"] > 0]
orders = orders.copy()
orders["net"] = orders["amount"] / 1.19
orders.loc[orders["country"] == "xx", "country"] = None
orders["country"] = orders["country"].fillna("de")
orders = orders.sort_values(["customer", "amount"])
orders = orders.drop_duplicates(["customer", "country"], keep="last")
orders = orders.merge(rates, on="country", how="left")
orders.drop(columns=["year"], inplace=True)
orders.insert(0, "source", "shop")
middle = orders["net"].median()
orders["above"] = orders["net"] > middle
table = orders.pivot_table(index="country", columns="above", values="net", aggfunc="sum").reset_index()
table.columns = ["country", "below", "above"]
totals = pd.DataFrame({"country": table["country"], "total": 2 * table["below"].fillna(0) + table["above"].fillna(0)})
totals["rank"] = totals["total"].rank()
result = spark.createDataFrame(totals)
print(sorted(map(tuple, result.collect())), orders.to_dict("list"))
