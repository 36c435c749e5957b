package io.sparklineage

import java.nio.file.Files

import io.sparklineage.model._
import io.sparklineage.plan.{PlanSuite, WatchedExecutions}

import org.apache.spark.scheduler.SparkListenerApplicationStart
import org.apache.spark.sql.functions._

class ExecutionsSuite extends PlanSuite {

  /** No other listener may take the operations of the executions that are watched here. */
  override protected def settings: Map[String, String] = Map.empty

  private def watching(body: => Unit): Seq[ExecutionSeen] = {
    val watched = new WatchedExecutions(spark, idsOf)
    try body
    catch { case e: Throwable => watched.observations(); throw e }
    watched.executions()
  }

  private def during(op: String)(body: => Unit): Unit = {
    spark.sparkContext.setLocalProperty(Executions.OpKey, op)
    try body
    finally spark.sparkContext.setLocalProperty(Executions.OpKey, null)
  }

  private def metrics(e: ExecutionSeen): Map[String, Long] = e.metrics.toMap

  test("an action: its operation, spark_jobs, rows, times") {
    val out = Files.createTempDirectory("lineage").resolve("t").toString
    spark.range(0, 1000, 1, 4).write.parquet(out)
    val seen = watching(during("o7")(spark.read.parquet(out).groupBy((col("id") % 3).as("k")).count().collect()))
    val action = seen.filter(_.sources.nonEmpty).last
    assert(action.op === Some("o7"))
    assert(action.outcome === Outcome.Complete && action.error.isEmpty)
    assert(action.sparkJobs.nonEmpty && action.execution.nonEmpty)
    assert(action.sources.map(_.name) === Seq(out))
    val m = metrics(action)
    assert(m("rows_read") === 1000)
    assert(m("tasks") > 0 && m("failed_tasks") === 0)
    assert(m("shuffle_write_rows") > 0 && m("shuffle_read_rows") === m("shuffle_write_rows"))
    assert(m("bytes_read") > 0 && m("task_ms") >= 0)
    assert(action.started <= action.ended.get)
  }

  test("a write: rows and bytes written, the marked DataFrame, one execution") {
    val out = Files.createTempDirectory("lineage").resolve("t").toString
    val df = marked(spark.range(0, 1000, 1, 4).toDF("id"), "d3")
    val seen = watching(during("o8")(df.write.parquet(out)))
    assert(seen.length === 1)
    val write = seen.head
    assert(write.op === Some("o8"))
    assert(metrics(write)("rows_written") === 1000 && metrics(write)("bytes_written") > 0)
    assert(write.sinks.map(s => (s.storage.name, s.mode, s.dataset)) === Seq((out, "create", Some("d3"))))
  }

  test("a nested execution is part of the outermost") {
    spark.sql("drop table if exists nested")
    val seen = watching(during("o9")(spark.range(10).write.saveAsTable("nested")))
    assert(seen.length === 1)
    assert(seen.head.sinks.length === 1)
    assert(metrics(seen.head)("rows_written") === 10)
    spark.sql("drop table nested")
  }

  test("a failing action: outcome, error, still its operation") {
    val bad = udf((x: Long) => if (x >= 0) throw new IllegalStateException("boom password=hunter2") else x)
    val seen = watching(during("o10") { intercept[Exception](spark.range(3).select(bad(col("id"))).collect()); () })
    assert(seen.length === 1)
    assert(seen.head.outcome === Outcome.Fail)
    assert(seen.head.op === Some("o10"))
    assert(seen.head.error.exists(e =>
      e.contains("FAILED_EXECUTE_UDF") || e.contains("boom") || e.contains("SparkException")
    ))
    assert(!seen.head.error.get.contains("hunter2") && !seen.head.error.get.contains("\n"))
    assert(metrics(seen.head)("failed_tasks") > 0)
  }

  test("a spark_job outside of any execution") {
    val seen = watching(during("o11") { spark.sparkContext.parallelize(1 to 10, 2).map(_ + 1).count(); () })
    assert(seen.map(e => (e.execution, e.op, e.outcome)) === Seq((None, Some("o11"), Outcome.Complete)))
    assert(metrics(seen.head)("tasks") === 2)
    val failed = watching { intercept[Exception](spark.sparkContext.parallelize(1 to 2).map(_ / 0).count()); () }
    assert(failed.map(_.outcome) === Seq(Outcome.Fail))
    assert(failed.head.error.get.contains("ArithmeticException") || failed.head.error.get.contains("SparkException"))
  }

  test("a cancelled action is an abort") {
    import scala.concurrent.ExecutionContext.Implicits.global
    import scala.concurrent.duration._
    import scala.concurrent.{Await, Future}
    val slow = udf { (x: Long) => Thread.sleep(20000); x }
    val seen = watching {
      val running = Future {
        spark.sparkContext.setJobGroup("slow", "slow", interruptOnCancel = true)
        scala.util.Try(spark.range(0, 4, 1, 2).select(slow(col("id"))).collect())
      }
      Thread.sleep(3000)
      spark.sparkContext.cancelJobGroup("slow")
      Await.result(running, 30.seconds)
      ()
    }
    assert(seen.map(_.outcome) === Seq(Outcome.Abort))
  }

  test("an execution without a spark_job finds its operation when it is planned with the strategy") {
    spark.experimental.extraStrategies = Seq(PlannedOps)
    try {
      val seen = watching(during("o12") { spark.sql("values (1), (2)").collect(); () })
      assert(seen.map(e => (e.op, e.sparkJobs)) === Seq((Some("o12"), Nil)))
    } finally spark.experimental.extraStrategies = Nil
  }

  test("reads of a query: join of two files, a subquery") {
    val folder = Files.createTempDirectory("lineage").toRealPath()
    val paths = Seq("a", "b", "c").map(folder.resolve(_).toString)
    paths.foreach(spark.range(5).write.parquet(_))
    paths.zip(Seq("a", "b", "c")).foreach { case (p, n) => spark.read.parquet(p).createOrReplaceTempView(s"v_$n") }
    val seen = watching {
      spark.sql("select * from v_a join v_b using (id) where id < (select max(id) from v_c)").collect()
      ()
    }
    assert(seen.flatMap(_.sources).map(_.name).toSet === paths.toSet)
  }

  test("what has ended is forgotten") {
    val watched = new WatchedExecutions(spark, idsOf)
    (1 to 20).foreach(_ => spark.range(10).count())
    watched.observations()
    assert(watched.open === 0)
  }

  test("the application") {
    val seen = scala.collection.mutable.ArrayBuffer.empty[Observation]
    new Executions(spark.sparkContext.getConf, o => { seen += o; () }, idsOf)
      .onApplicationStart(SparkListenerApplicationStart("job.py", Some("local-1"), 1700000000250L, "me", None))
    seen.head match {
      case a: Application =>
        assert((a.appId, a.appName, a.at) === ("local-1", "job.py", 1700000000.25))
        assert(a.sparkVersion === spark.version && a.master.startsWith("local"))
      case other => fail(other.toString)
    }
  }
}
