package io.sparklineage.probe

import java.util.Arrays

import io.sparklineage.Guard
import org.apache.spark.TaskContext
import org.apache.spark.sql.catalyst.expressions.XXH64
import org.apache.spark.sql.types.Decimal
import org.apache.spark.unsafe.Platform
import org.apache.spark.unsafe.types.UTF8String

/**
 * What one probe has seen of one partition so far. Generated code adds the hashes of columns to the arrays; what is the
 * same for all probes is done here, where it is compiled once and not for each query.
 *
 * Nothing is published before `start`: a fused union sets up every branch in every task but runs one.
 *
 * After a fault the gauge is off: it looks at no more rows of its partition, and at the end of the task it publishes
 * the fault in place of what it has seen. Who calls `row`, `keep`, `sketch` or `hash` catches what they throw, and calls `fail`; no other
 * public method throws a fault of ours.
 */
final class Gauge private[probe] (layout: Layout, publish: PartitionMeasures => Unit) {
  private var summedLongs: Array[Long] = _
  private var summedDoubles: Array[Double] = _
  private var sampledRows: Sampler = _
  private var wanted = false
  private var keys: Array[Keys] = _
  private var drained = false
  private var started = false
  private var fault: GaugeFault = _

  private var below: Gauge = _
  private var slots: SharedSlots = _

  /** Null in a gauge that is off, as the other two: then nobody may look. */
  def longs: Array[Long] = summedLongs
  def doubles: Array[Double] = summedDoubles

  /** Whether a fault has ended the look at this partition. */
  def isOff: Boolean = fault != null

  /**
   * To be called where the partition begins to be read, any number of times.
   *
   * @param lower  the gauge whose hashes are used, or null
   * @param shared what is the same in both, if `lower` sees the same rows, and is not added up here; else null
   */
  def begin(index: Int, lower: Gauge, shared: SharedSlots): Unit = if (!started) {
    started = true
    below = lower
    slots = shared
    start(index)
  }

  /** Whether rows are looked at. They are not once the gauge below is off, whose hashes this one uses. */
  def looks: Boolean = {
    if (fault == null && below != null && below.fault != null) fault = below.fault
    fault == null
  }

  /** Counts a row, where nothing else is to be done. */
  def count(): Unit = if (fault == null) summedLongs(Layout.Rows) += 1

  /**
   * All columns of a row have been looked at.
   *
   * @param row its hash
   * @param key of the sample
   * @return true: the row is to be kept in the sample, by `keep`
   */
  def row(row: Long, key: Long): Boolean = {
    if (slots == null) summedLongs(Layout.Rows) += 1
    if (layout.rowFingerprint.isDefined) {
      summedLongs(Layout.RowA) += Mixing.mixA(row)
      summedLongs(Layout.RowB) += Mixing.mixB(row)
    }
    wanted = sampledRows != null && key <= sampledRows.threshold && sampledRows.admit(key, row)
    wanted
  }

  /** Puts the row into the sample, if the last call of `row` has said so. */
  private[probe] def keep(row: KeptRow): Unit = if (fault == null && wanted) {
    val values = new Array[Any](layout.columns.length)
    var i = 0
    while (i < values.length) {
      values(i) = row(layout.columns(i).ordinal)
      i += 1
    }
    sampledRows.keep(values)
    wanted = false
  }

  /** Values that are not finite have no place in the sketch: they would leave nothing of it. */
  def sketch(column: Int, number: Double, negative: Boolean): Unit =
    if (number.isNaN) summedLongs(layout.nans(column)) += 1
    else if (math.abs(number) <= Double.MaxValue) {
      val at = layout.sketch(column)
      summedDoubles(at) += number
      summedDoubles(at + 1) += number * number
      summedDoubles(at + 2) += (if (negative) -number else number)
    }

  // The hashes of values, as Spark's `xxhash64` has them. Of the two zeros, which are equal, the sum is the positive one.
  def hash(value: Long): Long = XXH64.hashLong(value, Mixing.Seed)
  def hash(value: Int): Long = XXH64.hashInt(value, Mixing.Seed)
  def hash(value: Boolean): Long = hash(if (value) 1 else 0)
  def hash(value: Double): Long = hash(java.lang.Double.doubleToLongBits(value + 0.0))
  def hash(value: Float): Long = hash(java.lang.Float.floatToIntBits(value + 0.0f))
  def hash(value: UTF8String): Long =
    XXH64.hashUnsafeBytes(value.getBaseObject, value.getBaseOffset, value.numBytes, Mixing.Seed)
  def hash(value: Array[Byte]): Long =
    XXH64.hashUnsafeBytes(value, Platform.BYTE_ARRAY_OFFSET, value.length, Mixing.Seed)

  /** Of a type of more digits than a long has; the others are hashed as that. */
  def hash(value: Decimal): Long = hash(value.toJavaBigDecimal.unscaledValue.toByteArray)

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

  private[probe] def isDrained: Boolean = drained

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
      val sampled = if (sampledRows == null) Array.empty[SampledRow] else sampledRows.seen(new Rendering(layout))
      seen = new PartitionMeasures(index, drained, longs, doubles, sampled, seenKeys)
    }
    if (fault == null) seen else PartitionMeasures.failed(index, fault)
  }

  private def settle(): Unit = if (slots != null) {
    below.settle()
    if (below.isOff) fault = below.fault else slots.copy(below.longs, longs)
    slots = null
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
   * @return false: the look is over
   */
  def fail(what: String, error: Throwable): Boolean = {
    if (Guard.isStrict || !Guard.isFault(error)) throw error
    if (fault == null) fault = GaugeFault(what, Guard.describe(error))
    false
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

  def withoutTexts: PartitionMeasures = withSample(_.copy(values = null))

  def withTexts(texts: java.util.Map[Long, SampledRow]): PartitionMeasures = withSample { row =>
    val text = texts.get(row.key)
    if (text != null && text.mix == row.mix) row.copy(values = text.values) else row
  }

  // Not by `map`: for an array that takes the JVM's compiler a second or more, once it is called often.
  private def withSample(row: SampledRow => SampledRow): PartitionMeasures = {
    val rows = new Array[SampledRow](sample.length)
    var i = 0
    while (i < rows.length) {
      rows(i) = row(sample(i))
      i += 1
    }
    new PartitionMeasures(index, exhausted, longs, doubles, rows, keys, fault)
  }
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
