package io.sparklineage

import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan
import org.apache.spark.sql.internal.SQLConf
import org.apache.spark.sql.lineage.{SparkInternals, SparkLine}

import io.sparklineage.boundary.{DatasetMark, Marks, Mode, SampleKeyOf}
import io.sparklineage.emit.Observations
import io.sparklineage.plan.fragment.{Fragments, SampleKey}
import io.sparklineage.plan.storages.StatedRows
import io.sparklineage.probe.Question

/** What every mark begins, whoever sets it: the plan is described by a thread of ours, as one observation. */
private[sparklineage] object PlanDescriptions {

  /**
   * Marks a node and has a plan described.
   *
   * @param session the plan's
   * @param node   carries the mark
   * @param plan   says how the rows are made: the node itself, or, for a command that changes a table in place, what
   *               the table holds afterwards
   * @param id     of the DataFrame, or of the query of a command
   * @param inputs ids of marked nodes below, where the description ends
   * @return false if the node has a mark of that id already; then the mark is replaced and nothing is described again
   */
  def begin(
      session: SparkLine.Session,
      node: LogicalPlan,
      plan: LogicalPlan,
      id: String,
      inputs: Set[String],
      mode: Option[Mode],
      questions: Seq[Question]
  ): Boolean = {
    val sampleKey = new SampleKeyOf(() => SampleKey.find(plan, inputs - id, idsOf))
    val isNew = Marks.add(node, DatasetMark(id, mode, sampleKey, questions))
    if (isNew) submit(session, describe(session, plan, id, inputs, sampleKey))
    isNew
  }

  /** Has a plan described and marks nothing. */
  def only(session: SparkLine.Session, plan: LogicalPlan, id: String): Unit =
    submit(session, describe(session, plan, id, Set.empty, new SampleKeyOf(() => Nil)))

  /** With the settings that the session has now: our thread has no session, and the program may change them. */
  private def submit(session: SparkLine.Session, description: => Unit): Unit = {
    val settings = SparkInternals.settings(session)
    FragmentThread.submit(SQLConf.withExistingConf(settings)(description))
    ()
  }

  /** Tells the plan fragment. */
  private def describe(
      session: SparkLine.Session,
      plan: LogicalPlan,
      id: String,
      inputs: Set[String],
      sampleKey: SampleKeyOf
  ): Unit = Guard.run("fragment") {
    val fragment = Fragments.describe(id, inputs, plan, idsOf)
    sampleKey.found(fragment.sampleKey)
    val sources = StatedRows.told(plan, fragment.sources, session.sessionState.newHadoopConf())
    Observations.offer(fragment.copy(sources = sources))
    ()
  }

  def idsOf(node: LogicalPlan): Seq[String] = Marks.of(node).map(_.id)
}
