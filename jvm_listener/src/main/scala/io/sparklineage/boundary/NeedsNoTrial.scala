package io.sparklineage.boundary

import org.apache.spark.sql.catalyst.plans.logical._

/** Queries whose boundaries cost nothing for sure: above them there is nothing that the optimizer could move. */
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
