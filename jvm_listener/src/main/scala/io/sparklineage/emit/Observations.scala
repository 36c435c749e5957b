package io.sparklineage.emit

import java.util.concurrent.ArrayBlockingQueue
import java.util.concurrent.atomic.AtomicLong

import io.sparklineage.model.{Fragment, Gap, Observation, Probed}

/** The observations of this JVM on their way to the Python half: a bounded queue that never waits.
  *
  * It holds at most `capacity` observations, and at most `values` values in them: those of a wide table hold thousands.
  * What does not fit is dropped and counted; the next `drain` hands the count over as a gap.
  */
final class Observations(capacity: Int = 10000, values: Long = 1000000L) {
  private val queue = new ArrayBlockingQueue[Observation](capacity)
  private val held = new AtomicLong()
  private val dropped = new AtomicLong()

  /** Takes the observation if there is room. False if it was dropped. */
  def offer(observation: Observation): Boolean = {
    val weight = Observations.weight(observation)
    val fits = held.addAndGet(weight) <= values || queue.isEmpty
    val taken = fits && queue.offer(observation)
    if (!taken) {
      held.addAndGet(-weight)
      dropped.incrementAndGet()
    }
    taken
  }

  /** Something was not observed. */
  def gap(what: String, why: String, dataset: Option[String] = None): Unit = {
    offer(Gap(what, why, dataset))
    ()
  }

  def size: Int = queue.size

  /**
   * The oldest observations, at most `limit` of them and no more once they have `characters` characters, one JSON
   * document per line. Empty if there is nothing.
   */
  def drain(limit: Int = Int.MaxValue, characters: Int = Int.MaxValue): String = {
    val lines = new java.lang.StringBuilder()
    var left = limit
    while (left > 0 && lines.length < characters) poll() match {
      case Some(observation) =>
        left -= 1
        append(lines, observation)
      case None => left = 0
    }
    val lost = dropped.getAndSet(0)
    if (lost > 0)
      append(lines, Gap("observations", s"$lost were dropped: $capacity observations or $values values waited"))
    lines.toString
  }

  /** The oldest observations as they are, at most `limit` of them. */
  def take(limit: Int): Seq[Observation] =
    Iterator.continually(poll()).take(limit).takeWhile(_.isDefined).toVector.flatten

  private def poll(): Option[Observation] = {
    val observation = Option(queue.poll())
    observation.foreach(seen => held.addAndGet(-Observations.weight(seen)))
    observation
  }

  private def append(lines: java.lang.StringBuilder, observation: Observation): Unit = {
    lines.append(Wire.line(observation)).append('\n')
    ()
  }
}

/** The queue of this JVM: one driver, one queue, whoever makes the observation. */
object Observations {
  private val ours = new Observations()

  /** What one call of `drain` hands over at most: a message that neither half has to hold much memory for. */
  private val ChunkLimit = 1000
  private val ChunkCharacters = 500000

  def offer(observation: Observation): Boolean = ours.offer(observation)

  def gap(what: String, why: String, dataset: Option[String] = None): Unit = ours.gap(what, why, dataset)

  def size: Int = ours.size

  def take(limit: Int): Seq[Observation] = ours.take(limit)

  /** The next chunk; who wants everything calls again until it is empty. */
  def drain(): String = ours.drain(ChunkLimit, ChunkCharacters)

  /** About how many values it holds. */
  private def weight(observation: Observation): Long = observation match {
    case probed: Probed =>
      1L + probed.columns.size + probed.sample.fold(0L)(sample => sample.rows.size.toLong * sample.columns.size)
    case fragment: Fragment =>
      1L + fragment.columns.size + fragment.definitions.iterator.map(_.inputs.size + 1L).sum
    case _ => 1L
  }
}
