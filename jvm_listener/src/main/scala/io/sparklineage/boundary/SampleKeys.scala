package io.sparklineage.boundary

import java.util.concurrent.ConcurrentHashMap

/** The columns whose hash chooses the sampled rows of a dataset, from its plan fragment. */
object SampleKeys {
  private val keys = new ConcurrentHashMap[String, Seq[String]]()

  def put(id: String, columns: Seq[String]): Unit = { keys.put(id, columns); () }

  /** Of the first dataset that has one; empty where none has. */
  def of(ids: Seq[String]): Seq[String] =
    ids.iterator.map(id => keys.getOrDefault(id, Nil)).find(_.nonEmpty).getOrElse(Nil)
}
