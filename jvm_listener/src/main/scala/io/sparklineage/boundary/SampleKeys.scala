package io.sparklineage.boundary

import java.util.concurrent.{ConcurrentHashMap, Future, TimeUnit}

/**
 * The columns whose hash chooses the sampled rows of a dataset. They come from its plan fragment, which is described
 * in another thread: a query that starts at once waits a moment for it, so that equal runs have equal samples.
 */
object SampleKeys {
  private val WaitMs = 500L
  private val keys = new ConcurrentHashMap[String, Future[Seq[String]]]()

  def promise(id: String, columns: Future[Seq[String]]): Unit = { keys.put(id, columns); () }

  /** Of the first dataset that has one; empty where none has. */
  def of(ids: Seq[String]): Seq[String] =
    ids.iterator.flatMap(id => Option(keys.get(id))).map(_.get(
      WaitMs,
      TimeUnit.MILLISECONDS
    )).find(_.nonEmpty).getOrElse(Nil)
}
