package io.sparklineage.boundary

import org.apache.spark.sql.{DataFrame, functions => F}
import org.scalatest.funsuite.AnyFunSuite

import io.sparklineage.PythonApi

/** Columns keep their facts where a rule of the optimizer gives an operator new attributes. */
class RenewedColumnsSuite extends AnyFunSuite with Sessions {
  private lazy val orders = folder + "/orders"

  override def beforeAll(): Unit = {
    super.beforeAll()
    spark.range(
      0,
      200
    ).selectExpr("id", "id % 50 as customer", "cast(id * 1.5 as double) as amount").write.parquet(orders)
  }

  private def marked(data: DataFrame, id: String, inputs: String = ""): DataFrame = {
    PythonApi.mark(data, id, inputs, "flow", "boundary")
    data
  }

  /** What the probe of `id` said, after the data was collected. */
  private def probed(data: DataFrame, id: String): String = {
    data.collect()
    PythonApi.settle(10000)
    val lines = PythonApi.drain().linesIterator.filter(line =>
      line.contains("\"kind\":\"probe\"") && line.contains(s""""dataset":"$id"""")
    )
    lines.toSeq.last
  }

  private def names(probe: String): Set[String] =
    """"name":"([^"]*)","type":"[^"]*","nulls":\d+,"fingerprint":"xxh64""".r.findAllMatchIn(probe).map(_.group(1)).toSet

  test("dropDuplicates on some columns, all of them used") {
    val once = marked(spark.read.parquet(orders).dropDuplicates("customer"), "d1")
    assert(names(probed(once, "d1")) == Set("id", "customer", "amount"))
  }

  test("dropDuplicates, and what is made of it") {
    val once = marked(spark.read.parquet(orders).dropDuplicates("customer"), "d2")
    val total = marked(once.withColumn("double", F.col("amount") * 2), "d3", "d2")
    val probe = probed(total.groupBy("customer").agg(F.sum("double").as("double")), "d3")
    assert(names(probe) == Set("customer", "double"))
  }

  test("a column that was pruned has no facts") {
    val once = marked(spark.read.parquet(orders).dropDuplicates("customer"), "d4")
    assert(names(probed(once.select("amount"), "d4")) == Set("amount"))
  }
}
