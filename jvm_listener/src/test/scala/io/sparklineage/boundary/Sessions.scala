package io.sparklineage.boundary

import java.nio.file.Files
import java.util.concurrent.atomic.AtomicInteger

import org.apache.spark.scheduler.{SparkListener, SparkListenerJobStart}
import org.apache.spark.sql.SparkSession
import org.apache.spark.sql.classic.{SparkSession => ClassicSession}
import org.apache.spark.sql.lineage.SparkInternals
import org.scalatest.{BeforeAndAfterAll, Suite}

/** One local session with the listener, switched on the way a user does it. */
trait Sessions extends BeforeAndAfterAll { self: Suite =>
  lazy val folder: String = Files.createTempDirectory("boundaries").toString
  private val jobs = new AtomicInteger()

  def settings: Map[String, String] = Map.empty

  lazy val spark: ClassicSession = {
    val builder = SparkSession.builder().master("local[2]").appName("boundaries")
      .config("spark.extraListeners", "io.sparklineage.LineageListener")
      .config("spark.lineage.strict", "true")
      .config("spark.ui.enabled", "false")
      .config("spark.sql.shuffle.partitions", "4")
      .config("spark.sql.warehouse.dir", folder + "/warehouse")
      .config("spark.driver.host", "localhost")
    settings.foreach { case (key, value) => builder.config(key, value) }
    val session = builder.getOrCreate().asInstanceOf[ClassicSession]
    session.sparkContext.setLogLevel("ERROR")
    session.sparkContext.addSparkListener(new SparkListener {
      override def onJobStart(event: SparkListenerJobStart): Unit = { jobs.incrementAndGet(); () }
    })
    session
  }

  /** How many spark_jobs `body` started. */
  def sparkJobs(body: => Any): Int = {
    SparkInternals.settle(10000)
    val before = jobs.get
    body
    SparkInternals.settle(10000)
    jobs.get - before
  }

  override def afterAll(): Unit =
    try spark.stop()
    finally super.afterAll()
}
