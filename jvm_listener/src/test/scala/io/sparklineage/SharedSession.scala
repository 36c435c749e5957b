package io.sparklineage

import java.nio.file.Files

import io.sparklineage.probe.{RowProbe, SteppedAside}

import org.apache.spark.sql.SparkSession
import org.apache.spark.sql.classic.{SparkSession => ClassicSession}

/** One local session for the suites that ask for the same settings one after the other: a start takes seconds. */
object SharedSession {

  /** The listener is switched on the way a user does it, and faults are thrown. */
  val Listening: Map[String, String] =
    Map("spark.extraListeners" -> "io.sparklineage.LineageListener", "spark.lineage.strict" -> "true")

  private var current: Option[(Map[String, String], ClassicSession)] = None

  def of(settings: Map[String, String]): ClassicSession = synchronized {
    RowProbe.valuesBeforeCode = 0 // a test has few rows, and generated code is what most rows of others meet
    val session = current.collect { case (`settings`, running) if !running.sparkContext.isStopped => running }
      .getOrElse(started(settings))
    session.catalog.clearCache()
    SteppedAside.forget()
    session
  }

  private def started(settings: Map[String, String]): ClassicSession = {
    current.foreach(_._2.stop())
    val builder = SparkSession.builder().master("local[2]").appName("suites")
      .config("spark.ui.enabled", "false")
      .config("spark.sql.shuffle.partitions", "4")
      .config("spark.sql.legacy.createHiveTableByDefault", "false")
      .config("spark.sql.warehouse.dir", Files.createTempDirectory("warehouse").toUri.toString)
      .config("spark.driver.host", "localhost")
    settings.foreach { case (key, value) => builder.config(key, value) }
    val session = builder.getOrCreate().asInstanceOf[ClassicSession]
    session.sparkContext.setLogLevel("ERROR")
    current = Some(settings -> session)
    session
  }
}
