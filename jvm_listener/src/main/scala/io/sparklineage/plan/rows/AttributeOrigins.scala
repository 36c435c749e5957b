package io.sparklineage.plan.rows

import io.sparklineage.plan.End

import scala.collection.mutable

import org.apache.spark.sql.catalyst.expressions._
import org.apache.spark.sql.catalyst.plans.logical._

/** Follows the attributes of a fragment down to its inputs, through renaming and the expressions of projections. */
final class AttributeOrigins(
    nodes: Seq[LogicalPlan],
    ends: LogicalPlan => Option[End],
    datasets: LogicalPlan => Seq[String]
) {
  private val defined = mutable.Map.empty[ExprId, Expression]
  private val written = mutable.Map.empty[ExprId, Expression]
  private val inputs = mutable.Map.empty[ExprId, (String, String)]

  nodes.foreach { plan =>
    if (ends(plan).isDefined) datasets(plan) match {
      case Seq(one) => plan.output.foreach(a => inputs(a.exprId) = (one, a.name))
      case _ =>
    }
    else plan match {
      case p: Project => define(p.projectList)
      case a: Aggregate =>
        define(a.aggregateExpressions.filter { case Alias(_: Attribute, _) => true; case _ => false })
      case _ =>
    }
  }

  // Nodes come after their children, so the attributes that an expression uses have been written out before it.
  private def define(list: Seq[NamedExpression]): Unit =
    list.foreach {
      case a: Alias =>
        defined(a.exprId) = a.child
        written(a.exprId) = expanded(a.child)
      case _ =>
    }

  /** The attribute that this one is another name for, as far down as it goes. */
  def of(a: Attribute): Attribute = {
    var at = a
    var steps = 0
    while (steps < AttributeOrigins.MostSteps) {
      defined.get(at.exprId) match {
        case Some(below: Attribute) => at = below
        case _ => return at
      }
      steps += 1
    }
    at
  }

  /** The column of an input that an attribute is another name for. */
  def input(a: Attribute): Option[(String, String)] = inputs.get(of(a).exprId)

  /** With the expressions of projections written out, as far down as that stays small. */
  def expanded(e: Expression): Expression =
    if (sizeWritten(e) > AttributeOrigins.Largest) e
    else e.transformUp { case a: Attribute => written.getOrElse(a.exprId, a) }

  /** Number of nodes that the written-out expression would have; counting stops once that is too large. */
  private def sizeWritten(e: Expression): Int = {
    var n = 0
    e.exists { part =>
      n += (part match {
        case a: Attribute => written.get(a.exprId).fold(1)(AttributeOrigins.size)
        case _ => 1
      })
      n > AttributeOrigins.Largest
    }
    n
  }
}

object AttributeOrigins {
  private val MostSteps = 100
  private val Largest = 200

  private def size(e: Expression): Int = {
    var n = 0
    e.exists { _ => n += 1; n > Largest }
    n
  }
}
