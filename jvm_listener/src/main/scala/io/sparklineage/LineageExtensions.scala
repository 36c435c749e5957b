package io.sparklineage

import org.apache.spark.SparkConf
import org.apache.spark.sql.{SparkSession, SparkSessionExtensions}
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan
import org.apache.spark.sql.catalyst.rules.Rule
import org.apache.spark.sql.execution.{SparkPlan, SparkStrategy}
import org.apache.spark.sql.lineage.SparkLine

import io.sparklineage.boundary._
import io.sparklineage.program.{Creations, ProgramRecord}

/**
 * What is injected into each session's planning, in one table.
 *
 * Spark calls the builders when a session plans its first query, outside of any guard: a class of ours that cannot
 * be linked (a jar for another Spark line) must not fail it.
 */
final class LineageExtensions extends (SparkSessionExtensions => Unit) {

  override def apply(extensions: SparkSessionExtensions): Unit = Guard.run("extensions") {
    LineageExtensions.injected = true
    if (ProgramRecord.isOn) extensions.injectCheckRule(LineageExtensions.creations)
    extensions.injectPlanNormalizationRule(session => rule(boundaries(session)))
    extensions.injectOptimizerRule(_ => rule(SettleBoundaries))
    extensions.injectPreCBORule(_ => rule(PlaceBoundaries))
    extensions.injectRuntimeOptimizerRule(_ => rule(EmptyStages))
    extensions.injectPlannerStrategy(_ => strategy(PlannedOps))
    extensions.injectPlannerStrategy(session => strategy(probes(session)))
  }

  /** All or nothing: a boundary that nothing plans would fail the query, so the rest has to be there before it. */
  private def boundaries(session: SparkSession): Rule[LogicalPlan] = {
    Seq(SettleBoundaries, PlaceBoundaries, EmptyStages, PlannedOps, probes(session)).foreach(_.hashCode)
    new InsertBoundaries(SparkLine.session(session), () => SessionOptions.mode(session))
  }

  private def probes(session: SparkSession): SparkStrategy =
    new PlanProbes(
      SparkLine.session(session),
      () => SessionOptions.sampleRows(session),
      () => SessionOptions.keys(session)
    )

  private def rule(build: => Rule[LogicalPlan]): Rule[LogicalPlan] =
    Guard.value[Rule[LogicalPlan]]("extension rule", NoRule)(build)

  private def strategy(build: => SparkStrategy): SparkStrategy =
    Guard.value[SparkStrategy]("extension strategy", NoStrategy)(build)
}

/** In the place of a rule that could not be built. */
private object NoRule extends Rule[LogicalPlan] {
  override def apply(plan: LogicalPlan): LogicalPlan = plan
}

/** In the place of a strategy that could not be built. */
private object NoStrategy extends SparkStrategy {
  override def apply(plan: LogicalPlan): Seq[SparkPlan] = Nil
}

object LineageExtensions {
  val Name = "io.sparklineage.LineageExtensions"
  private val Key = "spark.sql.extensions"

  /** A session was built with the extension. */
  @volatile private[sparklineage] var injected: Boolean = false

  /** Hears of each plan that a session has analyzed. */
  private[sparklineage] def creations(session: SparkSession): LogicalPlan => Unit =
    plan => Guard.run("created")(Creations.analyzed(SparkLine.session(session), plan))

  /** Adds the extension to a conf; what is there already (Delta's, Iceberg's) stays before it. */
  def addTo(conf: SparkConf): Unit = {
    val there = conf.getOption(Key).toSeq.flatMap(_.split(",")).map(_.trim).filter(_.nonEmpty)
    if (!there.contains(Name)) conf.set(Key, (there :+ Name).mkString(","))
    ()
  }
}

/** Options of ours that a session may change while it runs. */
private object SessionOptions {
  def mode(session: SparkSession): Mode =
    Mode.named(session.conf.get(
      "spark.lineage.mode",
      ""
    )).orElse(ProgramRecord.get.flatMap(_.mode)).getOrElse(Mode.Flow)

  def keys(session: SparkSession): Int =
    Numbers.int(session.conf.get("spark.lineage.checks.keys", "1000000")).getOrElse(1000000)

  def sampleRows(session: SparkSession): Int =
    Numbers.int(session.conf.get("spark.lineage.sample.rows", "20")).getOrElse(20)
}
