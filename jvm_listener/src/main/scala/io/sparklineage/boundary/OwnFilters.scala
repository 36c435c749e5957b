package io.sparklineage.boundary

import org.apache.spark.sql.catalyst.expressions.{And, Expression, PredicateHelper, PythonUDF, SubqueryExpression}
import org.apache.spark.sql.catalyst.optimizer.ConstantFolding
import org.apache.spark.sql.catalyst.planning.PhysicalOperation
import org.apache.spark.sql.catalyst.plans.logical.{Filter, LogicalPlan, Project}
import org.apache.spark.sql.execution.datasources.LogicalRelation

import io.sparklineage.plan.storages.StatedRows

/**
 * The filters of a DataFrame that filters and projects files and does nothing else, before those of later steps came
 * below its boundary.
 *
 * @param conjuncts over the columns of the files, in the order in which they are evaluated; may be empty
 */
final case class OwnFilters(conjuncts: Seq[Expression])

object OwnFilters extends PredicateHelper {

  /** None for other plans, and where nothing states how many rows the files have: there a count would tell nothing. */
  def of(plan: LogicalPlan): Option[OwnFilters] = withoutBoundaries(plan).flatMap {
    case PhysicalOperation(_, filters, leaf: LogicalRelation) if StatedRows.mayTell(leaf) =>
      Some(folded(filters, leaf)).filter(_.forall(isPlain)).map(OwnFilters(_))
    case _ => None
  }

  /** Constants may not have been folded yet, as they will be when the filters are planned. */
  private def folded(filters: Seq[Expression], leaf: LogicalPlan): Seq[Expression] = filters.reduceOption(And).toSeq
    .map(whole => ConstantFolding(Filter(whole, leaf))).flatMap {
      case Filter(whole, _) => splitConjunctivePredicates(whole)
      case _ => Nil
    }

  private def withoutBoundaries(plan: LogicalPlan): Option[LogicalPlan] = plan match {
    case boundary: BoundaryNode => withoutBoundaries(boundary.child)
    case Project(fields, child) => withoutBoundaries(child).map(Project(fields, _))
    case Filter(condition, child) => withoutBoundaries(child).map(Filter(condition, _))
    case leaf: LogicalRelation => Some(leaf)
    case _ => None
  }

  /** Evaluated with the scan, by the JVM, and always the same. */
  private def isPlain(filter: Expression): Boolean = filter.deterministic && !filter.exists {
    case _: SubqueryExpression | _: PythonUDF => true
    case _ => false
  }
}
