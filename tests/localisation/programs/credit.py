"""Credit scores: features by Spark, scoring by pandas, decisions by Spark again."""

import sys

import numpy as np
import pandas as pd
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

CUTOFF = 0.5
WEIGHTS = {"utilisation": -1.2, "payments": 0.04, "income": 0.00002}


def payment_features(payments):
    settled = payments.filter(F.col("state") == "settled")
    recent = settled.filter(F.col("paid_on") >= F.lit("2025-02-01"))
    return recent.groupBy("applicant").agg(
        F.count("*").alias("payments"), F.sum("amount").alias("paid"), F.max("paid_on").alias("last_paid")
    )


def impute(frame: pd.DataFrame) -> pd.DataFrame:
    frame = frame.copy()
    frame["income"] = frame["income"].fillna(frame["income"].median())
    frame["payments"] = frame["payments"].fillna(0)
    return frame


def add_segment(frame: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
    wide = frame.merge(segments, on="postcode", how="left")
    wide["segment"] = wide["segment"].fillna("other")
    return wide


def score(frame: pd.DataFrame) -> pd.DataFrame:
    points = sum(weight * frame[name] for name, weight in WEIGHTS.items())
    scored = frame.assign(score=1 / (1 + np.exp(-points)))
    return scored[["applicant", "segment", "income", "score"]]


def one_each(frame: pd.DataFrame) -> pd.DataFrame:
    ordered = frame.sort_values(["applicant", "requested_at"])
    return ordered.drop_duplicates("applicant", keep="last").reset_index(drop=True)


def decide(scores, cutoff=CUTOFF):
    return scores.withColumn("accepted", F.col("score") >= cutoff)


data, out = sys.argv[1:3]
spark = SparkSession.builder.appName("credit").getOrCreate()
spark.sparkContext.setLogLevel("ERROR")
applications = spark.read.parquet(f"{data}/applications.parquet")
payments = spark.read.csv(
    f"{data}/payments.csv",
    header=True,
    schema="applicant INT, amount DOUBLE, paid_on DATE, state STRING",
    dateFormat="dd.MM.yyyy",
)
segments = spark.read.csv(f"{data}/segments.csv", header=True, schema="postcode STRING, segment STRING").toPandas()

history = payment_features(payments)
adults = applications.filter(F.col("age") >= 18)
features = adults.join(history, "applicant", "left")
features = features.withColumn("utilisation", F.col("used_limit") / F.col("granted_limit"))
frame = features.select("applicant", "postcode", "requested_at", "income", "payments", "utilisation").toPandas()
unique = one_each(frame)
complete = impute(unique)
scored = score(add_segment(complete, segments))

scores = spark.createDataFrame(scored)
decisions = decide(scores)
summary = decisions.groupBy("segment").agg(
    F.avg(F.col("accepted").cast("int")).alias("acceptance"),
    F.avg("income").alias("income"),
    F.count("applicant").alias("applicants"),
)
decisions.write.mode("overwrite").parquet(f"{out}/decisions")
summary.write.mode("overwrite").parquet(f"{out}/summary")
print("applicants:", decisions.count())
spark.stop()
