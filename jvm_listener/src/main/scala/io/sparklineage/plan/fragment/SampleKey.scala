package io.sparklineage.plan.fragment

import io.sparklineage.plan.columns.{ColumnLineage, NodeColumns}

import org.apache.spark.sql.catalyst.expressions._
import org.apache.spark.sql.catalyst.plans.logical._
import org.apache.spark.sql.types._

/** Which columns say what entity a row is about, so that samples of two runs show the same entities. */
object SampleKey {

  /**
   * Names of output columns: those that pass through unchanged and are no floats; else the grouping keys; else all
   * that are no floats; else all.
   */
  def of(plan: LogicalPlan, flow: NodeColumns): Seq[String] = {
    val exact = plan.output.filter(a => isExact(a.dataType))
    val passed = exact.filter(a => ColumnLineage.at(flow, a).isIdentity)
    val grouped = if (passed.isEmpty) groupingKeys(plan, exact) else Nil
    Seq(passed, grouped, exact, plan.output).find(_.nonEmpty).getOrElse(Nil).map(_.name)
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
