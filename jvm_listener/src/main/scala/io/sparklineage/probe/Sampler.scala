package io.sparklineage.probe

import org.apache.spark.sql.catalyst.InternalRow

/**
 * Keeps one row for each of the `capacity` smallest distinct keys, and how many rows had that key.
 *
 * The row kept for a key is the one with the smallest row hash, so that the sample does not depend on the
 * order of the rows. Generated code asks `threshold` for every row, `admit` for few, `put` hardly ever.
 */
final class Sampler(capacity: Int, width: Int) {
  private val keys = new Array[Long](capacity)
  private val mixes = new Array[Long](capacity)
  private val counts = new Array[Long](capacity)
  private val rows = new Array[Array[Any]](capacity)
  private var size = 0
  private var current = 0
  private var largest = 0
  private var limit = Long.MaxValue

  // Open addressing from the low bits of a key to its slot + 1: rows of few distinct keys all come here.
  private val mask = Integer.highestOneBit(math.max(capacity, 1) * 8) - 1
  private val table = new Array[Int](mask + 1)

  /** No key above this is wanted. */
  def threshold: Long = limit

  /** Counts a row; true if it is to be kept, value by value, with `put`. */
  def admit(key: Long, mix: Long): Boolean = {
    val slot = find(key)
    if (slot >= 0) {
      counts(slot) += 1
      mix < mixes(slot) && keep(slot, mix)
    } else if (size < capacity) {
      size += 1
      enter(size - 1, key, mix)
    } else if (key < keys(largest)) {
      enter(largest, key, mix)
    } else false
  }

  private def find(key: Long): Int = {
    var at = key.toInt & mask
    while (table(at) != 0) {
      if (keys(table(at) - 1) == key) return table(at) - 1
      at = (at + 1) & mask
    }
    -1
  }

  private def enter(slot: Int, key: Long, mix: Long): Boolean = {
    keys(slot) = key
    counts(slot) = 1
    java.util.Arrays.fill(table, 0)
    largest = 0
    var i = 0
    while (i < size) {
      if (keys(i) > keys(largest)) largest = i
      var at = keys(i).toInt & mask
      while (table(at) != 0) at = (at + 1) & mask
      table(at) = i + 1
      i += 1
    }
    if (size == capacity) limit = keys(largest)
    keep(slot, mix)
  }

  private def keep(slot: Int, mix: Long): Boolean = {
    mixes(slot) = mix
    rows(slot) = new Array[Any](width)
    current = slot
    true
  }

  // One name for all types: generated code calls it with whatever variable it has.
  def put(column: Int, value: Boolean): Unit = rows(current)(column) = value
  def put(column: Int, value: Byte): Unit = rows(current)(column) = value
  def put(column: Int, value: Short): Unit = rows(current)(column) = value
  def put(column: Int, value: Int): Unit = rows(current)(column) = value
  def put(column: Int, value: Long): Unit = rows(current)(column) = value
  def put(column: Int, value: Float): Unit = rows(current)(column) = value
  def put(column: Int, value: Double): Unit = rows(current)(column) = value

  /** The value may live in a buffer that the next row overwrites. */
  def put(column: Int, value: AnyRef): Unit = rows(current)(column) = InternalRow.copyValue(value)

  def seen(rendering: Rendering): Array[SampledRow] =
    Array.tabulate(size)(i => SampledRow(keys(i), mixes(i), counts(i), rendering(rows(i))))
}

/** A row of the sample as text; null where the value is null. */
final case class SampledRow(key: Long, mix: Long, count: Long, values: Array[String])
