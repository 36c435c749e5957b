package io.sparklineage.probe

import scala.collection.mutable

import io.sparklineage.model.Probed

/** The measurements of this driver that have something new to tell. */
object Probes {

  /** Executions whose end was never told: the oldest are forgotten. */
  private val MaxOpen = 1000

  // Held strongly only until they were told: afterwards a measurement lives as long as its plan.
  private val news = mutable.LinkedHashSet.empty[Measurement]
  private val open = mutable.LinkedHashMap.empty[Long, mutable.LinkedHashSet[Measurement]]

  private[probe] def begun(measurement: Measurement, execution: Option[Long]): Unit = synchronized {
    execution.foreach { id =>
      open.getOrElseUpdate(id, mutable.LinkedHashSet.empty) += measurement
      if (open.size > MaxOpen) open -= open.head._1
    }
  }

  private[probe] def changed(measurement: Measurement): Unit = synchronized(news += measurement)

  /** A SQL execution has ended: its measurements are as complete as they will be. */
  def ended(execution: Long, failed: Boolean): Unit = {
    val closed = synchronized(open.remove(execution)).getOrElse(Nil)
    closed.foreach { measurement =>
      measurement.end(failed)
      changed(measurement)
    }
  }

  /** Measurements that changed since the last call; a later one of the same instance replaces the earlier. */
  def snapshot(): Seq[Probed] = {
    val told = synchronized {
      val all = news.toSeq
      news.clear()
      all
    }
    told.flatMap(_.probed())
  }
}
