package io.sparklineage.probe

/**
 * Keeps one row for each of the `capacity` smallest distinct keys, and how many rows had that key.
 *
 * The row kept for a key is the one with the smallest row hash, so that the sample does not depend on the
 * order of the rows. `threshold` is asked for every row, `admit` for few, `keep` hardly ever.
 */
final class Sampler(capacity: Int) {
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

  /** Counts a row; true if it is to be kept: then `keep` comes next. */
  def admit(key: Long, mix: Long): Boolean = {
    val slot = find(key)
    if (slot >= 0) {
      counts(slot) += 1
      mix < mixes(slot) && chosen(slot, mix)
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
    chosen(slot, mix)
  }

  private def chosen(slot: Int, mix: Long): Boolean = {
    mixes(slot) = mix
    current = slot
    true
  }

  /** The values of the row that was admitted last, which nobody changes any more; null where one is null. */
  def keep(values: Array[Any]): Unit = rows(current) = values

  def seen(rendering: Rendering): Array[SampledRow] =
    Array.tabulate(size)(i => SampledRow(keys(i), mixes(i), counts(i), rendering(rows(i))))
}

/** A row of the sample as text; null where the value is null. */
final case class SampledRow(key: Long, mix: Long, count: Long, values: Array[String])
