package io.sparklineage.probe

import scala.collection.mutable

import io.sparklineage.Guard
import io.sparklineage.emit.Observations
import io.sparklineage.model.Probed

/** The measurements of this driver that have something new to tell. */
object Probes {

  /** The parts that run where the rows are; their faults arrive with what the tasks have seen. */
  private val AmongRows =
    Seq("probe open", "probe start", "probe look", "probe iterator", "probe measures", "probe publish", "probe merge")

  /** False once a part that every probe needs has been switched off: then no query gets a probe any more. */
  def areOn: Boolean = AmongRows.forall(Guard.allows)

  /** Executions whose end was never told: the oldest are forgotten. */
  private val MaxOpen = 1000

  /** Measurements that wait to be told while nobody asks: the oldest are not told. */
  private[probe] val MaxNews = 10000

  // Held strongly only until they were told: afterwards a measurement lives as long as its plan.
  private val news = mutable.LinkedHashSet.empty[Measurement]
  private val open = mutable.LinkedHashMap.empty[Long, mutable.LinkedHashSet[Measurement]]
  private var untold = 0L

  private[probe] def begun(measurement: Measurement, execution: Option[Long]): Unit = synchronized {
    execution.foreach { id =>
      open.getOrElseUpdate(id, mutable.LinkedHashSet.empty) += measurement
      if (open.size > MaxOpen) open -= open.head._1
    }
  }

  private[probe] def changed(measurement: Measurement): Unit = synchronized {
    news += measurement
    if (news.size > MaxNews) {
      news -= news.head
      untold += 1
    }
  }

  /** A SQL execution has ended: its measurements are as complete as they will be. */
  def ended(execution: Long, failed: Boolean): Unit = {
    val closed = synchronized(open.remove(execution)).getOrElse(Nil)
    closed.foreach { measurement =>
      measurement.end(execution, failed)
      changed(measurement)
    }
  }

  /**
   * Measurements that changed since the last call, those that changed first at most `limit` of them; a later one of the
   * same instance replaces the earlier.
   */
  def snapshot(limit: Int = Int.MaxValue): Seq[Probed] = {
    val (told, lost) = synchronized {
      val first = news.take(limit).toSeq
      news --= first
      val missed = untold
      untold = 0
      (first, missed)
    }
    if (lost > 0) Observations.gap("measurements", s"$lost were dropped: more than $MaxNews waited to be told")
    told.flatMap(measurement => Guard.value("probe facts", withoutFacts(measurement))(measurement.probed()))
  }

  private def withoutFacts(measurement: Measurement): Seq[Probed] = {
    SteppedAside.afterFault(measurement.spec.ids)
    Nil
  }

  /** How many measurements this object holds. */
  private[sparklineage] def held: Int = synchronized(news.size + open.values.map(_.size).sum)
}
