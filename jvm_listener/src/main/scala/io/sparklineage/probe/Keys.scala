package io.sparklineage.probe

import scala.collection.mutable

/**
 * The keys of one partition, as two hashes of 64 bits each, up to a limit; and whether one came twice.
 *
 * Two keys that differ have equal hashes by a chance of about n^2 / 2^129: of a thousand million keys less than one in
 * 10^20.
 */
final class Keys private[probe] (limit: Int) {
  private var first = new Array[Long](Keys.Smallest)
  private var second = new Array[Long](Keys.Smallest)
  private var taken = new Array[Boolean](Keys.Smallest)
  private var size = 0
  private var repeated = false
  private var many = false

  def add(a: Long, b: Long): Unit = if (!repeated && !many) {
    val at = place(a, b)
    if (taken(at)) end(twice = true)
    else if (size == limit) end(twice = false)
    else {
      put(at, a, b)
      if (size * 2 > first.length) grow()
    }
  }

  private def place(a: Long, b: Long): Int = {
    val mask = first.length - 1
    var at = (a ^ (a >>> 32)).toInt & mask
    while (taken(at) && (first(at) != a || second(at) != b)) at = (at + 1) & mask
    at
  }

  private def put(at: Int, a: Long, b: Long): Unit = {
    first(at) = a
    second(at) = b
    taken(at) = true
    size += 1
  }

  private def grow(): Unit = {
    val (oldFirst, oldSecond, oldTaken) = (first, second, taken)
    first = new Array[Long](oldFirst.length * 2)
    second = new Array[Long](oldFirst.length * 2)
    taken = new Array[Boolean](oldFirst.length * 2)
    size = 0
    oldFirst.indices.foreach(i => if (oldTaken(i)) put(place(oldFirst(i), oldSecond(i)), oldFirst(i), oldSecond(i)))
  }

  // Nothing that comes later changes the answer.
  private def end(twice: Boolean): Unit = {
    repeated = twice
    many = !twice
    first = Array.empty
    second = Array.empty
    taken = Array.empty
    size = 0
  }

  private[probe] def seen: KeysSeen = {
    val at = taken.indices.filter(taken(_)).toArray
    KeysSeen(at.map(first(_)), at.map(second(_)), repeated, many)
  }
}

private[probe] object Keys {
  private val Smallest = 64
  private val Fewest = 100

  /** What one of so many tasks may keep: all together few times the limit, as it all goes to the driver. */
  def limit(whole: Int, tasks: Int): Int =
    math.max(Fewest, math.min(whole.toLong, 4L * whole / math.max(1, tasks)).toInt)
}

/** The keys of one partition, or that there were too many, or that one came twice. */
final private[probe] case class KeysSeen(first: Array[Long], second: Array[Long], repeated: Boolean, many: Boolean)

private[probe] object KeysSeen {

  /** Whether all keys are different; None if that cannot be told. */
  def unique(parts: Seq[KeysSeen], limit: Int): Option[Boolean] =
    if (parts.exists(_.repeated)) Some(false)
    else if (parts.exists(_.many) || parts.map(_.first.length.toLong).sum > limit) None
    else Some(different(parts))

  private def different(parts: Seq[KeysSeen]): Boolean = {
    val first = parts.iterator.flatMap(_.first.iterator).toArray
    java.util.Arrays.sort(first)
    val twice = (1 until first.length).iterator.filter(i => first(i) == first(i - 1)).map(first(_)).toSet
    val whole = mutable.HashSet.empty[(Long, Long)]
    twice.isEmpty || parts.forall { part =>
      part.first.indices.forall(i => !twice(part.first(i)) || whole.add((part.first(i), part.second(i))))
    }
  }
}
