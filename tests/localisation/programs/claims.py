"""Monthly cost of health insurance claims, and the providers that cost most."""

import argparse

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

PAYABLE = ["paid", "approved"]


def read_claims(spark: SparkSession, data: str) -> DataFrame:
    schema = """claim_id INT, member_id INT, provider_id INT, service_date DATE, billed DOUBLE, copay DOUBLE,
                status STRING, line INT"""
    return spark.read.schema(schema).option("header", True).csv(f"{data}/claims.csv")


def read_members(spark: SparkSession, data: str) -> DataFrame:
    return spark.read.parquet(f"{data}/members.parquet")


def read_providers(spark: SparkSession, data: str) -> DataFrame:
    providers = spark.read.json(f"{data}/providers.json")
    return providers.select(
        F.col("id").alias("contract_provider"),
        F.col("year").alias("contract_year"),
        "speciality",
        F.col("rate").cast("double").alias("rate"),
    )


def valid_claims(claims: DataFrame) -> DataFrame:
    payable = claims.filter(F.col("status").isin(PAYABLE))
    return payable.dropDuplicates(["claim_id", "line"])


def covered(claims: DataFrame, members: DataFrame) -> DataFrame:
    """Claims of the time in which their member was insured, first and last day included."""
    joined = claims.join(members, "member_id")
    return joined.filter(F.col("service_date").between(F.col("insured_from"), F.col("insured_until")))


def contracted(claims: DataFrame, providers: DataFrame) -> DataFrame:
    claims = claims.withColumn("year", F.year("service_date"))
    same = (F.col("provider_id") == F.col("contract_provider")) & (F.col("year") == F.col("contract_year"))
    return claims.join(providers, same, "left").drop("contract_provider", "contract_year")


def cost_share(claims: DataFrame) -> DataFrame:
    allowed = F.least(F.col("billed"), F.col("billed") * F.coalesce(F.col("rate"), F.lit(1.0)))
    return claims.withColumn("paid", allowed - F.coalesce(F.col("copay"), F.lit(0.0)))


def monthly_cost(claims: DataFrame) -> DataFrame:
    month = F.trunc("service_date", "month").alias("month")
    return claims.groupBy("region", month).agg(
        F.sum("paid").alias("paid"),
        F.countDistinct("member_id").alias("members"),
        F.count("claim_id").alias("claims"),
    )


def costliest(claims: DataFrame, top: int = 3) -> DataFrame:
    totals = claims.groupBy("speciality", "provider_id").agg(F.sum("paid").alias("paid"))
    ranked = totals.withColumn(
        "rank", F.row_number().over(Window.partitionBy("speciality").orderBy(F.desc("paid"), "provider_id"))
    )
    return ranked.filter(F.col("rank") <= top)


def save(frame: DataFrame, columns: list[str], path: str) -> None:
    frame.select(*columns).write.mode("overwrite").parquet(path)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument("out")
    options = parser.parse_args()
    spark = SparkSession.builder.appName("claims").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    claims = valid_claims(read_claims(spark, options.data))
    insured = covered(claims, read_members(spark, options.data))
    priced = cost_share(contracted(insured, read_providers(spark, options.data)))
    months = monthly_cost(priced)
    months = months.withColumn("cost_per_member", F.col("paid") / F.col("members"))
    save(months, ["region", "month", "paid", "cost_per_member", "claims"], f"{options.out}/monthly")
    save(costliest(priced), ["speciality", "provider_id", "paid", "rank"], f"{options.out}/costliest")
    spark.stop()


if __name__ == "__main__":
    main()
