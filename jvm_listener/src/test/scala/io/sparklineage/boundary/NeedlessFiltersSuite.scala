package io.sparklineage.boundary

import org.apache.spark.sql.DataFrame
import org.apache.spark.sql.functions.{col, expr}
import org.scalatest.funsuite.AnyFunSuite

import io.sparklineage.PythonApi

/** Filters for NULL that joins put below boundaries: which column of which source decides whether they drop a row. */
class NeedlessFiltersSuite extends AnyFunSuite with Sessions {
  override def beforeAll(): Unit = {
    super.beforeAll()
    spark.range(100).selectExpr(
      "id",
      "id % 7 as a",
      "if(id % 13 = 0, null, id % 5) as c"
    ).write.parquet(folder + "/rows")
    spark.range(100).selectExpr("id as key", "id % 3 as b").write.parquet(folder + "/keys")
  }

  private def rows = read(folder + "/rows")
  private def keys = read(folder + "/keys")

  private def marked(data: DataFrame, id: String): DataFrame = {
    PythonApi.mark(data, id, "", "flow", "boundary")
    data
  }

  /** Of a DataFrame the filters that were pushed, and of those that may be needless the folder and the column. */
  private def told(id: String)(body: => Any): (Set[String], Set[(String, String)]) = {
    PythonApi.drain()
    body
    assert(PythonApi.settle(20000))
    val last = PythonApi.drain().linesIterator.filter(line =>
      line.contains(s""""dataset":"$id"""") && line.contains("\"reason\":\"filter_pushed\"")
    ).toSeq.last
    val pushed = "\"pushed\":\\[(.*?)\\]".r.findFirstMatchIn(last).get.group(1)
    val needless = "\"needless\":\\[(\\[.*?\\])\\]".r.findFirstMatchIn(last).map(_.group(1)).getOrElse("")
    (
      "\"([^\"]*)\"".r.findAllMatchIn(pushed).map(_.group(1)).toSet,
      "/(\\w+)\",\"[^\"]*\",\"(\\w+)\"\\]".r.findAllMatchIn(needless).map(m => m.group(1) -> m.group(2)).toSet
    )
  }

  test("a key of a join, under another name and through filters and inner joins") {
    val (pushed, needless) = told("n1")(
      marked(rows.filter("a > 1").selectExpr("id as k", "c"), "n1").join(
        keys,
        col("k") ===
          col("key")
      ).collect()
    )
    assert(pushed == Set("(k IS NOT NULL)") && needless == Set("rows" -> "id"))
    val (_, both) = told("n2")(
      marked(rows.join(keys, expr("id = key")).drop("a"), "n2")
        .join(spark.range(5).toDF("z"), col("b") === col("z"))
        .collect()
    )
    assert(both == Set("keys" -> "b"))
  }

  test("a key that rows were grouped by, but not one of several groupings") {
    val (_, grouped) = told("g1")(
      marked(rows.groupBy(col("a").as("k")).count(), "g1").join(keys, col("k") === col("key")).collect()
    )
    assert(grouped == Set("rows" -> "a"))
    val (_, rolled) = told("g2")(marked(rows.rollup("a").count(), "g2").join(keys, col("a") === col("key")).collect())
    assert(rolled.isEmpty)
  }

  test("other filters, and columns that are computed, are not needless") {
    val (pushed, needless) = told("o1")(
      marked(rows.selectExpr("id + 1 as k", "c"), "o1").join(
        keys,
        col("k") ===
          col("key")
      ).filter("c = 1").collect()
    )
    assert(pushed.exists(_.contains("c = 1")) && !needless.exists(_._2 == "k"), (pushed, needless))
    assert(!needless.exists(_._2 == "id"), needless)
  }

  test("the side of an outer join that is filled with NULL, and a union, have no one column") {
    val outer = rows.join(keys, expr("id = key"), "left").select("a", "b")
    val (_, filled) = told("f1")(marked(outer, "f1").filter("b is not null").collect())
    assert(filled.isEmpty)
    val (_, united) = told("f2")(
      marked(rows.select("id").union(rows.select("c")), "f2").filter("id is not null").collect()
    )
    assert(united.isEmpty)
  }
}
