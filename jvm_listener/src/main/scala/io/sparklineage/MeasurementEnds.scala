package io.sparklineage

import org.apache.spark.scheduler.{SparkListener, SparkListenerEvent}
import org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionEnd
import org.apache.spark.sql.lineage.ExecutionEvents

import io.sparklineage.probe.Probes

/** Tells the probes that an execution is over: what they have measured of it is all there will be. */
private[sparklineage] object MeasurementEnds extends SparkListener {

  override def onOtherEvent(event: SparkListenerEvent): Unit = Guard.run("measurement end") {
    event match {
      case end: SparkListenerSQLExecutionEnd => Probes.ended(end.executionId, ExecutionEvents.failure(end).isDefined)
      case _ =>
    }
  }
}
