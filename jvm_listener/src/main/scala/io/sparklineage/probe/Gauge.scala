package io.sparklineage.probe

import java.util.Arrays

import io.sparklineage.Guard
import org.apache.spark.TaskContext

/**
 * What one probe has seen of one partition so far. Generated code writes into the arrays.
 *
 * Nothing is published before `start`: a fused union sets up every branch in every task but runs one.
 *
 * None of its public methods throws a fault of ours. After a fault the gauge is off: it looks at no more rows of its
 * partition, and at the end of the task it publishes the fault in place of what it has seen.
 */
final class Gauge private[probe] (layout: Layout, publish: PartitionMeasures => Unit) {
  private var summedLongs: Array[Long] = _
  private var summedDoubles: Array[Double] = _
  private var sampledRows: Sampler = _
  private var keys: Array[Keys] = _
  private var drained = false
  private var below: Gauge = _
  private var slots: SharedSlots = _
  private var fault: GaugeFault = _

  /** Null in a gauge that is off, as the other two: then nobody may look. */
  def longs: Array[Long] = summedLongs
  def doubles: Array[Double] = summedDoubles

  /** Null also where nothing is sampled. */
  def sampler: Sampler = sampledRows

  /** Whether a fault has ended the look at this partition. */
  def isOff: Boolean = fault != null

  private[probe] def prepare(): Unit = guarded("probe open") {
    summedLongs = layout.newLongs()
    summedDoubles = layout.newDoubles()
    if (layout.sampling) sampledRows = layout.newSampler()
    if (layout.asked.exists(_.unique)) keys = newKeys()
  }

  private def newKeys(): Array[Keys] = {
    val task = TaskContext.get()
    val limit = Keys.limit(layout.mostKeys, if (task == null) 1 else task.numPartitions())
    layout.asked.map(question => if (question.unique) new Keys(limit) else null)
  }

  /** The input came to its end; a limit did not stop it. */
  def exhausted(): Unit = drained = true

  /** `lower` sees the same rows: its counts are copied for the slots in `shared`, which this gauge does not fill. */
  def link(lower: Gauge, shared: SharedSlots): Unit = {
    below = lower
    slots = shared
  }

  /** The keys that the question asks about. */
  def keysOf(question: Int): Keys = keys(question)

  /** From now on the end of the task publishes what was seen of partition `index`. */
  def start(index: Int): Unit =
    try {
      Guard.enter("probe start")
      val task = TaskContext.get()
      if (task != null) task.addTaskCompletionListener[Unit]((_: TaskContext) => end(index))
    } catch {
      case error: Throwable =>
        fail("probe start", error)
        tell(PartitionMeasures.failed(index, fault))
    }

  // The task is over and its result stands: losing a measurement must not fail it.
  private def end(index: Int): Unit = tell(measures(index))

  private def tell(measures: PartitionMeasures): Unit = {
    val told = Guard.value("probe publish", false) { publish(measures); true }
    if (!told) Guard.run("probe publish fault") {
      publish(PartitionMeasures.failed(measures.index, GaugeFault("probe publish", "it could not be published")))
    }
  }

  /** What was seen of partition `index`, or the fault that ended the look. */
  private[probe] def measures(index: Int): PartitionMeasures = {
    var seen: PartitionMeasures = null
    guarded("probe measures") {
      settle()
      val sampled = if (sampler == null) Array.empty[SampledRow] else sampler.seen(new Rendering(layout))
      seen = new PartitionMeasures(index, drained, longs, doubles, sampled, seenKeys)
    }
    if (fault == null) seen else PartitionMeasures.failed(index, fault)
  }

  private def settle(): Unit = if (below != null) {
    below.settle()
    if (below.isOff) fault = below.fault else slots.copy(below.longs, longs)
    below = null
  }

  private def seenKeys: Array[KeysSeen] =
    if (keys == null) null else keys.map(ofQuestion => if (ofQuestion == null) null else ofQuestion.seen)

  private def guarded(what: String)(body: => Unit): Unit =
    if (fault == null)
      try {
        Guard.enter(what)
        body
      } catch { case error: Throwable => fail(what, error) }

  /**
   * Ends the look at this partition after a fault of the part called `what`; what is no fault of ours is thrown again.
   * Generated code calls it from its `catch`.
   *
   * @return true: the gauge is off
   */
  def fail(what: String, error: Throwable): Boolean = {
    if (Guard.isStrict || !Guard.isFault(error)) throw error
    if (fault == null) fault = GaugeFault(what, Guard.describe(error))
    true
  }

  /** The probe below, whose hashes this one uses, is off. */
  def failBelow(lower: Gauge): Boolean = {
    if (fault == null) fault = lower.fault
    true
  }
}

/** A fault of ours on an executor, on its way to the driver. `why` is one line of text. */
final private[probe] case class GaugeFault(what: String, why: String)

/** Which slot of a lower gauge holds what a slot of the upper one would. */
final class SharedSlots private[probe] (pairs: Seq[(Int, Int)]) extends Serializable {
  private val mine = pairs.map(_._1).toArray
  private val theirs = pairs.map(_._2).toArray

  def copy(from: Array[Long], to: Array[Long]): Unit = mine.indices.foreach(i => to(mine(i)) = from(theirs(i)))
}

/**
 * What a finished task has seen of partition `index` of the probe's input.
 *
 * @param fault null, or what ended the look at the partition: then nothing else here means anything
 */
final private[probe] class PartitionMeasures(
    val index: Int,
    val exhausted: Boolean,
    val longs: Array[Long],
    val doubles: Array[Double],
    val sample: Array[SampledRow],
    val keys: Array[KeysSeen],
    val fault: GaugeFault = null
) extends Serializable {

  /** The partition was computed again and gave the same. */
  def sameAs(other: PartitionMeasures): Boolean =
    exhausted == other.exhausted && Arrays.equals(longs, other.longs) && Arrays.equals(doubles, other.doubles)

  def withoutTexts: PartitionMeasures = withSample(sample.map(_.copy(values = null)))

  def withTexts(texts: java.util.Map[Long, SampledRow]): PartitionMeasures = withSample(sample.map { row =>
    val text = texts.get(row.key)
    if (text != null && text.mix == row.mix) row.copy(values = text.values) else row
  })

  private def withSample(rows: Array[SampledRow]) =
    new PartitionMeasures(index, exhausted, longs, doubles, rows, keys, fault)
}

private[probe] object PartitionMeasures {

  /** In the place of what was seen of a partition. */
  def failed(index: Int, fault: GaugeFault): PartitionMeasures =
    new PartitionMeasures(index, false, Array.empty, Array.empty, Array.empty, null, fault)
}

/** Goes to the executors: opens a gauge for each partition, and takes what it has seen back to the driver. */
final class ProbeHandle private[probe] (private[probe] val layout: Layout, accumulator: ProbeAccumulator)
    extends Serializable {

  /** Never throws: after a fault of ours the gauge is off from the start. */
  def open(): Gauge = {
    val gauge = new Gauge(layout, accumulator.add)
    gauge.prepare()
    gauge
  }
}
