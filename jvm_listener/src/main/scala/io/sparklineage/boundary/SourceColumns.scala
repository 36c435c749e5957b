package io.sparklineage.boundary

import org.apache.spark.sql.catalyst.expressions.{Alias, Attribute, NamedExpression}
import org.apache.spark.sql.catalyst.plans.{Cross, Inner, LeftAnti, LeftOuter, LeftSemi, RightOuter}
import org.apache.spark.sql.catalyst.plans.logical._
import org.apache.spark.sql.execution.datasources.LogicalRelation

import io.sparklineage.model.Storage
import io.sparklineage.plan.storages.{StatedRows, Storages}

/** Follows a column of a plan down to the files that its values are read from. */
object SourceColumns {

  /**
   * The source and the name of its column of which each value of `attribute` is one; None where operators on the way may
   * make others, NULL among them, and where nothing states of the source's columns whether they hold NULL.
   */
  def of(attribute: Attribute, plan: LogicalPlan): Option[(Storage, String)] = plan match {
    case leaf: LogicalRelation =>
      leaf.output.find(_.exprId == attribute.exprId).flatMap(column => ofFiles(leaf, column))
    case Project(fields, child) => named(attribute, fields).flatMap(of(_, child))
    case aggregate: Aggregate => named(attribute, aggregate.aggregateExpressions).flatMap(of(_, aggregate.child))
    case join: Join => side(join, attribute).flatMap(of(attribute, _))
    case _: BoundaryNode | _: Filter | _: Sort | _: RepartitionOperation | _: SubqueryAlias | _: Window | _: Generate |
        _: GlobalLimit | _: LocalLimit | _: Sample =>
      plan.children.find(_.outputSet.contains(attribute)).flatMap(of(attribute, _))
    case _ => None
  }

  /** The column that is handed on under this name, or another. */
  private def named(attribute: Attribute, fields: Seq[NamedExpression]): Option[Attribute] =
    fields.find(_.exprId == attribute.exprId).collect {
      case Alias(same: Attribute, _) => same
      case same: Attribute => same
    }

  /** The side that the column comes from, where the join fills it with no NULL. */
  private def side(join: Join, attribute: Attribute): Option[LogicalPlan] = {
    val (left, right) = (join.left.outputSet.contains(attribute), join.right.outputSet.contains(attribute))
    join.joinType match {
      case Inner | Cross if left != right => Some(if (left) join.left else join.right)
      case LeftOuter | LeftSemi | LeftAnti if left && !right => Some(join.left)
      case RightOuter if right && !left => Some(join.right)
      case _ => None
    }
  }

  private def ofFiles(leaf: LogicalRelation, column: Attribute): Option[(Storage, String)] =
    if (!StatedRows.mayTell(leaf)) None
    else Storages.read.lift(leaf).collect {
      case Seq(only) if only.files.isDefined && only.part.isEmpty => (only, column.name)
    }
}
