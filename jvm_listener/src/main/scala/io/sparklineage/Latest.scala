package io.sparklineage

import java.util.{LinkedHashMap, Map => JavaMap}

/**
 * The latest entries of a map, at most `most` of them: where one more comes, the oldest goes. Threads may share it, and
 * none waits for longer than one access.
 *
 * @param forgotten called with the key of an entry that had to go
 */
final private[sparklineage] class Latest[K, V](most: Int, forgotten: K => Unit) {
  private val entries = new LinkedHashMap[K, V]()

  /** Adds an entry; the one that had this key before. */
  def put(key: K, value: V): Option[V] = {
    val (before, oldest) = synchronized {
      val replaced = Option(entries.put(key, value))
      (replaced, if (entries.size > most) removeOldest() else None)
    }
    oldest.foreach(forgotten)
    before
  }

  /** The value of a key, which is no longer held. */
  def take(key: K): Option[V] = synchronized(Option(entries.remove(key)))

  def get(key: K): Option[V] = synchronized(Option(entries.get(key)))

  def clear(): Unit = synchronized(entries.clear())

  def size: Int = synchronized(entries.size)

  private def removeOldest(): Option[K] = {
    val first: java.util.Iterator[JavaMap.Entry[K, V]] = entries.entrySet.iterator
    val key = first.next().getKey
    first.remove()
    Some(key)
  }
}
