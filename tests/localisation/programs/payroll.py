"""Net pay of the employees of several countries: the same steps for each, then one report."""

import sys
from functools import reduce

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

COUNTRIES = ["at", "ch", "de", "fr"]
TAX_PERCENT = {"at": 42, "ch": 22, "de": 38, "fr": 31}
TO_EURO = {"at": 1.0, "ch": 1.05, "de": 1.0, "fr": 1.0}
FULL_TIME = 40


def load(country: str) -> DataFrame:
    schema = "employee_id INT, team STRING, hours INT, salary DOUBLE, bonus DOUBLE, joined DATE, left DATE, changed INT"
    return spark.read.csv(f"{data}/{country}.csv", header=True, schema=schema, nullValue="-")


def current(staff: DataFrame) -> DataFrame:
    known = staff.orderBy(F.desc("changed")).dropDuplicates(["employee_id", "changed"])
    last = known.groupBy("employee_id").agg(F.max("changed").alias("changed"))
    return known.join(last, ["employee_id", "changed"]).filter(F.col("left").isNull())


def share_of_full_time(hours: Column) -> Column:
    return F.least(hours / F.lit(FULL_TIME), F.lit(1.0))


def paid(staff: DataFrame) -> DataFrame:
    gross = F.col("salary") * share_of_full_time(F.col("hours")) + F.coalesce(F.col("bonus"), F.lit(0.0))
    return staff.withColumn("gross", gross)


def taxed(staff: DataFrame, percent: float) -> DataFrame:
    return staff.withColumn("net", F.col("gross") * (1 - F.lit(percent) / 100))


def in_euro(staff: DataFrame, country: str) -> DataFrame:
    factor = TO_EURO[country]
    return staff.withColumn("net", F.col("net") * factor).withColumn("country", F.lit(country.upper()))


def seniority(staff: DataFrame, day: str = "2025-06-30") -> DataFrame:
    years = F.floor(F.months_between(F.lit(day).cast("date"), "joined") / 12)
    return staff.withColumn("years", years)


data, out = sys.argv[1:3]
spark = SparkSession.builder.appName("payroll").getOrCreate()
spark.sparkContext.setLogLevel("ERROR")

parts = []
for country in COUNTRIES:
    staff = current(load(country))
    staff = taxed(paid(staff), TAX_PERCENT[country])
    parts.append(in_euro(staff, country))

everybody = reduce(DataFrame.unionByName, parts)
senior = seniority(everybody)
teams = senior.groupBy("country", "team").agg(
    F.count("employee_id").alias("people"),
    F.avg("net").alias("average_net"),
    F.avg("bonus").alias("average_bonus"),
    F.max("years").alias("most_years"),
)
teams = teams.filter(F.col("people") >= 3)
teams.write.mode("overwrite").parquet(f"{out}/teams")
senior.select("employee_id", "country", "gross", "net").write.mode("overwrite").parquet(f"{out}/payslips")
spark.stop()
