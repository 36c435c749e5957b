package io.sparklineage.boundary

import org.apache.spark.sql.catalyst.expressions.{AttributeSet, Expression, PredicateHelper, SubqueryExpression}
import org.apache.spark.sql.catalyst.planning.PhysicalOperation
import org.apache.spark.sql.catalyst.plans.logical._
import org.apache.spark.sql.internal.SQLConf

/**
 * The properties of an optimized plan that flow mode promises not to change, as sorted lines of text: what each scan
 * reads and filters, the operators that move rows between tasks or drop them, and what a join knows of its sides.
 * Projections, unions and the place where a Python worker is called are no part of the promise.
 */
object PlanFeatures extends PredicateHelper {

  def of(plan: LogicalPlan): Seq[String] = (rootLimit(plan).toSeq ++ lines(plan)).sorted

  private def lines(plan: LogicalPlan): Seq[String] = plan match {
    case Scan(line, expressions) => line +: expressions.flatMap(inSubqueries)
    case other =>
      line(other).toSeq ++ answered(other) ++ other.expressions.flatMap(inSubqueries) ++ below(other).flatMap(lines)
  }

  /**
   * Operators straight above a scan that the data source may answer by itself: Delta counts from its log, a
   * connector aggregates, limits and samples. The trial does not run their rules, so an operator straight above such a scan is a property of its own.
   */
  private def answered(plan: LogicalPlan): Seq[String] = plan match {
    case aggregate: Aggregate => straight(aggregate.child)
        .filter(leaf => aggregate.groupingExpressions.isEmpty || Scans.connector(leaf)).map("aggregate " + Scans.name(
          _
        ))
    case TopRows(_, child) => straight(child).map("top " + Scans.name(_))
    case LocalLimit(_, child) => straight(child).map("limit " + Scans.name(_))
    case GlobalLimit(_, LocalLimit(_, child)) => straight(child).map("limit " + Scans.name(_))
    case sample: Sample => straight(sample.child).map("sample " + Scans.name(_))
    case _ => Nil
  }

  private def straight(plan: LogicalPlan): Seq[LogicalPlan] = plan match {
    case PhysicalOperation(_, _, leaf: LeafNode) if Scans.connector(leaf) || Scans.foreign(leaf) => Seq(leaf)
    case _ => Nil
  }

  private def inSubqueries(expression: Expression): Seq[String] =
    expression.collect { case subquery: SubqueryExpression =>
      s"subquery ${subquery.nodeName}" +: lines(subquery.plan)
    }.flatten

  /** A sort under a limit is part of it: Spark plans the two as one operator. */
  private def below(plan: LogicalPlan): Seq[LogicalPlan] = plan match {
    case TopRows(_, child) => Seq(child)
    case GlobalLimit(_, LocalLimit(_, child)) => Seq(child)
    case other => other.children
  }

  private def line(plan: LogicalPlan): Option[String] = plan match {
    case _: BoundaryNode | _: Project | _: Filter | _: Union | _: SubqueryAlias | _: ResolvedHint => None
    case TopRows(limit, _) => Some(s"top $limit")
    case GlobalLimit(limit, _: LocalLimit) => Some(s"limit $limit")
    case LocalLimit(limit, _) => Some(s"local limit $limit")
    case join: Join => Some(joinLine(join))
    case aggregate: Aggregate => Some(
        s"aggregate by ${aggregate.groupingExpressions.size} of ${aggregate.aggregateExpressions.size}"
      )
    case window: Window => Some(s"window ${window.windowExpressions.size}")
    case rows: LocalRelation => Some(s"local relation ${rows.data.size}")
    case leaf: LeafNode => Some(s"${leaf.nodeName} ${leaf.output.size}")
    case python if python.nodeName.endsWith("EvalPython") => None
    case other => Some(other.nodeName)
  }

  private def joinLine(join: Join): String = {
    val conditions = join.condition.toSeq.flatMap(splitConjunctivePredicates).size
    s"join ${join.joinType} on $conditions, ${side(join.left)} with ${side(join.right)} ${join.hint}"
  }

  private def side(plan: LogicalPlan): String =
    (if (plan.stats.sizeInBytes <= SQLConf.get.autoBroadcastJoinThreshold) "small" else "large") +
      (if (plan.maxRows.exists(_ <= 1)) " one row" else "")

  /** A limit at the root reads only the partitions it needs. */
  private def rootLimit(plan: LogicalPlan): Option[String] = plan match {
    case TopRows(_, _) => None
    case _: GlobalLimit => Some("collected limit")
    case _ => None
  }

  private object TopRows {
    def unapply(plan: LogicalPlan): Option[(Expression, LogicalPlan)] = plan match {
      case GlobalLimit(limit, LocalLimit(_, GlobalSort(child))) => Some((limit, child))
      case GlobalLimit(limit, LocalLimit(_, project @ Project(_, GlobalSort(child)))) =>
        Some((limit, project.copy(child = child)))
      case _ => None
    }
  }

  /** Projections and filters straight over a leaf: Spark plans them as one scan. */
  private object Scan {
    def unapply(plan: LogicalPlan): Option[(String, Seq[Expression])] = plan match {
      case _: LeafNode | _: Project | _: Filter => plan match {
          case PhysicalOperation(fields, filters, leaf: LeafNode) if Scans.filters(leaf) =>
            val read = AttributeSet(fields.flatMap(_.references) ++ filters.flatMap(_.references))
            Some((text(leaf, read, filters), fields ++ filters))
          case _ => None
        }
      case _ => None
    }

    private def text(leaf: LogicalPlan, read: AttributeSet, filters: Seq[Expression]): String = {
      val columns = leaf.output.filter(read.contains).map(column => s"${column.name} ${column.dataType.catalogString}")
      s"${Scans.name(leaf)} reads ${columns.mkString(", ")} where ${filters.map(anonymous).sorted.distinct.mkString("; ")}"
    }

    private def anonymous(filter: Expression): String = filter.toString.replaceAll("#\\d+L?", "")
  }
}
