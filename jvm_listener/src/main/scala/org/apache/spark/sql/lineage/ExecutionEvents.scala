package org.apache.spark.sql.lineage

import org.apache.spark.sql.execution.QueryExecution
import org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionEnd

/** What Spark hands its own listeners with the end of an execution, and keeps from others. */
object ExecutionEvents {

  /** The query that ran; None in a replayed event log. */
  def query(end: SparkListenerSQLExecutionEnd): Option[QueryExecution] = Option(end.qe)

  /** What the execution failed with. */
  def failure(end: SparkListenerSQLExecutionEnd): Option[Throwable] = end.executionFailure
}
