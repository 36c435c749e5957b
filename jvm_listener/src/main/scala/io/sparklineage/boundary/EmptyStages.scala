package io.sparklineage.boundary

import org.apache.spark.sql.catalyst.plans.logical.{LeafNode, LocalRelation, LogicalPlan}
import org.apache.spark.sql.catalyst.rules.Rule
import org.apache.spark.sql.execution.adaptive.{AQEPropagateEmptyRelation, LogicalQueryStage, QueryStageExec}

import io.sparklineage.Guard
import io.sparklineage.probe.SteppedAside

/** While an adaptive query runs: what turns out to be empty ends the operators above it, through boundaries too. */
object EmptyStages extends Rule[LogicalPlan] {

  override def apply(plan: LogicalPlan): LogicalPlan =
    Guard.value("empty stages", plan)(if (plan.exists(_.isInstanceOf[BoundaryNode])) propagated(plan) else plan)

  private def propagated(plan: LogicalPlan): LogicalPlan = {
    val without = plan.transformUp {
      case boundary: BoundaryNode if isEmpty(boundary.child) =>
        if (boundary.spec.whole) SteppedAside.local(boundary.spec.ids, 0L)
        boundary.child
    }
    if (without.fastEquals(plan)) plan else AQEPropagateEmptyRelation(without)
  }

  private def isEmpty(plan: LogicalPlan): Boolean = plan match {
    case rows: LocalRelation => rows.data.isEmpty
    case LogicalQueryStage(_, stage: QueryStageExec) =>
      stage.isMaterialized && stage.getRuntimeStatistics.rowCount.contains(BigInt(0))
    case leaf: LeafNode => leaf.nodeName == "EmptyRelation" // a class of Spark 4 only
    case _ => false
  }
}
