package io.sparklineage.plan.columns

import io.sparklineage.plan.expressions.ExpressionText

import scala.collection.mutable

import org.apache.spark.sql.catalyst.expressions._
import org.apache.spark.sql.catalyst.expressions.aggregate.{AggregateExpression, PivotFirst}

/**
 * The columns that structs and arrays were built of: `struct(a, b).a` is `a` and has nothing to do with `b`.
 *
 * @param column     the column that an attribute stands for
 * @param definition the column that an expression makes
 */
final private[plan] class NestedColumns(column: Attribute => Column, definition: Expression => Column) {

  /** The column that an expression takes out of a struct or an array that this step built; None in all other cases. */
  def of(expression: Expression): Option[Column] = expression match {
    case g: GetStructField => whole(g.child).lift(g.ordinal)
    case g: GetArrayItem => position(g.ordinal).flatMap(whole(g.child).lift)
    case _ => None
  }

  /** The columns of the struct or array that the expression builds, by position. */
  def within(expression: Expression): PartialFunction[Int, Column] = expression match {
    case a: Alias => within(a.child)
    case s: CreateNamedStruct => each(s.valExprs.length, s.valExprs)
    case a: CreateArray => each(a.children.length, a.children)
    // Asked for only where the struct itself was built here: the fields of a source's struct are that column.
    case u: UpdateFields if u.resolved && isBuilt(u.structExpr) => each(u.newExprs.length, u.newExprs)
    case a: AggregateExpression =>
      a.aggregateFunction match {
        case p: PivotFirst => pivoted(p, a)
        case _ => PartialFunction.empty
      }
    case _ => PartialFunction.empty
  }

  private def whole(e: Expression): PartialFunction[Int, Column] = e match {
    case a: Attribute => column(a).parts
    case a: Alias => whole(a.child)
    case g if of(g).isDefined => of(g).get.parts
    case other => within(other)
  }

  private def isBuilt(struct: Expression): Boolean = whole(struct).isDefinedAt(0)

  private def position(e: Expression): Option[Int] = e match {
    case l: Literal => Some(l.value).collect { case i: Int => i }
    case _ => None
  }

  private def each(length: Int, expressions: => Seq[Expression]): PartialFunction[Int, Column] =
    NestedColumns.remembered(length, i => definition(expressions(i)))

  // Spark groups by the pivot column too, and takes the one group of each value.
  private def pivoted(p: PivotFirst, a: AggregateExpression): PartialFunction[Int, Column] =
    NestedColumns.remembered(
      p.pivotColumnValues.length,
      i => {
        val literal = ExpressionText.literal(Literal(p.pivotColumnValues(i), p.pivotColumn.dataType))
        val chosen = s"(${definition(p.pivotColumn).inline} = $literal)"
        Column("pivot", s"${definition(p.valueColumn).inline} FILTER (WHERE $chosen)", definition(a).inputs)
      }
    )
}

private object NestedColumns {
  // A loop can change a struct a thousand times. Below this many levels a struct counts as one column.
  private val MostDepth = 50
  private val depth = ThreadLocal.withInitial[Int](() => 0)

  /** Computes each part when it is first asked for, and keeps it. */
  private def remembered(length: Int, part: Int => Column): PartialFunction[Int, Column] = {
    val known = mutable.Map.empty[Int, Column]

    {
      case i if i >= 0 && i < length && (known.contains(i) || depth.get < MostDepth) =>
        known.getOrElseUpdate(i, deeper(part(i)))
    }
  }

  private def deeper[A](work: => A): A = {
    depth.set(depth.get + 1)
    try work
    finally depth.set(depth.get - 1)
  }
}
