"""Expected loss of a loan book at two reporting dates, and how loans moved between buckets."""

import sys

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StringType


@F.udf(StringType())
def bucket(days: int) -> str:
    """Days past due in the classes of the regulator."""
    if days is None or days < 1:
        return "current"
    if days < 30:
        return "watch"
    if days < 90:
        return "late"
    return "default"


class LoanBook:
    HAIRCUT = 0.8
    LOSS = {"current": 0.01, "watch": 0.05, "late": 0.2, "default": 0.6}

    def __init__(self, spark: SparkSession, folder: str):
        self.spark = spark
        self.folder = folder

    def snapshot(self, date: str) -> DataFrame:
        loans = self.spark.read.parquet(f"{self.folder}/loans.parquet")
        return loans.filter(F.col("as_of") == F.lit(date).cast("date")).drop("as_of")

    def active(self, book: DataFrame) -> DataFrame:
        return book.filter((F.col("principal") > 0) & F.col("closed_on").isNull())

    def classified(self, book: DataFrame) -> DataFrame:
        return book.withColumn("bucket", bucket("days_past_due"))

    def secured(self, book: DataFrame, collateral: DataFrame) -> DataFrame:
        value = collateral.groupBy("loan_id").agg(F.sum("value").alias("collateral"))
        return book.join(value, "loan_id", "left").fillna(0.0, ["collateral"])

    def exposed(self, book: DataFrame) -> DataFrame:
        interest = F.col("principal") * F.col("rate_percent") / 100 / 12
        exposure = F.col("principal") + interest - self.HAIRCUT * F.col("collateral")
        return book.withColumn("exposure", F.greatest(exposure, F.lit(0.0)).cast("decimal(18,4)"))

    def loss(self, book: DataFrame) -> DataFrame:
        rates = self.spark.createDataFrame(sorted(self.LOSS.items()), "bucket string, loss_rate double")
        expected = book.join(rates, "bucket")
        return expected.withColumn("expected_loss", F.col("exposure").cast("double") * F.col("loss_rate"))

    def valued(self, date: str) -> DataFrame:
        collateral = self.spark.read.option("header", True).csv(
            f"{self.folder}/collateral.csv", schema="loan_id INT, kind STRING, value DOUBLE"
        )
        book = self.classified(self.active(self.snapshot(date)))
        return self.loss(self.exposed(self.secured(book, collateral)))


class Report:
    def __init__(self, out: str):
        self.out = out

    def by_segment(self, book: DataFrame) -> DataFrame:
        return book.groupBy("segment", "bucket").agg(
            F.count("*").alias("loans"),
            F.sum("exposure").alias("exposure"),
            F.sum("expected_loss").alias("expected_loss"),
        )

    def migration(self, before: DataFrame, after: DataFrame) -> DataFrame:
        old = before.select("loan_id", F.col("bucket").alias("bucket_before"))
        new = after.select("loan_id", F.col("bucket").alias("bucket_after"))
        moved = old.join(new, "loan_id", "full_outer").fillna("none")
        return moved.groupBy("bucket_before", "bucket_after").count()

    def write(self, frame: DataFrame, name: str) -> None:
        frame.coalesce(1).write.mode("overwrite").parquet(f"{self.out}/{name}")


data, out = sys.argv[1:3]
spark = SparkSession.builder.appName("loans").config("spark.sql.shuffle.partitions", 2).getOrCreate()
spark.sparkContext.setLogLevel("ERROR")
book = LoanBook(spark, data)
report = Report(out)
march = book.valued("2025-03-31")
june = book.valued("2025-06-30")
report.write(report.by_segment(march), "march")
report.write(report.by_segment(june), "june")
report.write(report.migration(march, june), "migration")
spark.stop()
