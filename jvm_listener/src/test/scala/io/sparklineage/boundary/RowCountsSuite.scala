package io.sparklineage.boundary

import org.apache.spark.sql.{DataFrame, functions => F}
import org.scalatest.funsuite.AnyFunSuite

import io.sparklineage.PythonApi

/** Rows of DataFrames below whose boundaries later filters lie, counted between the filters of a scan. */
class RowCountsSuite extends AnyFunSuite with Sessions {
  override def beforeAll(): Unit = {
    super.beforeAll()
    spark.range(0, 1000, 1, 4)
      .selectExpr(
        "id",
        "id % 7 as a",
        "id % 11 as b",
        "if(id % 13 = 0, null, id % 5) as c",
        "id % 4 as day",
        "named_struct('x', id % 3, 'y', id) as s"
      )
      .write.parquet(folder + "/rows")
    spark.range(0, 200000, 1, 1).selectExpr("id", "id % 7 as a").write.option("parquet.block.size", 65536)
      .parquet(folder + "/sorted")
    spark.range(0, 100).selectExpr("id", "id % 7 as a", "id % 4 as day").write.partitionBy("day")
      .parquet(folder + "/days")
  }

  private def marked(data: DataFrame, id: String): DataFrame = {
    PythonApi.mark(data, id, "", "flow", "boundary")
    data
  }

  /** By DataFrame: the rows that were counted, and those that the scan gave. */
  private def counts(body: => Any): Map[String, Set[(Long, Long)]] = {
    PythonApi.drain()
    body
    assert(PythonApi.settle(20000))
    val told = PythonApi.drain().linesIterator.filter(_.contains("\"reason\":\"counted\"")).toSeq
    told.map { line =>
      def number(name: String): Long = s"""\"$name\":(\\d+)""".r.findFirstMatchIn(line).get.group(1).toLong
      val id = "\"dataset\":\"(\\w+)".r.findFirstMatchIn(line).get.group(1)
      id -> (number("rows") -> number("read"))
    }.groupBy(_._1).map { case (id, all) => id -> all.map(_._2).toSet }
  }

  private def rows = read(folder + "/rows")

  test("each step of a chain has its rows, in whatever order its filters are told") {
    val first = rows.filter("a > 2").filter("b < 9").withColumn("twice", F.expr("b * 2"))
    val expected = Map("n1" -> Set(first.count() -> 1000L), "n2" -> Set(first.filter("twice < 10").count() -> 1000L))
    assert(expected == counts {
      val one = marked(rows.filter("a > 2").filter("b < 9").withColumn("twice", F.expr("b * 2")), "n1")
      marked(marked(one.filter("twice < 10").select("id", "c"), "n2").filter("c = 3"), "n3").collect()
    })
  }

  test("constants that are folded later") {
    val few = "a >= cast('3' as bigint) and b < 5 + 4"
    assert(Map("k1" -> Set(rows.filter(few).count() -> 1000L)) == counts(marked(
      rows.filter(few),
      "k1"
    ).filter("c = 3").collect()))
  }

  test("filters that come from a join, and from above a union, are counted, too") {
    val few = rows.filter("a > 2")
    assert(Map("j1" -> Set(few.count() -> 1000L)) == counts {
      marked(rows.filter("a > 2"), "j1").join(spark.range(50).toDF("id"), "id").filter("c = 1").collect()
    })
    assert(Map("u1" -> Set(few.count() -> 1000L)) == counts {
      marked(rows.filter("a > 2"), "u1").union(rows).filter("c = 1").collect()
    })
  }

  test("with NULL, with fields of structs, without generated code") {
    val some = rows.filter("s.x = 1")
    for (conf <- Seq("spark.sql.codegen.wholeStage", "spark.sql.optimizer.nestedSchemaPruning.enabled")) {
      spark.conf.set(conf, "false")
      try
        assert(Map(s"w$conf".filter(_.isLetter) -> Set(some.count() -> 1000L)) == counts(
          marked(rows.filter("s.x = 1"), s"w$conf".filter(_.isLetter)).filter("c = 1 or c is null").collect()
        ))
      finally spark.conf.unset(conf)
    }
  }

  test("a scan that skips says so by its own rows; partitions that are left out are not counted at all") {
    val found = counts(marked(read(folder + "/sorted").filter("a > 2"), "s1").filter("id > 190000").collect())
    assert(found("s1").forall { case (_, read) => read < 200000 }, found)
    assert(counts(marked(read(folder + "/days").filter("a > 2"), "s2").filter("day = 1").collect()).isEmpty)
  }

  test("no number where not every row was read, and none in other modes") {
    assert(counts(marked(rows.filter("a > 2"), "l1").filter("c = 1").take(1)).isEmpty)
    for (mode <- Seq("plan", "used", "exact")) assert(counts {
      val data = rows.filter("a > 2")
      PythonApi.mark(data, s"m$mode", "", mode, "boundary")
      data.filter("c = 1").collect()
    }.isEmpty)
  }

  test("what cannot be evaluated apart is not counted") {
    val function = F.udf((value: Long) => value > 2)
    assert(counts(marked(rows.filter("rand() > 0.5"), "x1").filter("c = 1").collect()).isEmpty)
    assert(counts(marked(rows.filter("id < (select max(id) from range(500))"), "x2").filter("c = 1").collect()).isEmpty)
    val own = rows.filter(function(F.col("a")))
    assert(Map("x3" -> Set(own.count() -> 1000L)) == counts(marked(own, "x3").filter("c = 1").collect()))
  }
}
