package io.sparklineage.probe

import java.util.TreeMap

import scala.collection.mutable

import io.sparklineage.Guard
import io.sparklineage.JavaCollections._
import org.apache.spark.util.AccumulatorV2

/**
 * Facts by partition of the probe's input: a partition that is computed again (retry, resubmitted stage,
 * speculation, the sampling job of a range partitioning) overwrites itself and is never added up.
 *
 * It stays zero until the task is over and has no name, so heartbeats, the event log and the UI do not
 * carry it.
 *
 * @param changed
 *   called on the driver after each task; null on executors
 */
final private[probe] class ProbeAccumulator(sampleRows: Int, @transient private val changed: () => Unit)
    extends AccumulatorV2[PartitionMeasures, Seq[PartitionMeasures]] {

  private val byPartition = mutable.HashMap.empty[Int, PartitionMeasures]
  @volatile private var changes = 0L

  private var lost: Option[String] = None

  /** The text of the sampled rows: on the driver only of those that can still be in the sample. */
  private val texts = new TreeMap[Long, SampledRow]()

  /** How often a task has told something new: what was read when this was the same is still what is known. */
  def arrivals: Long = changes

  /** How far the tasks have come. */
  def progress: Progress = synchronized {
    val seen = byPartition.values.filter(_.fault == null)
    Progress(seen.size, seen.count(_.exhausted), seen.iterator.map(_.longs(Layout.Rows)).sum)
  }

  override def isZero: Boolean = synchronized(byPartition.isEmpty)

  override def copy(): ProbeAccumulator = synchronized {
    val other = new ProbeAccumulator(sampleRows, null)
    other.byPartition ++= byPartition
    other.texts.putAll(texts)
    other
  }

  override def copyAndReset(): ProbeAccumulator = new ProbeAccumulator(sampleRows, null)

  override def reset(): Unit = synchronized { byPartition.clear(); texts.clear() }

  override def add(facts: PartitionMeasures): Unit = synchronized {
    // A `take` that stops early does not undo what an earlier job saw of the whole partition.
    if (facts.exhausted || !byPartition.get(facts.index).exists(_.exhausted)) {
      val before = byPartition.put(facts.index, facts.withoutTexts)
      if (!before.exists(_.sameAs(facts))) changes += 1
      facts.sample.foreach { row =>
        val known = texts.get(row.key)
        if (row.values != null && (known == null || row.mix <= known.mix)) texts.put(row.key, row)
      }
      while (texts.size > sampleRows) texts.pollLastEntry()
    }
  }

  /** On the driver in Spark's scheduler, which a `LinkageError` of ours would stop. */
  override def merge(other: AccumulatorV2[PartitionMeasures, Seq[PartitionMeasures]]): Unit =
    Guard.value("probe merge", lose("what a task has seen could not be taken over")) {
      other match {
        case that: ProbeAccumulator if that ne this => that.value.foreach(receive)
        case _ => ()
      }
      if (changed != null) changed()
    }

  /** Takes what a task has seen, on the driver: there a fault of ours on an executor becomes a gap. */
  def receive(measures: PartitionMeasures): Unit = {
    if (measures.fault != null) Guard.report(measures.fault.what, measures.fault.why)
    add(measures)
  }

  private def lose(why: String): Unit = synchronized { lost = Some(why) }

  /** Why what was seen says nothing: a fault of ours, of a partition that was not read again since. */
  def fault: Option[String] = synchronized {
    lost.orElse(byPartition.values.map(_.fault).find(_ != null).map(found => s"${found.what}: ${found.why}"))
  }

  override def value: Seq[PartitionMeasures] = synchronized(byPartition.values.map(_.withTexts(texts)).toSeq)

  /** The rows with the smallest keys of all partitions, with how many rows have each key. */
  def sample: Seq[SampledRow] = synchronized {
    val counts = mutable.HashMap.empty[Long, Long].withDefaultValue(0L)
    byPartition.values.foreach(_.sample.foreach(row => counts(row.key) += row.count))
    texts.values.asScala.toSeq.collect { case row if counts(row.key) > 0 => row.copy(count = counts(row.key)) }
  }
}

/**
 * How far the tasks of one probe have come.
 *
 * @param partitions of which something was seen
 * @param exhausted  partitions that were read to their end
 * @param rows       seen in all of them
 */
final private[probe] case class Progress(partitions: Int, exhausted: Int, rows: Long)
