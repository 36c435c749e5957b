package io.sparklineage.boundary

import org.apache.spark.sql.catalyst.plans.logical.{LogicalPlan, Sort}

/** A sort of all rows, with what it sorts. Spark's own pattern has another number of fields from Spark 4 on. */
private[boundary] object GlobalSort {
  def unapply(plan: LogicalPlan): Option[LogicalPlan] = plan match {
    case sort: Sort if sort.global => Some(sort.child)
    case _ => None
  }
}
