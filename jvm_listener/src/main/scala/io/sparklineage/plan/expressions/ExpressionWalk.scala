package io.sparklineage.plan.expressions

import scala.collection.mutable

import org.apache.spark.sql.catalyst.expressions.Expression

/** Walks through expressions without recursion: a condition that a loop puts together has thousands of levels. */
object ExpressionWalk {

  /** The expression and all in it, from the left, each before its children. */
  def nodes(e: Expression): Seq[Expression] = {
    val found = Seq.newBuilder[Expression]
    val open = mutable.Stack(e)
    while (open.nonEmpty) {
      val next = open.pop()
      found += next
      open.pushAll(next.children.reverse)
    }
    found.result()
  }
}
