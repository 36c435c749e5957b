package io.sparklineage.emit

import java.util.concurrent.ArrayBlockingQueue
import java.util.concurrent.atomic.AtomicLong

import io.sparklineage.model.{Gap, Observation}

/** The observations of this JVM on their way to the Python half: a bounded queue that never waits.
  *
  * What does not fit is dropped and counted; the next `drain` hands the count over as a gap.
  */
final class Observations(capacity: Int = 10000) {
  private val queue = new ArrayBlockingQueue[Observation](capacity)
  private val dropped = new AtomicLong()

  /** Takes the observation if there is room. False if it was dropped. */
  def offer(observation: Observation): Boolean = {
    val taken = queue.offer(observation)
    if (!taken) dropped.incrementAndGet()
    taken
  }

  /** Something was not observed. */
  def gap(what: String, why: String, dataset: Option[String] = None): Unit = {
    offer(Gap(what, why, dataset))
    ()
  }

  def size: Int = queue.size

  /** Everything taken since the last call, oldest first, one JSON document per line; empty if there is nothing. */
  def drain(limit: Int = Int.MaxValue): String = {
    val taken = new java.util.ArrayList[Observation]()
    queue.drainTo(taken, limit)
    val lines = new java.lang.StringBuilder()
    taken.forEach(observation => append(lines, observation))
    val lost = dropped.getAndSet(0)
    if (lost > 0) append(lines, Gap("observations", s"$lost were dropped: the queue of $capacity was full"))
    lines.toString
  }

  private def append(lines: java.lang.StringBuilder, observation: Observation): Unit = {
    lines.append(Wire.line(observation)).append('\n')
    ()
  }
}

/** The queue of this JVM: one driver, one queue, whoever makes the observation. */
object Observations {
  private val ours = new Observations()

  def offer(observation: Observation): Boolean = ours.offer(observation)

  def gap(what: String, why: String, dataset: Option[String] = None): Unit = ours.gap(what, why, dataset)

  def drain(): String = ours.drain()
}
