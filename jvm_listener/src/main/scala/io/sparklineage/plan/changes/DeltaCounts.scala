package io.sparklineage.plan.changes

import io.sparklineage.model.ChangedRows

import org.apache.spark.sql.execution.SparkPlan
import org.apache.spark.sql.execution.command.{ExecutedCommandExec, RunnableCommand}

/** How many rows a command of Delta has changed, as its own metrics say: the same numbers as in the table's history. */
object DeltaCounts {

  /** What of [[ChangedRows]] a metric is. */
  private val metrics: Map[String, Seq[String]] = Map(
    "MergeIntoCommand" ->
      Seq("numTargetRowsInserted", "numTargetRowsUpdated", "numTargetRowsDeleted", "numTargetRowsCopied"),
    "UpdateCommand" -> Seq("", "numUpdatedRows", "", "numCopiedRows"),
    "DeleteCommand" -> Seq("", "", "numDeletedRows", "numCopiedRows")
  )

  /** @param executed the physical plan of a command that has ended without an error */
  def of(executed: SparkPlan): Option[ChangedRows] = executed match {
    case ExecutedCommandExec(command) => metrics.get(command.getClass.getSimpleName).map(counted(command, _))
    case _ => None
  }

  private def counted(command: RunnableCommand, names: Seq[String]): ChangedRows = {
    // Delta says -1 where files went as a whole and nobody has counted their rows.
    val counts = names.map(command.metrics.get(_).map(_.value).filter(_ >= 0))
    ChangedRows(counts(0), counts(1), counts(2), counts(3))
  }
}
