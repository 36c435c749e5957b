package io.sparklineage.probe

import org.apache.spark.sql.catalyst.expressions.{Attribute, ExprId}
import org.apache.spark.sql.catalyst.optimizer.BuildLeft
import org.apache.spark.sql.execution.{FilterExec, GenerateExec, ProjectExec, SparkPlan}
import org.apache.spark.sql.execution.joins.BroadcastHashJoinExec

/**
 * What a probe need not compute again, because a probe below it in the same codegen stage has looked at the
 * same row: hashes of columns passed through, the running hash of the first columns, and, where all rows of
 * the lower one reach the upper one, their sums.
 *
 * @param columns
 *   index of a column in the upper layout -> its index in the lower one
 * @param sameRows
 *   nothing between the two drops or repeats rows
 */
final private[probe] class Sharing(lower: Layout, upper: Layout, passed: Set[ExprId], val sameRows: Boolean)
    extends Serializable {

  val columns: Map[Int, Int] = {
    val below = lower.columns.indices.filter(lower.columns(_).hashable).map(i => lower.columns(i).exprId -> i).toMap
    upper.columns.indices.flatMap { i =>
      val column = upper.columns(i)
      below.get(column.exprId)
        .filter(j => column.hashable && passed(column.exprId) && lower.columns(j).dataType == column.dataType)
        .map(i -> _)
    }.toMap
  }

  /** So many first columns are the same in both, in the same order, and none of them is a float. */
  val prefix: Int = {
    val common = math.min(upper.exact, lower.exact)
    (0 until common).find(i => !columns.get(i).contains(i)).getOrElse(common)
  }

  /** Sum and nulls of this column of the upper probe are those of the lower one. */
  def summed(column: Int): Boolean = sameRows && columns.contains(column) && !upper.columns(column).floating

  /** (slot of the upper gauge, slot of the lower gauge) of what is the same in both. */
  def slots: Seq[(Int, Int)] =
    if (!sameRows) Nil
    else (Layout.Rows, Layout.Rows) +: columns.toSeq.filter { case (i, _) => summed(i) }.flatMap { case (i, j) =>
      Seq(upper.sums(i) -> lower.sums(j), upper.nulls(i) -> lower.nulls(j))
    }

  private def keyed(column: Int): Boolean = upper.keyed && upper.key.contains(column)

  /** Whether the upper probe has to touch the column for every row. */
  def needed(column: Int): Boolean = !summed(column) || column >= prefix || keyed(column)

  /** What the lower probe has to keep for the upper one and for those above that. */
  def asks(above: KeptHashes): KeptHashes = {
    val own = columns.filter { case (i, _) => needed(i) }.values.toSet
    val forAbove = above.hashes.flatMap(columns.get)
    KeptHashes(own ++ forAbove, Set(prefix) ++ above.folds.filter(_ <= prefix))
  }
}

/** What a probe is asked to keep of each row: column hashes, and running hashes before a column. */
final private[probe] case class KeptHashes(hashes: Set[Int], folds: Set[Int])

private[probe] object Sharing {
  val Nothing: KeptHashes = KeptHashes(Set.empty, Set.empty)

  /** The nearest probe below, whether all its rows come here unchanged in number, and the attributes that do. */
  final case class Below(probe: ProbeExec, passed: Set[ExprId], sameRows: Boolean)

  /**
   * Walks down operators that, within one codegen stage, hand on a row while the one below still stands. An
   * attribute is passed only if every projection on the way names it as it is.
   */
  def below(plan: SparkPlan): Option[Below] = plan match {
    case probe: ProbeExec if probe.specs.head.counting.isDefined => None // it has no hashes
    case probe: ProbeExec => Some(Below(probe, probe.output.map(_.exprId).toSet, sameRows = true))
    case ProjectExec(list, child) =>
      val named = list.collect { case attribute: Attribute => attribute.exprId }.toSet
      below(child).map(found => found.copy(passed = found.passed & named))
    case filter: FilterExec => below(filter.child).map(_.copy(sameRows = false))
    case generate: GenerateExec => below(generate.child).map(_.copy(sameRows = false))
    case join: BroadcastHashJoinExec =>
      below(if (join.buildSide == BuildLeft) join.right else join.left).map(_.copy(sameRows = false))
    case _ => None
  }
}
