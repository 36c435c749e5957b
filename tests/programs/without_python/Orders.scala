package com.acme.daily

import org.apache.spark.sql.functions._
import org.apache.spark.sql.{DataFrame, SparkSession}

object Orders {
  def paid(orders: DataFrame): DataFrame = {
    val known = orders.filter(col("status") === "paid")
    known.filter(col("amount") > 10)
  }

  def enrich(orders: DataFrame, customers: DataFrame): DataFrame =
    orders
      .join(customers, Seq("customer"), "left")
      .withColumn("gross", col("amount") * 1.19)

  def byCountry(orders: DataFrame): DataFrame =
    orders.groupBy("country").agg(sum("gross").as("gross"), count(lit(1)).as("orders"))

  def main(args: Array[String]): Unit = {
    val spark = SparkSession.builder.appName("orders").getOrCreate()
    val orders = spark.read.option("header", "true").option("inferSchema", "true").csv(args(0))
    val customers = spark.range(5).select(
      col("id").as("customer"),
      when(col("id") % 2 === 0, "DE").otherwise("NL").as("country")
    )
    val enriched = enrich(paid(orders), customers).cache()
    println(s"rows ${enriched.count()}")
    enriched.createOrReplaceTempView("enriched")
    val best = spark.sql("SELECT customer, max(gross) AS best FROM enriched GROUP BY customer")
    best.orderBy("customer").show()
    byCountry(enriched).write.mode("overwrite").parquet(args(1))
    println(spark.sparkContext.parallelize(1 to 10).map(_ * 2).sum())
    spark.stop()
  }
}
