package io.sparklineage.boundary

import java.nio.file.Files
import java.util.concurrent.atomic.AtomicInteger

import scala.collection.mutable

import org.apache.spark.scheduler.{SparkListener, SparkListenerJobStart}
import org.apache.spark.sql.DataFrame
import org.apache.spark.sql.classic.{SparkSession => ClassicSession}
import org.apache.spark.sql.lineage.SparkInternals
import org.apache.spark.sql.types.StructType
import org.scalatest.{BeforeAndAfterAll, Suite}

import io.sparklineage.SharedSession

/** A local session with the listener, shared with other suites. */
trait Sessions extends BeforeAndAfterAll { self: Suite =>
  lazy val folder: String = Files.createTempDirectory("boundaries").toString
  private val jobs = new AtomicInteger()

  def settings: Map[String, String] = Map.empty

  lazy val spark: ClassicSession = {
    val session = SharedSession.of(SharedSession.Listening ++ settings)
    session.sparkContext.addSparkListener(new SparkListener {
      override def onJobStart(event: SparkListenerJobStart): Unit = { jobs.incrementAndGet(); () }
    })
    session
  }

  private val schemas = mutable.Map.empty[String, StructType]

  /** A folder of Parquet files, whose schema is read once: Spark starts a job for it each time. */
  def read(path: String): DataFrame =
    spark.read.schema(schemas.getOrElseUpdate(path, spark.read.parquet(path).schema)).parquet(path)

  /** How many spark_jobs `body` started. */
  def sparkJobs(body: => Any): Int = {
    SparkInternals.settle(10000)
    val before = jobs.get
    body
    SparkInternals.settle(10000)
    jobs.get - before
  }
}
