package io.sparklineage.probe

import scala.collection.mutable.ArrayBuffer
import scala.util.control.NonFatal

import org.apache.spark.TaskKilledException
import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.execution.BufferedRowIterator

/**
 * The gauges of boundaries that see the same rows of one partition, in the order of `Stacked`. Throws no fault of ours, but
 * for `keep`, whose caller catches it and calls `fail`.
 */
final class Gauges private[probe] (stack: Stacked, all: Array[Gauge]) {

  def of(boundary: Int): Gauge = all(boundary)

  /** The same for a partition that nothing below has looked at. */
  def begin(index: Int): Unit = begin(index, null, null)

  /** As `Gauge.begin`: `lower` and `shared` are those of the lowest boundary. */
  def begin(index: Int, lower: Gauge, shared: SharedSlots): Unit = {
    var i = all.length - 1
    all(i).begin(index, lower, shared)
    while (i > 0) {
      i -= 1
      all(i).begin(index, all(i + 1), stack.slots(i))
    }
  }

  private[probe] def isDrained: Boolean = all.head.isDrained

  /** The input came to its end; a limit did not stop it. */
  def exhausted(): Unit = all.foreach(_.exhausted())

  def fail(what: String, error: Throwable): Unit = all.foreach(_.fail(what, error))

  def newRow(): KeptRow = new KeptRow(stack.ordinals)

  /** Hands a row to the samples that want it. */
  def keep(row: KeptRow): Unit = all.foreach(_.keep(row))
}

/** Values of one row that is kept in samples, by ordinal; null where the value is null. */
final class KeptRow private[probe] (ordinals: Int) {
  private val values = new Array[Any](ordinals)

  private[probe] def apply(ordinal: Int): Any = values(ordinal)

  // One name for all types: generated code calls it with whatever variable it has.
  def put(ordinal: Int, value: Boolean): Unit = values(ordinal) = value
  def put(ordinal: Int, value: Byte): Unit = values(ordinal) = value
  def put(ordinal: Int, value: Short): Unit = values(ordinal) = value
  def put(ordinal: Int, value: Int): Unit = values(ordinal) = value
  def put(ordinal: Int, value: Long): Unit = values(ordinal) = value
  def put(ordinal: Int, value: Float): Unit = values(ordinal) = value
  def put(ordinal: Int, value: Double): Unit = values(ordinal) = value

  /** The value may live in a buffer that the next row overwrites. */
  def put(ordinal: Int, value: AnyRef): Unit = values(ordinal) = InternalRow.copyValue(value)
}

/**
 * Goes to the executors: what is measured of boundaries that see the same rows.
 *
 * @param handles  in the order of `stack`
 * @param toTheEnd as in `ProbeSpec`
 */
class ProbeHandles private[probe] (
    private[probe] val stack: Stacked,
    handles: Seq[ProbeHandle],
    private[probe] val toTheEnd: Boolean = false
) extends Serializable {

  /** What this task has of the probe: its gauges, and the rows that pass them or what is made of these. */
  @transient private lazy val gauges = ArrayBuffer.empty[Gauges]
  @transient private lazy val inputs = ArrayBuffer.empty[() => Boolean]

  /** Never throws: after a fault of ours the gauges are off from the start. */
  def open(): Gauges = {
    val opened = new Gauges(stack, handles.map(_.open()).toArray)
    if (toTheEnd) gauges += opened
    opened
  }

  /** The codegen stage that the probe is a part of begins; its generated code calls this. */
  def reads(rows: BufferedRowIterator): Unit = inputs += (() => rows.hasNext && { rows.next(); true })

  /** The rows that the probe passes on, where it is in no codegen stage. */
  def reads(rows: Iterator[InternalRow]): Unit = inputs += (() => rows.hasNext && { rows.next(); true })

  /**
   * Reads what is left of the rows, since nobody else will. An error in a row that the program would not have come to is
   * none of the program's: then the partition was not read to its end, and says so.
   */
  def readRest(): Unit =
    try if (gauges.exists(!_.isDrained)) inputs.foreach(more => while (more()) ())
    catch {
      case killed: TaskKilledException => throw killed
      case NonFatal(_) =>
    } finally {
      // A task may go on with thousands of partitions that were coalesced into it.
      gauges.clear()
      inputs.clear()
    }
}
