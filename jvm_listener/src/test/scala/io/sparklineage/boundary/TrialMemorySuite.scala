package io.sparklineage.boundary

import org.apache.spark.sql.{DataFrame, functions => F}
import org.scalatest.funsuite.AnyFunSuite

import io.sparklineage.PythonApi
import io.sparklineage.probe.SteppedAside

/** A query that runs again and again is tried once; one of another shape is tried by itself. */
class TrialMemorySuite extends AnyFunSuite with Sessions {
  private lazy val orders = folder + "/orders"

  override def beforeAll(): Unit = {
    super.beforeAll()
    spark.range(0, 2000).selectExpr("id", "id % 50 as customer", "id * 1.5 as amount").write.parquet(orders)
  }

  private def marked(data: DataFrame, id: String): DataFrame = {
    PythonApi.mark(data, id, "", "flow", "boundary")
    data
  }

  private var count = 0

  private def next(): String = { count += 1; s"t$count" }

  private def query(least: Long, customer: Int = 7): DataFrame =
    marked(read(orders).filter(F.col("id") > least), next()).filter(F.col("customer") === customer)
      .groupBy("customer").count()

  private def hits(body: => Any): Long = {
    val before = TrialMemory.hits
    body
    TrialMemory.hits - before
  }

  private def shape(data: DataFrame) = TrialMemory.shape(spark, data.queryExecution.analyzed)

  test("the same query, and one over other numbers, is found again") {
    assert(query(1000).collect().map(_.getLong(1)).toSeq == Seq(20L))
    assert(hits(query(1000).collect()) == 1)
    assert(hits(assert(query(1020).collect().map(_.getLong(1)).toSeq == Seq(19L))) == 1)
  }

  test("a boundary that steps aside does so each time, and says why") {
    def aside(id: String): Seq[String] = {
      val ranked = read(orders).selectExpr("*", "row_number() over (partition by customer order by id) as place")
      marked(ranked, id).filter("place = 1").collect()
      PythonApi.drain().linesIterator.filter(line => line.contains(id) && line.contains("stepped_aside"))
        .map(_.replaceAll(".*\"detail\":\"([^\"]*)\".*", "$1")).toSeq
    }
    PythonApi.drain()
    SteppedAside.forget()
    val first = aside("aside1")
    val again = TrialMemory.hits
    assert(aside("aside2") == first)
    assert(TrialMemory.hits == again + 1)
  }

  test("what may decide otherwise is another shape") {
    val usual = shape(query(1000))
    assert(shape(query(1023)) == usual)
    assert(shape(query(1024)) != usual, "a number of more bits")
    assert(shape(query(7)) != usual)
    assert(shape(query(1000, customer = 1)) != usual, "one is special")
    assert(shape(read(orders).limit(10)) != shape(read(orders).limit(11)), "a limit")
    assert(shape(spark.range(10).toDF()) != shape(spark.range(11).toDF()), "rows that are known")
    assert(
      shape(read(orders).filter("id = 5 and customer = 5")) != shape(read(orders).filter("id = 5 and customer = 6"))
    )
    assert(shape(read(orders).filter("id < 5 and id > 6")) != shape(read(orders).filter("id < 6 and id > 5")))
    val set = "spark.sql.optimizer.excludedRules"
    spark.conf.set(set, "org.apache.spark.sql.catalyst.optimizer.LimitPushDown")
    try assert(shape(query(1000)) != usual, "a setting")
    finally spark.conf.unset(set)
    assert(shape(query(1000)) == usual)
  }

  test("a boundary at another place is another shape") {
    def below = marked(read(orders), next()).filter("id > 5").select("id")
    def above = marked(read(orders).filter("id > 5"), next()).select("id")
    def inserted(data: DataFrame) =
      TrialMemory.shape(spark, new Insertion(Mode.Flow)(data.queryExecution.analyzed))
    assert(inserted(below) == inserted(below))
    assert(inserted(below) != inserted(above))
  }

  test("numbers keep their order, their equality and their size") {
    val values =
      Seq(Long.MinValue, -300L, -4L, -3L, -2L, -1L, 0L, 1L, 2L, 3L, 128L, 200L, Int.MaxValue.toLong, Long.MaxValue)
    val same = values.map(value => shape(spark.range(1).toDF().filter(F.col("id") === F.lit(value))))
    assert(same.toSet.size == 11, "only -4 and -3, and 2 and 3, and 128 and 200 are alike")
  }
}
