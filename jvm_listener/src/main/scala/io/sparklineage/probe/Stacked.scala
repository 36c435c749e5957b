package io.sparklineage.probe

import org.apache.spark.sql.catalyst.expressions.ExprId

/**
 * The layouts of boundaries that see the same rows, the top one first, all over the same columns.
 *
 * @param sharings what each of them need not compute again, because the next one has
 */
final private[probe] class Stacked private (val layouts: IndexedSeq[Layout], val sharings: IndexedSeq[Sharing])
    extends Serializable {

  /** Of each but the lowest, as in `Gauge.begin`. */
  val slots: IndexedSeq[SharedSlots] = sharings.map(sharing => new SharedSlots(sharing.slots))

  /** The columns that one of them measures, each once, by their ordinals. */
  val columns: IndexedSeq[MeasuredColumn] = {
    val known = scala.collection.mutable.HashMap.empty[Int, MeasuredColumn]
    layouts.foreach(_.columns.foreach(column => known.getOrElseUpdate(column.ordinal, column)))
    known.values.toIndexedSeq.sortBy(_.ordinal)
  }

  /** So many ordinals there are, at most. */
  def ordinals: Int = columns.lastOption.fold(0)(_.ordinal + 1)

  def sampling: Boolean = layouts.exists(_.sampling)
}

private[probe] object Stacked {
  def apply(layouts: Seq[Layout]): Stacked = {
    val sharings = layouts.zip(layouts.drop(1)).map { case (upper, lower) =>
      new Sharing(lower, upper, lower.columns.iterator.map(_.exprId).toSet[ExprId], sameRows = true)
    }
    new Stacked(layouts.toIndexedSeq, sharings.toIndexedSeq)
  }
}
