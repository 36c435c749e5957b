package io.sparklineage.plan.columns

import io.sparklineage.model.Subtype
import io.sparklineage.plan.expressions.{CommonExpressions, ExpressionText, ExpressionWalk}

import org.apache.spark.sql.catalyst.expressions._
import org.apache.spark.sql.catalyst.expressions.aggregate.{AggregateExpression, AggregateFunction, PivotFirst}
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan

/**
 * Which input columns an expression uses, and how.
 *
 * @param attribute the inputs of an attribute
 * @param subquery  the inputs of a subquery's first column, together with those that decide its rows
 * @param part      the inputs of what an expression takes out of a struct or an array, where its parts are known
 */
final class ExpressionInputs(
    attribute: Attribute => Column.Inputs,
    subquery: LogicalPlan => Column.Inputs,
    part: Expression => Option[Column.Inputs]
) {

  def apply(expression: Expression): Column.Inputs = uses(expression)

  /** Every input of the expressions, as one that has an influence of this kind. */
  def indirect(expressions: Seq[Expression], subtype: Subtype): Column.Inputs =
    Column.through(all(expressions), Use(subtype))

  private def uses(expression: Expression): Column.Inputs = expression match {
    case a: Attribute => attribute(a)
    case o: OuterReference => uses(o.e)
    case a: Alias => uses(a.child)
    case _: Literal => Column.NoInputs
    case e if ExpressionText.transparent(e) => uses(e.children.head)
    case c: CaseWhen => choice(c.branches.map(_._1), c.branches.map(_._2) ++ c.elseValue)
    case i: If => choice(Seq(i.predicate), Seq(i.trueValue, i.falseValue))
    case c: Coalesce => choice(c.children.dropRight(1), c.children)
    case a: AggregateExpression =>
      Column.merged(aggregated(a.aggregateFunction), indirect(a.filter.toSeq, Subtype.Filter))
    case w: WindowExpression => windowed(w)
    case f: AggregateFunction => aggregated(f)
    case p: PlanExpression[_] => plan(p)
    case CommonExpressions.With(definitions, child) => common(definitions)(nested(child))
    case CommonExpressions.Ref(id) => defined.getOrElse(id, Column.NoInputs)
    case other => part(other).getOrElse(transformed(other, other.children))
  }

  // Expressions that programs build in loops can be deeper than the stack: those are looked at flatly.
  private def nested(e: Expression): Column.Inputs =
    if (depth >= ExpressionInputs.MostDepth) Column.through(flat(e), Use(Subtype.Transformation))
    else {
      depth += 1
      try uses(e)
      finally depth -= 1
    }
  private var depth = 0

  private def flat(e: Expression): Column.Inputs =
    Column.merged(ExpressionWalk.nodes(e).collect { case a: Attribute => attribute(a) })

  private def all(expressions: Seq[Expression]): Column.Inputs = Column.merged(expressions.map(nested))

  private def choice(conditions: Seq[Expression], values: Seq[Expression]): Column.Inputs =
    Column.merged(
      Column.through(all(values), Use(Subtype.Transformation)),
      indirect(conditions, Subtype.Conditional)
    )

  private def aggregated(function: AggregateFunction): Column.Inputs = function match {
    // The column whose values became columns only chooses which rows' values are taken.
    case p: PivotFirst =>
      Column.merged(
        Column.through(nested(p.valueColumn), Use(Subtype.Aggregation)),
        indirect(Seq(p.pivotColumn), Subtype.Conditional)
      )
    case f => Column.through(all(f.children), Use(Subtype.Aggregation, ExpressionInputs.masks(f)))
  }

  private def common(definitions: Seq[(Any, Expression)])(child: => Column.Inputs): Column.Inputs = {
    val before = defined
    definitions.foreach { case (id, e) => defined = defined.updated(id, nested(e)) }
    try child
    finally defined = before
  }
  private var defined = Map.empty[Any, Column.Inputs]

  private def transformed(e: Expression, arguments: Seq[Expression]): Column.Inputs =
    Column.through(all(arguments), Use(Subtype.Transformation, ExpressionInputs.masks(e)))

  private def windowed(w: WindowExpression): Column.Inputs = {
    val spec = w.windowSpec.partitionSpec ++ w.windowSpec.orderSpec
    val function = w.windowFunction match {
      case r: RankLike => indirect(r.children, Subtype.Window)
      case f => uses(f)
    }
    Column.merged(function, indirect(spec, Subtype.Window))
  }

  private def plan(p: PlanExpression[_]): Column.Inputs = p.plan match {
    case logical: LogicalPlan => Column.through(subquery(logical), Use(Subtype.Transformation))
    case _ => Column.NoInputs
  }
}

object ExpressionInputs {
  private val MostDepth = 200

  // One-way functions: who sees the output does not see the input. As OpenLineage has it, counting is one.
  private val masking = Set(
    "Md5",
    "Sha1",
    "Sha2",
    "Crc32",
    "Murmur3Hash",
    "XxHash64",
    "HiveHash",
    "CollationAwareMurmur3Hash",
    "CollationAwareXxHash64",
    "Mask",
    "AesEncrypt",
    "TryAesEncrypt",
    "Count",
    "CountDistinct",
    "HyperLogLogPlusPlus",
    "HllSketchAgg",
    "BitmapConstructAgg",
    "CountMinSketchAgg",
    "BloomFilterAggregate",
    "RegrCount",
    "CountIf"
  )

  def masks(e: Expression): Boolean = masking(e.getClass.getSimpleName)
}
