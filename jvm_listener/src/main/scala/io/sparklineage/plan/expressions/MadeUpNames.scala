package io.sparklineage.plan.expressions

import org.apache.spark.sql.catalyst.expressions.{CreateNamedStruct, Expression, Literal}
import org.apache.spark.unsafe.types.UTF8String

/** Names that Spark's libraries make up anew in each run, without what is random in them. */
private[plan] object MadeUpNames {

  // VectorAssembler casts a column to double, and calls it by the column's name and its own random id.
  private val Assembled = "(?s)(.+_double_VectorAssembler)_[0-9a-f]{12}".r

  def steady(name: String): String = name match {
    case Assembled(kept) => kept
    case other => other
  }

  /** The children of an expression, where those that name the fields of a struct are the same in each run. */
  def childrenOf(expression: Expression): Seq[Expression] = expression match {
    case struct: CreateNamedStruct =>
      struct.nameExprs.map(steady).zip(struct.valExprs).flatMap { case (name, value) => Seq(name, value) }
    case other => other.children
  }

  private def steady(name: Expression): Expression = name match {
    case Literal(text: UTF8String, kind) => Literal(UTF8String.fromString(steady(text.toString)), kind)
    case other => other
  }
}
