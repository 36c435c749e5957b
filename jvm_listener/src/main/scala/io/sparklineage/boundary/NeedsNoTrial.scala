package io.sparklineage.boundary

import org.apache.spark.sql.catalyst.plans.logical._

/** Queries that need no judge: nothing lies above their boundaries that the optimizer could want to move. */
object NeedsNoTrial {

  def apply(plan: LogicalPlan): Boolean = plan match {
    case command: Command => command.children.forall(apply)
    case boundary: BoundaryNode => apply(boundary.child)
    case _: LeafNode => !plan.exists(hasSubqueryBoundary)
    case other => !other.exists(_.isInstanceOf[BoundaryNode]) && !other.exists(hasSubqueryBoundary)
  }

  private def hasSubqueryBoundary(plan: LogicalPlan): Boolean =
    plan.subqueries.exists(_.exists(_.isInstanceOf[BoundaryNode]))
}
