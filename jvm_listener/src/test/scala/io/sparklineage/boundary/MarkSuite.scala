package io.sparklineage.boundary

import java.util.concurrent.CountDownLatch

import org.apache.spark.sql.{DataFrame, functions => F}
import org.scalatest.funsuite.AnyFunSuite

import io.sparklineage.{FragmentThread, PythonApi}

/** Where a mark becomes a measurement, and where it says why not. */
class MarkSuite extends AnyFunSuite with Sessions {

  override def beforeAll(): Unit = {
    super.beforeAll()
    spark.range(0, 100).selectExpr("id", "id % 5 as k", "cast(id as string) as t").write.parquet(folder + "/rows")
  }

  private def rows: DataFrame = spark.read.parquet(folder + "/rows")

  private def mark(data: DataFrame, id: String, mode: String = ""): DataFrame = {
    PythonApi.mark(data, id, "", mode, "boundary")
    data
  }

  /** What was told of `id` since the last call, one line per measurement: rows, complete, reason, columns. */
  private def told(id: String): Seq[String] = {
    assert(PythonApi.settle(20000))
    PythonApi.drain().linesIterator.filter(line =>
      line.contains("\"kind\":\"probe\"") && line.contains(s"\"dataset\":\"$id\"")
    ).map { line =>
      def field(name: String) = s"\"$name\":\"?([^,\"]*)".r.findFirstMatchIn(line).map(_.group(1)).getOrElse("")
      s"${field("rows")} ${field("complete")} ${field("reason")}"
    }.toSeq
  }

  private def cached(data: DataFrame): Boolean =
    PhysicalPlans.features(PhysicalPlans.of(data)).exists(_.startsWith("cached"))

  test("a boundary under an aggregate is whole") {
    mark(rows, "m1").groupBy("k").count().collect()
    assert(told("m1") == Seq("100 true null"))
  }

  test("a filter that goes to the scan is told, and belongs only to the DataFrame above it") {
    val all = mark(rows, "m2")
    mark(all.filter("k = 3"), "m3").collect()
    assert(told("m2") == Seq("20 false filter_pushed"))
    mark(mark(rows, "m4").filter("k = 3"), "m5").collect()
    assert(told("m5") == Seq("20 true null"))
  }

  test("exact mode keeps every row and column") {
    val data = mark(rows, "m6", "exact").filter("k = 3").select("id")
    data.collect()
    assert(told("m6") == Seq("100 true null"))
    assert(PhysicalPlans.probes(PhysicalPlans.of(data)).head.output.map(_.name) == Seq("id", "k", "t"))
  }

  test("used mode keeps every row, with the columns that are used later") {
    val data = mark(rows, "m30", "used").filter("k = 3").select("id")
    data.collect()
    assert(told("m30") == Seq("100 true null"))
    assert(PhysicalPlans.probes(PhysicalPlans.of(data)).head.output.map(_.name) == Seq("id", "k"))
    mark(rows, "m31", "used").groupBy("k").agg(Map("id" -> "max")).filter("k = 3").collect()
    assert(told("m31") == Seq("100 true null"))
    mark(rows, "m32", "used").count()
    assert(told("m32") == Seq("100 true null"))
  }

  test("one boundary for two DataFrames has the stricter mode") {
    val data = mark(mark(rows, "m33", "exact"), "m34", "used").filter("k = 3").select("id")
    data.collect()
    assert(told("m34") == Seq("100 true null"))
    assert(PhysicalPlans.probes(PhysicalPlans.of(data)).head.output.size == 3)
  }

  test("plan mode has no probe") {
    val data = mark(rows, "m7", "plan").filter("k = 3")
    assert(PhysicalPlans.probes(PhysicalPlans.of(data)).isEmpty)
  }

  test("marked, then cached: found by equal plans, measured when filled, gone after unpersist") {
    val data = mark(rows.filter("k = 1"), "m8").cache()
    assert(data.count() == 20)
    assert(told("m8").contains("20 true null"))
    assert(cached(rows.filter("k = 1")) && cached(data.select("id")))
    data.unpersist()
    assert(!cached(rows.filter("k = 1")) && !cached(data.select("id")))
  }

  test("cached, then marked: measured above the cache") {
    val data = rows.filter("k = 2").cache()
    data.count()
    mark(data, "m9").select("id").collect()
    assert(told("m9") == Seq("20 true null"))
    data.unpersist()
    assert(!cached(data.select("t")))
  }

  test("an ancestor of something cached says so") {
    val data = rows.filter("k = 4")
    val counts = data.groupBy("k").count().cache()
    counts.count()
    mark(data, "m10")
    counts.select("count").collect()
    assert(told("m10") == Seq("null false served_from_cache"))
    counts.unpersist()
  }

  test("a plan that was fixed before the mark says so") {
    val data = rows.filter("k = 0")
    data.collect()
    mark(data, "m11").collect()
    assert(told("m11") == Seq("null false fixed_plan"))
    data.select("id").collect()
    assert(told("m11") == Seq("20 true null"))
  }

  test("where a probe would cost something it steps aside and says what") {
    mark(rows, "m12").createOrReplaceTempView("r12")
    spark.sql("select (select sum(id) from r12), (select max(k) from r12)").collect()
    assert(told("m12").forall(_ == "null false stepped_aside"))
  }

  test("a boundary below limit is partial, at a limit that collects it steps aside") {
    mark(rows.repartition(4), "m13").limit(3).collect()
    assert(told("m13").forall(line => line.contains("false") || line == "100 true null"))
    mark(rows.limit(3), "m14").collect()
    assert(told("m14") == Seq("null false stepped_aside"))
  }

  test("writes") {
    mark(rows.filter("k = 3"), "m15").write.parquet(folder + "/written")
    assert(told("m15") == Seq("20 true null"))
    mark(rows.filter("k = 2"), "m16").write.saveAsTable("m16_table")
    assert(told("m16") == Seq("20 true null"))
    mark(spark.table("m16_table"), "m17")
    spark.sql("create table m17_table as select * from m16_table where id > 50").collect()
    assert(spark.table("m17_table").count() == 10)
  }

  test("an extension of the program stays where it is") {
    val conf = new org.apache.spark.SparkConf(false).set("spark.sql.extensions", "a.B")
    io.sparklineage.LineageExtensions.addTo(conf)
    io.sparklineage.LineageExtensions.addTo(conf)
    assert(conf.get("spark.sql.extensions") == "a.B,io.sparklineage.LineageExtensions")
  }

  test("DataFrames of the same rows share one probe") {
    val data = mark(mark(rows, "m18"), "m19")
    data.groupBy("k").agg(F.sum("id")).collect()
    assert(told("m19") == Seq("100 true null"))
  }

  /** The key of the last sample of `id`, and why its sample is not the usual one. */
  private def sampled(id: String): (String, String) = {
    assert(PythonApi.settle(20000))
    val lines = PythonApi.drain().linesIterator.filter(_.contains(s"\"dataset\":\"$id\"")).toSeq
    def found(pattern: String) = lines.flatMap(pattern.r.findAllMatchIn(_)).lastOption.fold("")(_.group(1))
    (found("\"sample\":\\{\"key\":\\[([^\\]]*)"), found("\"what\":\"sample\",\"why\":\"([^\"]*)"))
  }

  test("a query that starts while no plan has been described yet knows its sample key, and waits for nobody") {
    val described = new CountDownLatch(1)
    FragmentThread.submit(described.await())
    val kept = rows.selectExpr("id", "k + 1 as more", "t")
    val began = System.nanoTime()
    (1 to 5).foreach(n =>
      mark(kept.filter(s"k >= 0 and $n > 0"), s"m2$n").groupBy("more", "t").agg(F.sum("id")).collect()
    )
    val took = System.nanoTime() - began
    described.countDown()
    assert(sampled("m25") == (("\"id\",\"t\"", "")))
    assert(took / 1000000 < 30000) // milliseconds
  }

  test("a plan that is too large has the key that is documented for it, and a sentence that says why") {
    val wide = spark.range(0, 20).selectExpr("id" +: (1 to 300).map(n => s"id + $n as c$n"): _*)
    wide.write.parquet(folder + "/wide")
    val read = spark.read.parquet(folder + "/wide")
    def sums(more: Int) =
      mark(read.selectExpr("c1" +: (2 to 300).map(n => s"id${" + 1" * more} as s$n"): _*), s"m3$more")
    sums(10).collect()
    assert(sampled("m310") == (("\"c1\"", "")))
    sums(80).collect()
    val (key, why) = sampled("m380")
    assert(key.split(',').length == 300)
    assert(why.startsWith("the plan of its step is too large to tell which columns pass through it unchanged"))
  }

  test("what rules ask goes with the mark, and nothing is held for it afterwards") {
    PythonApi.ask("m40", """[{"kind": "unique", "arguments": ["id"]}]""")
    mark(rows, "m40").collect()
    assert(PythonApi.settle(20000))
    assert(PythonApi.drain().contains("\"answers\":[{\"kind\":\"unique\",\"arguments\":[\"id\"],\"value\":1"))
    assert(Questions.held == 0)
  }
}
