package io.sparklineage.boundary

import scala.util.control.NonFatal

import org.apache.spark.sql.catalyst.expressions.{Attribute, DynamicPruning, Expression, IsNotNull}
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan

import io.sparklineage.Guard
import io.sparklineage.model.{NeedlessFilter, Storage}

/**
 * A filter that was pushed below a boundary.
 *
 * @param sql     for people
 * @param needless where it drops no row if a column of a source has no NULL: which one
 */
final case class PushedFilter(sql: String, needless: Option[NeedlessFilter])

object PushedFilters {
  private val Longest = 500

  /** @param plan what the filter is pushed into */
  def of(condition: Expression, plan: LogicalPlan): PushedFilter = {
    val text = sql(condition)
    val column = condition match {
      case IsNotNull(attribute: Attribute) =>
        Guard.value("needless filter", Option.empty[(Storage, String)])(SourceColumns.of(attribute, plan))
      case _ => None
    }
    PushedFilter(
      text,
      column.map { case (storage, name) =>
        NeedlessFilter(text, storage.namespace, storage.name, storage.files.getOrElse(""), name)
      }
    )
  }

  /** Those of which every one with the same text may be needless: the text alone does not tell them apart. */
  def needless(filters: Seq[PushedFilter]): Seq[NeedlessFilter] =
    filters.distinct.groupBy(_.sql).values.filter(_.forall(_.needless.isDefined)).flatMap(_.flatMap(_.needless)).toSeq

  private def sql(condition: Expression): String = condition match {
    case _: DynamicPruning => "dynamic partition pruning"
    case other =>
      val text =
        try other.sql
        catch { case NonFatal(_) => other.toString }
      if (text.length <= Longest) text else text.take(Longest) + "..."
  }
}
