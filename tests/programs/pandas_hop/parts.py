"""SQL views, loops over groups, Series that are joined, a dict made of a frame, all without a function."""
import pandas as pd
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
spark = SparkSession.builder.getOrCreate()
spark.createDataFrame([(i, i % 4, float(i * 3 % 17)) for i in range(60)], "id INT, g INT, v DOUBLE").createOrReplaceTempView("t")
pdf = spark.sql("select * from t where v > 1").toPandas()
stats = pdf.groupby("g")["v"].describe()[["mean", "std"]]
limits = stats["mean"] + stats["std"]
pdf = pdf.join(limits.rename("limit"), on="g")
pdf = pdf.query("v <= limit")
parts = []
for g, part in pdf.groupby("g"):
    part = part.sort_values("v")
    part["cum"] = part["v"].cumsum()
    parts.append(part)
pdf = pd.concat(parts)
pdf["share"] = pdf["cum"] / pdf.groupby("g")["v"].transform("sum")
top = pdf["v"].nlargest(5)
threshold = float(top.min())
big = pdf[pdf["v"] >= threshold].copy()
big.rename(columns={"v": "value"}, inplace=True)
big = big.astype({"id": "int64"})
lookup = spark.createDataFrame([(0, "a"), (1, "b"), (2, "c"), (3, "d")], "g INT, name STRING").toPandas()
lookup = lookup.set_index("g")["name"].to_dict()
big["name"] = big["g"].map(lookup)
melted = big.melt(id_vars=["id", "name"], value_vars=["value", "share"], value_name="amount")
melted = melted.dropna()
df = spark.createDataFrame(melted)
res = df.groupBy("name", "variable").agg(F.round(F.sum("amount"), 6).alias("s"))
rest = df.filter(F.col("amount") < threshold)
rows = sorted(map(tuple, res.collect()))
print(rows, list(big.columns), rest.count())
