package io.sparklineage.boundary

import java.util.concurrent.atomic.AtomicReference

/**
 * The columns whose hash chooses the sampled rows of a marked DataFrame, so that equal runs have equal samples.
 *
 * They are found by whoever needs them first: the thread that describes the plan, or the one that plans a query. Nobody
 * waits for another thread; two that find them at once find the same.
 *
 * @param find finds them in the plan and in nothing else, so that it gives the same whenever it is called
 */
final class SampleKeyOf(find: () => Seq[String]) {
  private val state = new AtomicReference[Either[() => Seq[String], Seq[String]]](Left(find))

  /** Names of the columns; empty where none can be told from the others. */
  def columns: Seq[String] = state.get match {
    case Right(known) => known
    case Left(unknown) => found(unknown())
  }

  /** Somebody who had to look at the whole plan has found them. */
  def found(columns: Seq[String]): Seq[String] = {
    state.set(Right(columns)) // lets go of the plan
    columns
  }
}

object SampleKeyOf {
  val Unknown = new SampleKeyOf(() => Nil)
}
