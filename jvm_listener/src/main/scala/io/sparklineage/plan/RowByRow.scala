package io.sparklineage.plan

import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan

/** Operators that give one row for each row they take, in its order, though they may add columns to it. */
object RowByRow {

  // By name: most of them exist on some lines of Spark only, or are private to it.
  private val names = Set(
    "BatchEvalPython",
    "ArrowEvalPython",
    "SerializeFromObject",
    "DeserializeToObject",
    "MapElements",
    "AppendColumns",
    "AppendColumnsWithObject",
    "AttachDistributedSequence",
    "EventTimeWatermark",
    "UpdateEventTimeWatermarkColumn",
    "CollectMetrics",
    // Stands above each step of SQL's pipe syntax until the optimizer removes it.
    "PipeOperator"
  )

  def apply(plan: LogicalPlan): Boolean = names(plan.nodeName)
}
