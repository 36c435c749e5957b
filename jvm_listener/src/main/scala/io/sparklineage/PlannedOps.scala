package io.sparklineage

import java.util.concurrent.ConcurrentHashMap

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
  private val ops = new ConcurrentHashMap[Long, String]()

  override def apply(plan: LogicalPlan): Seq[SparkPlan] = {
    Guard.run("planned")(SparkSession.getActiveSession.foreach(session => note(session.sparkContext)))
    Nil
  }

  /** Remembers the operation of the execution that runs on this thread. */
  def note(context: SparkContext): Unit = {
    val op = context.getLocalProperty(Executions.OpKey)
    val execution = context.getLocalProperty(Executions.ExecutionKey)
    if (op != null && execution != null && ops.size < Most) {
      ops.put(execution.toLong, op)
      ()
    }
  }

  /** The operation of an execution, once. */
  def take(execution: Long): Option[String] = Option(ops.remove(execution))
}
