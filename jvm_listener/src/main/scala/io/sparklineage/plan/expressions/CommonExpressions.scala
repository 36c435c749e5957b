package io.sparklineage.plan.expressions

import io.sparklineage.plan.Reflected

import org.apache.spark.sql.catalyst.expressions.Expression

/** `x BETWEEN a AND b`, `nullif(x, y)`: Spark 4 defines an expression that is used several times once, and refers to it. */
private[plan] object CommonExpressions {

  /** The definitions by their ids, and the expression over them. */
  object With {
    def unapply(e: Expression): Option[(Seq[(Any, Expression)], Expression)] =
      if (e.getClass.getSimpleName != "With") None
      else
        Reflected.value(e, "defs").collect { case all: Seq[_] =>
          all.collect { case d: Expression => id(d).map(_ -> d.children.head) }.flatten -> e.children.head
        }
  }

  object Ref {
    def unapply(e: Expression): Option[Any] = if (e.getClass.getSimpleName == "CommonExpressionRef") id(e) else None
  }

  private def id(e: Expression): Option[Any] = Reflected.value(e, "id")
}
