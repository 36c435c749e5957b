package io.sparklineage

import io.sparklineage.emit.Observations

import org.apache.spark.SparkContext
import org.apache.spark.sql.SparkSession
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan
import org.apache.spark.sql.execution.{SparkPlan, SparkStrategy}

/**
 * Which operation an execution belongs to where it starts no spark_job: a query is planned on the thread of the
 * action, within its execution, so that both ids are at hand there. As a strategy it plans nothing.
 */
object PlannedOps extends SparkStrategy {
  private val Most = 10000
  private val ops = new Latest[Long, String](
    Most,
    execution =>
      Observations.gap("execution", s"which operation ran execution $execution was forgotten: $Most others did not end")
  )

  override def apply(plan: LogicalPlan): Seq[SparkPlan] = {
    Guard.run("planned")(SparkSession.getActiveSession.foreach(session => note(session.sparkContext)))
    Nil
  }

  /** Remembers the operation of the execution that runs on this thread. */
  def note(context: SparkContext): Unit = {
    val execution = context.getLocalProperty(Executions.ExecutionKey)
    if (execution != null) Executions.op(context).foreach(ops.put(execution.toLong, _))
  }

  private[sparklineage] def held: Int = ops.size

  /** The operation of an execution, once. */
  def take(execution: Long): Option[String] = ops.take(execution)
}
