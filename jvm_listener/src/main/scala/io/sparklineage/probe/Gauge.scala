package io.sparklineage.probe

import java.util.Arrays

import io.sparklineage.Guard
import org.apache.spark.TaskContext

/**
 * What one probe has seen of one partition so far. Generated code writes into the arrays.
 *
 * Nothing is published before `start`: a fused union sets up every branch in every task but runs one.
 */
final class Gauge private[probe] (layout: Layout, publish: PartitionMeasures => Unit) {
  val longs: Array[Long] = layout.newLongs()
  val doubles: Array[Double] = layout.newDoubles()
  val sampler: Sampler = if (layout.sampling) layout.newSampler() else null
  private val keys: Array[Keys] = if (layout.asked.exists(_.unique)) newKeys() else null
  private var drained = false
  private var below: Gauge = _
  private var slots: SharedSlots = _

  /** The input came to its end; a limit did not stop it. */
  def exhausted(): Unit = drained = true

  /** Some of what this one would count is counted by `lower`, that sees the same rows. */
  def link(lower: Gauge, shared: SharedSlots): Unit = {
    below = lower
    slots = shared
  }

  private def newKeys(): Array[Keys] = {
    val task = TaskContext.get()
    val limit = Keys.limit(layout.mostKeys, if (task == null) 1 else task.numPartitions())
    layout.asked.map(asking => if (asking.unique) new Keys(limit) else null)
  }

  /** The keys that the question asks about. */
  def keysOf(question: Int): Keys = keys(question)

  private def settle(): Unit = if (below != null) {
    below.settle()
    slots.copy(below.longs, longs)
    below = null
  }

  /** From now on the end of the task publishes what was seen of partition `index`. */
  def start(index: Int): Unit = {
    val task = TaskContext.get()
    if (task != null) {
      task.addTaskCompletionListener[Unit] { (_: TaskContext) =>
        // The task is over and its result stands: losing a measurement must not fail it.
        Guard.run("probe publish")(publish(measures(index)))
      }
    }
  }

  private def seenKeys: Array[KeysSeen] =
    if (keys == null) null else keys.map(each => if (each == null) null else each.seen)

  private[probe] def measures(index: Int): PartitionMeasures = {
    settle()
    val sampled = if (sampler == null) Array.empty[SampledRow] else sampler.seen(new Rendering(layout))
    new PartitionMeasures(index, drained, longs, doubles, sampled, seenKeys)
  }
}

/** Which slot of a lower gauge holds what a slot of the upper one would. */
final class SharedSlots private[probe] (pairs: Seq[(Int, Int)]) extends Serializable {
  private val mine = pairs.map(_._1).toArray
  private val theirs = pairs.map(_._2).toArray

  def copy(from: Array[Long], to: Array[Long]): Unit = mine.indices.foreach(i => to(mine(i)) = from(theirs(i)))
}

/** What a finished task has seen of partition `index` of the probe's input. */
final private[probe] class PartitionMeasures(
    val index: Int,
    val exhausted: Boolean,
    val longs: Array[Long],
    val doubles: Array[Double],
    val sample: Array[SampledRow],
    val keys: Array[KeysSeen]
) extends Serializable {

  /** The partition was computed again and gave the same. */
  def sameAs(other: PartitionMeasures): Boolean =
    exhausted == other.exhausted && Arrays.equals(longs, other.longs) && Arrays.equals(doubles, other.doubles)

  def withoutTexts: PartitionMeasures = withSample(sample.map(_.copy(values = null)))

  def withTexts(texts: java.util.Map[Long, SampledRow]): PartitionMeasures = withSample(sample.map { row =>
    val text = texts.get(row.key)
    if (text != null && text.mix == row.mix) row.copy(values = text.values) else row
  })

  private def withSample(rows: Array[SampledRow]) = new PartitionMeasures(index, exhausted, longs, doubles, rows, keys)
}

/** Goes to the executors: opens a gauge for each partition, and takes what it has seen back to the driver. */
final class ProbeHandle private[probe] (private[probe] val layout: Layout, accumulator: ProbeAccumulator)
    extends Serializable {
  def open(): Gauge = new Gauge(layout, accumulator.add)
}
