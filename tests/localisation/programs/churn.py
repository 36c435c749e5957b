"""Who may leave: a classifier learns from customers of last year and scores those of today; the risky are called."""

import sys

from pyspark.ml import Pipeline
from pyspark.ml.classification import LogisticRegression
from pyspark.ml.feature import StandardScaler, VectorAssembler
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

MEASURES = ["calls", "bill", "months"]


def customers(spark, folder):
    return spark.read.parquet(f"{folder}/customers.parquet")


def opted_out(spark, folder):
    return spark.read.schema("customer INT, reason STRING").option("header", True).csv(f"{folder}/opted_out.csv")


def history(everyone):
    return everyone.filter("year = 2024").withColumn("label", F.col("left").cast("double"))


def today(everyone):
    return everyone.filter("year = 2025").drop("left")


def fitted(training):
    stages = [
        VectorAssembler(inputCols=MEASURES, outputCol="raw"),
        StandardScaler(inputCol="raw", outputCol="features"),
        LogisticRegression(maxIter=8, regParam=0.01),
    ]
    return Pipeline(stages=stages).fit(training)


def scored(model, current):
    chance = F.udf(lambda vector: round(float(vector[1]), 6), "double")
    return model.transform(current).select("customer", "region", "bill", chance("probability").alias("risk"))


def risky(scores, least=0.35):
    return scores.filter(F.col("risk") >= least)


def callable_(risks, out):
    return risks.join(out, "customer", "left_anti")


def refused(risks, out):
    """Nobody of the risky has objected to letters: an empty list, until somebody does."""
    return risks.join(out.filter("reason = 'letters'"), "customer")


def refused_by_region(refusals):
    return refusals.groupBy("region").agg(F.count("customer").alias("refused"))


def by_region(calls, refusals):
    value = calls.groupBy("region").agg(F.sum("bill").alias("bill"), F.count("customer").alias("calls"))
    return value.join(refusals, "region", "left").fillna(0, ["refused"])


def save(frame, place):
    frame.coalesce(1).write.mode("overwrite").parquet(place)


def main(folder, out):
    spark = SparkSession.builder.appName("churn").getOrCreate()
    everyone = customers(spark, folder)
    out_of = opted_out(spark, folder)
    model = fitted(history(everyone))
    scores = scored(model, today(everyone))
    risks = risky(scores)
    calls = callable_(risks, out_of)
    refusals = refused_by_region(refused(risks, out_of))
    regions = by_region(calls, refusals)
    save(calls.orderBy("customer"), f"{out}/calls")
    save(regions.orderBy("region"), f"{out}/regions")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
