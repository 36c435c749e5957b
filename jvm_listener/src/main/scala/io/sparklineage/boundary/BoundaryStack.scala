package io.sparklineage.boundary

import org.apache.spark.sql.catalyst.expressions.{Attribute, AttributeSet, NamedExpression, SubqueryExpression}
import org.apache.spark.sql.catalyst.optimizer.CollapseProject
import org.apache.spark.sql.catalyst.plans.logical.{LocalRelation, LogicalPlan, Project}
import org.apache.spark.sql.execution.{ProjectExec, SparkPlan, WholeStageCodegenExec}
import org.apache.spark.sql.internal.SQLConf
import org.apache.spark.sql.lineage.SharedProjectExec
import org.apache.spark.sql.types.{DoubleType, FloatType, StructType}

/**
 * A boundary, and those below it that see the same rows because only projections lie between: one probe looks for all of
 * them.
 *
 * Without this each projection has to be evaluated for itself, and above the columns that Spark puts into a codegen stage
 * it has a class of its own, where without boundaries all are one. So they become one here, too, which also hands on the
 * columns that lower boundaries see and upper ones no longer.
 *
 * @param levels      the boundaries, the top one first
 * @param projections what lies below the top one, the upper first, as the plan has it
 * @param shared      the same as few projections over what the lowest stands on, with all columns, the upper first
 */
final private[boundary] class BoundaryStack(
    val levels: Seq[BoundaryStack.Level],
    projections: Seq[Seq[NamedExpression]],
    shared: Seq[Seq[NamedExpression]]
) {
  def lowest: BoundaryNode = levels.last.boundary

  def ids: Seq[String] = levels.flatMap(_.boundary.spec.ids)

  /** The columns of the top boundary, where the shared projections give more. */
  def columns: Option[Seq[Attribute]] = {
    val top = levels.head.boundary.output
    if (shared.headOption.forall(_.size == top.size)) None else Some(top)
  }

  /** What stands in the place of the top boundary where there is no probe. */
  def narrowed(plan: SparkPlan): SparkPlan = columns.fold(plan)(ProjectExec(_, plan))

  /** The shared projections over `plan`, on which the lowest boundary stands. */
  def projected(plan: SparkPlan): SparkPlan = shared.zipWithIndex.foldRight(plan) { case ((list, i), below) =>
    new SharedProjectExec(list, below, if (i == 0) projections else Nil)
  }
}

private[boundary] object BoundaryStack {

  /** @param above so many of the projections lie above the boundary */
  final case class Level(boundary: BoundaryNode, above: Int)

  /** So many columns are handed to the functions that look at them, in one method, which has to stay small. */
  private val MostLooked = 400

  /** The boundary alone. */
  def alone(boundary: BoundaryNode): BoundaryStack =
    new BoundaryStack(Seq(Level(boundary, 0)), Nil, Nil)

  def of(top: BoundaryNode): BoundaryStack = {
    val found = new Search(top).below(top.child)
    if (isSelection(found.shared)) alone(top)
    else new BoundaryStack(Level(top, 0) +: found.levels, found.projections, lists(found.shared))
  }

  /** Spark drops a projection that only has all columns: nothing would be left that says what it stands for. */
  private def isSelection(shared: LogicalPlan): Boolean = shared match {
    case Project(list, base: LocalRelation) =>
      list.forall(_.isInstanceOf[Attribute]) && list.size == base.output.size
    case _ => false
  }

  private def lists(plan: LogicalPlan): Seq[Seq[NamedExpression]] = plan match {
    case Project(list, child) => list +: lists(child)
    case _ => Nil
  }

  private def standIn(plan: LogicalPlan): LogicalPlan = LocalRelation(plan.output)

  /** @param looked so many columns are looked at, of each boundary those that the one below does not share */
  final private case class Found(
      levels: Seq[Level],
      projections: List[Seq[NamedExpression]],
      shared: LogicalPlan,
      looked: Int
  )

  final private class Search(top: BoundaryNode) {

    def below(plan: LogicalPlan): Found = plan match {
      case boundary: BoundaryNode if alike(boundary) =>
        val found = below(boundary.child)
        val looked = if (found.levels.isEmpty) added(boundary.output) + boundary.output.size else found.looked
        found.copy(levels = Level(boundary, 0) +: found.levels, looked = looked)
      case Project(list, child) if list.forall(isPlain) =>
        val found = below(child)
        if (found.levels.isEmpty) nothing(plan) else through(list, found).getOrElse(nothing(plan))
      case other => nothing(other)
    }

    private def nothing(plan: LogicalPlan): Found = Found(Nil, Nil, standIn(plan), looked = 0)

    private def alike(boundary: BoundaryNode): Boolean =
      boundary.spec.mode == top.spec.mode && boundary.spec.limited == top.spec.limited

    /** What the projection gives it gives of each row, whether or not it is evaluated together with others. */
    private def isPlain(expression: NamedExpression): Boolean =
      expression.deterministic && !SubqueryExpression.hasSubquery(expression)

    private def through(list: Seq[NamedExpression], found: Found): Option[Found] = {
      val passed = AttributeSet(list.map(_.toAttribute))
      val shared = CollapseProject(Project(list ++ found.shared.output.filterNot(passed.contains), found.shared))
      val looked = found.looked + added(list)
      if (!mayShare(shared.schema, found.levels.last, looked)) None
      else
        Some(found.copy(
          levels = found.levels.map(level => level.copy(above = level.above + 1)),
          projections = list :: found.projections,
          shared = shared,
          looked = looked
        ))
    }

    /** Nothing leaves a codegen stage for it, and no method gets too large. */
    private def mayShare(schema: StructType, lowest: Level, looked: Int): Boolean =
      if (isWide(schema)) isWide(lowest.boundary.schema) else looked <= MostLooked

    /** What a boundary does not share with the next one: its new columns, and floats, whose signs are its own. */
    private def added(list: Seq[NamedExpression]): Int = list.count { column =>
      !column.isInstanceOf[Attribute] || column.dataType == FloatType || column.dataType == DoubleType
    }

    private def isWide(schema: StructType): Boolean = WholeStageCodegenExec.isTooManyFields(SQLConf.get, schema)
  }
}
