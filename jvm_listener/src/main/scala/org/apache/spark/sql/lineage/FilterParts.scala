package org.apache.spark.sql.lineage

import org.apache.spark.sql.catalyst.expressions.Expression
import org.apache.spark.sql.execution.{FilterExec, SparkPlan}

/**
 * The first filters of one that was taken apart. Neither in printed plans nor in comparisons is it there: the last part
 * stands for the whole.
 */
final class PartFilterExec(override val condition: Expression, override val child: SparkPlan)
    extends FilterExec(condition, child) with Unexplained[SparkPlan] {
  override def nodeName: String = "LineageFilter"
  override protected def doCanonicalize(): SparkPlan = child.canonicalized
  override def verboseStringWithOperatorId(): String = ""
  override protected def withNewChildInternal(newChild: SparkPlan): FilterExec = new PartFilterExec(condition, newChild)
}

/** The last part of a filter that was taken apart; to everything around it, it is the `whole` one. */
final class LastFilterExec(override val condition: Expression, override val child: SparkPlan, whole: Expression)
    extends FilterExec(condition, child) {
  private def asOne: FilterExec = FilterExec(whole, child)

  override def nodeName: String = "Filter"
  override protected def doCanonicalize(): SparkPlan = asOne.canonicalized
  override def simpleString(maxFields: Int): String = asOne.simpleString(maxFields)
  override def verboseString(maxFields: Int): String = asOne.verboseString(maxFields)
  override def verboseStringWithOperatorId(): String =
    super.verboseStringWithOperatorId().replace(s"Condition : $condition", s"Condition : $whole")
  override protected def otherCopyArgs: Seq[AnyRef] = Seq(whole)
  override protected def withNewChildInternal(newChild: SparkPlan): FilterExec =
    new LastFilterExec(condition, newChild, whole)
}
