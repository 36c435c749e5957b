package io.sparklineage.boundary

import scala.util.control.NonFatal

import org.apache.spark.sql.catalyst.expressions.{DynamicPruning, Expression}

/** Filters that were pushed below a boundary, as SQL for people. */
object PushedFilters {
  private val Longest = 500

  def sql(condition: Expression): String = condition match {
    case _: DynamicPruning => "dynamic partition pruning"
    case other =>
      val text =
        try other.sql
        catch { case NonFatal(_) => other.toString }
      if (text.length <= Longest) text else text.take(Longest) + "..."
  }
}
