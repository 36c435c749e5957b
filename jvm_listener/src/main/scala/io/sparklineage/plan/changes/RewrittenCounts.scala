package io.sparklineage.plan.changes

import io.sparklineage.model.ChangedRows

import org.apache.spark.sql.catalyst.plans.logical._
import org.apache.spark.sql.connector.write.RowLevelOperation.Command
import org.apache.spark.sql.execution.{QueryExecution, SparkPlan}
import org.apache.spark.sql.execution.adaptive.{AdaptiveSparkPlanExec, QueryStageExec}

/**
 * How many rows a command of [[RewrittenChanges]] has changed: Spark counts those of a MERGE from 4.1 on, and the
 * snapshots of Iceberg say how many rows there are. An UPDATE that writes files anew is counted by nobody.
 */
object RewrittenCounts {

  /** Of a command that has ended without an error. */
  def of(query: QueryExecution): Option[ChangedRows] = query.analyzed.collectFirst {
    case write: RowLevelWrite if write.operation.command == Command.MERGE => merged(query.executedPlan)
    case write: RowLevelWrite if write.operation.command == Command.DELETE => deleted(write)
    case write: WriteDelta => TableVersions.rows(write).map(_.added).map(n => ChangedRows(None, n, None, None))
    case delete: DeleteFromTable => deleted(delete)
  }.flatten

  private def deleted(command: LogicalPlan): Option[ChangedRows] =
    TableVersions.rows(command).flatMap(_.gone).map(n => ChangedRows(None, None, Some(n), None))

  private def merged(executed: SparkPlan): Option[ChangedRows] = nodes(executed).collectFirst {
    case rows if rows.nodeName == "MergeRows" && rows.metrics.contains("numTargetRowsInserted") =>
      def count(name: String): Option[Long] = rows.metrics.get(name).map(_.value).filter(_ >= 0)
      ChangedRows(
        count("numTargetRowsInserted"),
        count("numTargetRowsUpdated"),
        count("numTargetRowsDeleted"),
        count("numTargetRowsCopied")
      )
  }

  // The plan that ran in the end, below what adapts it.
  private def nodes(plan: SparkPlan): Seq[SparkPlan] = plan +: (plan match {
    case adaptive: AdaptiveSparkPlanExec => nodes(adaptive.executedPlan)
    case stage: QueryStageExec => nodes(stage.plan)
    case other => other.children.flatMap(nodes)
  })
}
