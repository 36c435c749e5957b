package io.sparklineage.plan.rows

import io.sparklineage.model.ColumnNote
import io.sparklineage.plan.expressions.ExpressionText
import io.sparklineage.privacy.Redaction

import org.apache.spark.sql.catalyst.expressions._
import org.apache.spark.sql.catalyst.expressions.aggregate.{AggregateExpression, Average}
import org.apache.spark.sql.catalyst.plans.logical._
import org.apache.spark.sql.types._

/** Finds what the expressions of a fragment's columns do not show reliably as text: see [[ColumnNote]]. */
final private[plan] class ColumnNotes(origins: AttributeOrigins, nodes: Seq[LogicalPlan]) {

  def of(root: LogicalPlan): Seq[ColumnNote] = root.output.flatMap(column) ++ averages

  private def column(a: Attribute): Seq[ColumnNote] = {
    val whole = plain(origins.expanded(a))
    (literal(a.name, whole) ++ cast(a.name, whole) ++ filled(a.name, whole)).toSeq
  }

  private def plain(e: Expression): Expression = e.transform { case r: RuntimeReplaceable => r.replacement }

  private def literal(name: String, e: Expression): Option[ColumnNote] =
    if (e.references.isEmpty && e.deterministic && e.foldable) Some(note("literal", name, e, None)) else None

  private def note(kind: String, name: String, e: Expression, input: Option[(String, String)]): ColumnNote =
    ColumnNote(kind, name, Redaction.named(name, ExpressionText.byName(e)), input)

  private def cast(name: String, e: Expression): Option[ColumnNote] =
    if (ColumnNotes.parses(e) && ColumnNotes.strict(e)) single(e).map(input => note("cast", name, e, Some(input)))
    else None

  /** The input column of an expression that uses exactly one. */
  private def single(e: Expression): Option[(String, String)] = e.references.toSeq match {
    case Seq(only) => origins.input(only)
    case _ => None
  }

  private def filled(name: String, e: Expression): Option[ColumnNote] =
    ColumnNotes.zeroFilled(e).map(value => note("filled", name, e, missing(value)))

  /** The input column that is NULL in exactly the rows where the value is NULL. */
  private def missing(value: Expression): Option[(String, String)] =
    if (ColumnNotes.strict(value) && !ColumnNotes.parses(value)) single(value) else None

  private def averages: Seq[ColumnNote] = for {
    node <- nodes.collect { case a: Aggregate => a }
    named <- node.aggregateExpressions
    average <- named.collect { case AggregateExpression(a: Average, _, _, _, _) => a.child }
    note <- averageNote(named.name, plain(origins.expanded(average)))
  } yield note

  private def averageNote(name: String, e: Expression): Option[ColumnNote] = {
    val zeros = ColumnNotes.uncast(e)
    ColumnNotes.zeroFilled(zeros).map(value => note("average_of_filled", name, e, missing(value))).orElse(zeros match {
      case a: Attribute => origins.input(a).map(input => note("average", name, e, Some(input)))
      case _ => None
    })
  }
}

private[plan] object ColumnNotes {

  /** Whether some part of the expression makes NULL of a value that cannot be read as another type. */
  def parses(e: Expression): Boolean = e.exists {
    case c: Cast => c.evalMode != EvalMode.ANSI && Cast.forceNullable(c.child.dataType, c.dataType)
    case g: GetTimestamp => !g.failOnError
    case other => other.prettyName.startsWith("try_")
  }

  /** Whether the expression is NULL exactly where one of its casts fails or its input is NULL. */
  def strict(e: Expression): Boolean = e match {
    case _: Attribute | _: Literal => true
    case _: Cast | _: GetTimestamp | _: BinaryArithmetic | _: String2TrimExpression | _: Upper | _: Lower | _: UnaryMinus |
        _: Round | _: Alias => e.children.forall(strict)
    case NaNvl(value, other) if isNull(uncast(other)) => strict(value) // as fillna has it
    case r: StringReplace => r.children.forall(strict)
    case other if other.prettyName.startsWith("regexp_replace") => other.children.forall(strict)
    case other if other.prettyName.startsWith("try_") && other.children.length <= 2 => other.children.forall(strict)
    case _ => false
  }

  def uncast(e: Expression): Expression = e match {
    case c: Cast => uncast(c.child)
    case Alias(child, _) => uncast(child)
    case k: KnownNotNull => uncast(k.child)
    case other => other
  }

  /** The `x` of `coalesce(x, 0)`, however the program wrote it. */
  def zeroFilled(e: Expression): Option[Expression] = uncast(e) match {
    case Coalesce(Seq(value, zero)) if isZero(uncast(zero)) && value.references.nonEmpty => Some(value)
    case If(IsNull(value), zero, other) if isZero(uncast(zero)) && uncast(other).semanticEquals(uncast(value)) =>
      Some(value)
    case CaseWhen(Seq((IsNull(value), zero)), Some(other))
        if isZero(uncast(zero)) && uncast(other).semanticEquals(uncast(value)) =>
      Some(value)
    case CaseWhen(Seq((IsNotNull(value), other)), Some(zero))
        if isZero(uncast(zero)) && uncast(other).semanticEquals(uncast(value)) =>
      Some(value)
    case _ => None
  }

  private def isNull(e: Expression): Boolean = e match {
    case Literal(null, _) => true
    case _ => false
  }

  private def isZero(e: Expression): Boolean = e match {
    case Literal(n: Number, _: NumericType) => n.doubleValue == 0.0
    case Literal(d: Decimal, _) => d.toDouble == 0.0
    case _ => false
  }
}
