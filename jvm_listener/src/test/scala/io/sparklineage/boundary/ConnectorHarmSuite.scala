package io.sparklineage.boundary

import org.apache.spark.sql.{functions => F}

/** As [[FlowHarmSuite]], where files are read through the second data source interface, which is told more. */
class ConnectorHarmSuite extends HarmSuite {

  override def settings: Map[String, String] =
    Map("spark.sql.sources.useV1SourceList" -> "", "spark.sql.parquet.aggregatePushdown" -> "true")

  private lazy val rows = folder + "/rows"

  override def beforeAll(): Unit = {
    super.beforeAll()
    spark.range(0, 500).selectExpr("id", "id % 7 as k", "named_struct('a', id, 'b', id * 2) as s").write.parquet(rows)
  }

  same("connector: filter and pruning", 1)(m => m(read(rows), "v1").filter("k = 3").select("id"))
  same("connector: nested fields", 1)(m => m(read(rows), "v1").select("s.b"))
  same("connector: aggregate in the source", 0)(m => m(read(rows), "v1").agg(F.max("id"), F.count("k")))
  same("connector: aggregate by key", 0)(m => m(read(rows), "v1").groupBy("k").agg(F.sum("id")))
  same("connector: join", 2)(m =>
    m(read(rows), "v1").join(m(read(rows).select(F.col("id").as("j")), "v2"), F.col("id") === F.col("j"))
  )
  same("connector: limit")(m => m(read(rows), "v1").limit(3))
}
