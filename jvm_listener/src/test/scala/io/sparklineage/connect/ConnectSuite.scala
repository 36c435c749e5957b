package io.sparklineage.connect

import java.nio.charset.StandardCharsets.UTF_8
import java.util.Base64

import io.sparklineage.PythonApi
import io.sparklineage.boundary.{Mode, Sessions}

import org.apache.spark.sql.catalyst.plans.logical.WithCTE
import org.apache.spark.sql.catalyst.trees.TreeNodeTag
import org.scalatest.funsuite.AnyFunSuite

/** What a client of Spark Connect says by a tag. */
class ConnectSuite extends AnyFunSuite with Sessions {
  private val Property = "spark.job.tags"

  private def tag(document: String): String =
    "SparkConnect_Session_Tag_User__Session_1_Tag_spark-lineage." +
      Base64.getUrlEncoder.withoutPadding.encodeToString(document.getBytes(UTF_8))

  private def withTags[A](tags: String)(body: => A): A = {
    spark.sparkContext.setLocalProperty(Property, tags)
    try body
    finally spark.sparkContext.setLocalProperty(Property, null)
  }

  test("a tag says the operation, the mode and the marks") {
    val said = withTags("other," + tag("""{"op":"o3","run":"","mode":"exact","code":{"ab":"cd"},
      "marks":[{"plan":7,"id":"d1","inputs":"d0","why":"boundary","ask":[]}]}"""))(ConnectTags.of(spark.sparkContext))
    assert(said.contains(ConnectTag(
      Some("o3"),
      Some(Mode.Exact),
      None,
      Map(7L -> PlanMark("d1", Set("d0"), "boundary", Nil)),
      Map("ab" -> "cd")
    )))
  }

  test("tags of others are none of ours") {
    Seq(null, "", "spark-lineage.?", "nightly,spark-lineage.x", "lineage").foreach { tags =>
      assert(withTags(tags)(ConnectTags.of(spark.sparkContext)).isEmpty)
    }
  }

  test("a run is no path") {
    val run = "01a22a33-44cc-700b-a037-6270b81092cc"
    Seq("../../etc" -> "o1", run -> s"$run~o1").foreach { case (name, op) =>
      assert(withTags(tag(s"""{"op":"o1","run":"$name"}"""))(ConnectTags.op(spark.sparkContext)).contains(op))
    }
  }

  test("the node of a plan that the client has numbered is measured") {
    val data = spark.range(0, 100).toDF()
    data.queryExecution.analyzed.setTagValue(TreeNodeTag[Long]("plan_id"), 7L)
    val marks = """{"op":"o9","marks":[{"plan":7,"id":"d70","inputs":"","why":"boundary"}]}"""
    withTags(tag(marks))(data.groupBy().count().collect())
    assert(PythonApi.settle(20000))
    val told = PythonApi.drain().linesIterator.toSeq
    assert(told.exists(line => line.contains("\"kind\":\"probe\"") && line.contains("\"dataset\":\"d70\",")))
    assert(told.exists(line => line.contains("\"kind\":\"fragment\"") && line.contains("\"dataset\":\"d70\"")))
    assert(told.exists(line => line.contains("\"kind\":\"execution\"") && line.contains("\"op\":\"o9\"")))
  }

  test("what stands after WITH at the top of a query belongs to those nodes that refer to it") {
    val text = "WITH a AS (SELECT id FROM range(3)), b AS (SELECT id FROM a), c AS (SELECT 1) SELECT x.id FROM b x, b y"
    val query = spark.sql(text).queryExecution.analyzed.asInstanceOf[WithCTE]
    assert(ConnectMarks.whole(query.plan, query.cteDefs) == query.copy(cteDefs = query.cteDefs.take(2)))
    assert(ConnectMarks.whole(query.cteDefs.head, query.cteDefs) eq query.cteDefs.head)
    assert(ConnectMarks.whole(query.plan, Nil) eq query.plan)
  }
}
