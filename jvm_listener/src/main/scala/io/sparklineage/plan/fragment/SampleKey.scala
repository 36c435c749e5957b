package io.sparklineage.plan.fragment

import io.sparklineage.plan.{End, StepPlan}
import io.sparklineage.plan.columns.{ColumnLineage, NodeColumns}
import io.sparklineage.plan.expressions.ExpressionWalk

import org.apache.spark.sql.catalyst.expressions._
import org.apache.spark.sql.catalyst.plans.logical._
import org.apache.spark.sql.types._

/** Which columns say what entity a row is about, so that samples of two runs show the same entities. */
object SampleKey {

  /**
   * A plan is too large to follow its columns while a query is planned if it has more expressions than this, times the
   * columns that come into the step. The largest that is followed takes some tenths of a second.
   */
  val MostWork = 10000000L

  /** What the gap ledger says of a plan that is too large. */
  val TooLarge: String = "the plan of its step is too large to tell which columns pass through it unchanged: the " +
    "sampled rows were chosen by its grouping keys, or by all columns that are no floats where it has none"

  /**
   * Names of output columns: those that pass through unchanged and are no floats; else the grouping keys; else all
   * that are no floats; else all.
   */
  def of(plan: LogicalPlan, flow: NodeColumns): Seq[String] = {
    val exact = plan.output.filter(a => isExact(a.dataType))
    val passed = exact.filter(a => ColumnLineage.at(flow, a).isIdentity)
    if (passed.nonEmpty) passed.map(_.name) else withoutPassed(plan)
  }

  /** As `of`, for a plan of which the columns that pass through are not known. */
  def withoutPassed(plan: LogicalPlan): Seq[String] = {
    val exact = plan.output.filter(a => isExact(a.dataType))
    Seq(groupingKeys(plan, exact), exact, plan.output).find(_.nonEmpty).getOrElse(Nil).map(_.name)
  }

  /**
   * The key that `Fragments.describe` gives for the same plan, from the plan alone and without a look at storage, so
   * that a thread that plans a query can find it.
   *
   * @param inputs ids of the DataFrames of other steps that it was made from
   * @param idsOf  the marks on exactly that node
   */
  def find(plan: LogicalPlan, inputs: Set[String], idsOf: LogicalPlan => Seq[String]): Seq[String] = {
    val step = new StepPlan(inputs, idsOf, StepPlan.unreadLeaf)
    if (isTooLarge(step, plan)) withoutPassed(plan)
    else of(plan, new ColumnLineage(step, datasets(step), (_, column) => column).of(plan))
  }

  /** Whether following the columns of the plan would take too long. It depends on the plan and on nothing else. */
  def isTooLarge(step: StepPlan, plan: LogicalPlan): Boolean = {
    val (ends, inner) = step.nodes(plan).partition(step.end(_).isDefined)
    val columns = ends.iterator.map(_.output.size.toLong).sum
    val expressions = inner.iterator.map(_.expressions.iterator.map(ExpressionWalk.nodes(_).size.toLong).sum).sum
    expressions * columns > MostWork
  }

  // That a column is one of storage is enough to know.
  private def datasets(step: StepPlan)(plan: LogicalPlan): Seq[String] = step.end(plan) match {
    case Some(End.Input(id)) => Seq(id)
    case Some(End.Stored(_)) => Seq("source")
    case _ => Nil
  }

  /** Equal values have equal hashes in each run: no floats, nor maps or variants that have no order. */
  def isExact(dataType: DataType): Boolean = dataType match {
    case FloatType | DoubleType => false
    case _: MapType => false
    case a: ArrayType => isExact(a.elementType)
    case s: StructType => s.fields.forall(f => isExact(f.dataType))
    case other => !Unordered(other.typeName)
  }

  private val Unordered = Set("variant", "void", "interval", "geometry", "geography", "udt", "object")

  // The keys of the nearest aggregate, as far as they reach the output.
  private def groupingKeys(plan: LogicalPlan, exact: Seq[Attribute]): Seq[Attribute] = plan match {
    case a: Aggregate =>
      val keys = a.aggregateExpressions.filter(e => a.groupingExpressions.exists(_.semanticEquals(unaliased(e)))).map(
        _.exprId
      ).toSet
      exact.filter(e => keys(e.exprId))
    case u: UnaryNode => groupingKeys(u.child, exact)
    case _ => Nil
  }

  private def unaliased(e: NamedExpression): Expression = e match {
    case a: Alias => a.child
    case other => other
  }
}
