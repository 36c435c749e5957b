package io.sparklineage

import org.apache.spark.SparkConf
import org.apache.spark.sql.{SparkSession, SparkSessionExtensions}
import org.apache.spark.sql.lineage.SparkLine

import io.sparklineage.boundary._

/** What is injected into each session's planning, in one table. */
final class LineageExtensions extends (SparkSessionExtensions => Unit) {

  override def apply(extensions: SparkSessionExtensions): Unit = Guard.run("extensions") {
    LineageExtensions.injected = true
    extensions.injectPlanNormalizationRule(session =>
      new InsertBoundaries(SparkLine.session(session), () => SessionOptions.mode(session)))
    extensions.injectOptimizerRule(_ => SettleBoundaries)
    extensions.injectPreCBORule(_ => PlaceBoundaries)
    extensions.injectRuntimeOptimizerRule(_ => EmptyStages)
    extensions.injectPlannerStrategy(_ => PlannedOps)
    extensions.injectPlannerStrategy(session => new PlanProbes(() => SessionOptions.sampleRows(session)))
  }
}

object LineageExtensions {
  val Name = "io.sparklineage.LineageExtensions"
  private val Key = "spark.sql.extensions"

  /** A session was built with the extension. */
  @volatile private[sparklineage] var injected: Boolean = false

  /** Adds the extension to a conf; what is there already (Delta's, Iceberg's) stays before it. */
  def addTo(conf: SparkConf): Unit = {
    val there = conf.getOption(Key).toSeq.flatMap(_.split(",")).map(_.trim).filter(_.nonEmpty)
    if (!there.contains(Name)) conf.set(Key, (there :+ Name).mkString(","))
    ()
  }
}

/** Options of ours that a session may change while it runs. */
private object SessionOptions {
  def mode(session: SparkSession): Mode = Mode.named(session.conf.get("spark.lineage.mode", "")).getOrElse(Mode.Flow)

  def sampleRows(session: SparkSession): Int = 
    session.conf.get("spark.lineage.sample.rows", "20").toIntOption.getOrElse(20)
}
