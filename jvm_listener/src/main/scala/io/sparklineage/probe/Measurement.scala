package io.sparklineage.probe

import java.util.concurrent.atomic.AtomicLong

import scala.util.Try
import scala.util.hashing.MurmurHash3

import io.sparklineage.Numbers
import io.sparklineage.model.{Answer, Probed, ProbedColumn, Sample, Sketch}
import org.apache.spark.SparkContext
import org.apache.spark.rdd.RDD
import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.plans.QueryPlan
import org.apache.spark.sql.catalyst.trees.TreeNodeTag
import org.apache.spark.sql.execution.{InputAdapter, SparkPlan, WholeStageCodegenExec}

/** One probe in one physical plan: what the tasks that ran it have seen so far. Lives on the driver. */
final private[probe] class Measurement(val spec: ProbeSpec, layout: Layout, sparkContext: SparkContext) {
  private val accumulator = new ProbeAccumulator(layout.sampleRows, () => Probes.changed(this))
  sparkContext.register(accumulator)

  val instance: String = s"p${Measurement.count.incrementAndGet()}"
  val handle: ProbeHandle = new ProbeHandle(layout, accumulator)

  // Until something was seen: then how many partitions there are is known, and nothing needs to be kept alive.
  private var input: Option[RDD[InternalRow]] = None
  private var expected: Option[Int] = None
  private var plan: Option[SparkPlan] = None
  private var planHash: Option[String] = None
  private var execution: Option[Long] = None
  private var over = false
  private var aside: Option[String] = None
  private var failed = false
  private var toldLast = false // all that is known was told when the execution was over
  private var toldWhole = -1L // the arrivals when everything had been seen and was told

  /** The plan is about to run, reading `rdd`; more than once if whole stage code had to be given up. */
  def begin(rdd: Option[RDD[InternalRow]], child: SparkPlan): Unit = synchronized {
    input = rdd
    if (spec.counting.isEmpty) plan = Some(child)
    spec.counting.foreach(_.begun(this))
    execution = Option(sparkContext.getLocalProperty("spark.sql.execution.id")).flatMap(Numbers.long)
    if (execution.isDefined) { // perhaps not for the first time
      over = false
      failed = false
      toldLast = false
    }
    Probes.begun(this, execution)
  }

  /** The rows stood on the driver and no spark_job ran. */
  def here(facts: PartitionMeasures): Unit = synchronized {
    accumulator.reset()
    accumulator.receive(facts)
    expected = Some(1)
    Probes.changed(this)
  }

  /** A fault of ours: the plan runs without this probe. `why` is for people, in one line. */
  def stepAside(why: String): Unit = synchronized { aside = Some(why) }

  /** An execution has ended; if it is the one that runs this probe now, nothing more is expected to arrive. */
  def end(ended: Long, failure: Boolean): Unit = synchronized {
    if (execution.contains(ended)) {
      over = true
      failed = failure
    }
  }

  /**
   * What is known now, once for each marked DataFrame; empty while nothing is. Until all partitions were read or the
   * execution is over that is how many rows have passed: columns, fingerprints and the sample come with the last word.
   */
  def probed(): Seq[Probed] = spec.counting.fold(looked())(counted)

  /** The number of rows once every partition was read to its end, and none had a fault of ours. */
  def wholeRows: Option[Long] = synchronized {
    settle()
    val sound = aside.isEmpty && accumulator.fault.isEmpty
    Some(accumulator.progress).filter(progress => sound && expected.contains(progress.exhausted)).map(_.rows)
  }

  /** Told once it is known, with what the scan below has given. */
  private def counted(counting: Counting): Seq[Probed] = synchronized {
    val arrivals = accumulator.arrivals
    val known = for (rows <- wholeRows; read <- counting.read if arrivals != toldWhole) yield (rows, read)
    if (known.isDefined) toldWhole = arrivals
    known.toSeq.flatMap { case (rows, read) =>
      spec.ids.map { id =>
        Probed(
          dataset = id,
          instance = s"$instance.$id",
          execution = execution,
          rows = Some(rows),
          complete = false,
          reason = Some("counted"),
          detail = None,
          pushed = Nil,
          columns = Nil,
          fingerprint = None,
          sample = None,
          planHash = None,
          read = Some(read)
        )
      }
    }
  }

  private def looked(): Seq[Probed] = synchronized {
    val arrivals = accumulator.arrivals
    val stopped = aside.orElse(accumulator.fault)
    val progress = if (stopped.isDefined) Progress(0, 0, 0L) else accumulator.progress
    if (progress.partitions == 0 && stopped.isEmpty && !over) Nil
    else {
      settle()
      val whole = stopped.isEmpty && expected.contains(progress.exhausted)
      val last = whole || (over && !toldLast && progress.partitions > 0)
      val nothingNew = whole && arrivals == toldWhole // the end of the execution adds nothing
      toldLast = over
      if (whole) toldWhole = arrivals
      if (nothingNew) Nil
      else if (last) withFacts(spec.ids.map(told(_, progress, whole, stopped)), whole)
      else spec.ids.map(told(_, progress, whole, stopped))
    }
  }

  /** How far it has come. `stopped`: why nothing is known, after a fault of ours. */
  private def told(id: String, progress: Progress, whole: Boolean, stopped: Option[String]): Probed = {
    val anything = progress.partitions > 0 || whole
    val reason = if (stopped.isDefined) Some("stepped_aside") else why(id, anything, whole)
    Probed(
      dataset = id,
      instance = s"$instance.$id",
      execution = execution,
      rows = if (anything) Some(progress.rows) else None,
      complete = reason.isEmpty,
      reason = reason,
      detail =
        if (whole) None
        else stopped.orElse(expected.map(n => s"${progress.exhausted} of $n partitions read to their end")),
      pushed = spec.pushedFor(id),
      columns = Nil,
      fingerprint = None,
      sample = None,
      planHash = planHash,
      needless =
        if (whole && !spec.limited) spec.needless.filter(filter => spec.pushedFor(id).contains(filter.filter)) else Nil
    )
  }

  private def withFacts(told: Seq[Probed], whole: Boolean): Seq[Probed] = {
    val facts = new Totals(accumulator.value.filter(_.fault == null), accumulator.sample)
    told.map(
      _.copy(
        columns = facts.columns,
        fingerprint = facts.fingerprint,
        sample = facts.sample,
        answers = if (spec.questions.isEmpty) Nil else facts.answers(whole)
      )
    )
  }

  private def why(id: String, anything: Boolean, whole: Boolean): Option[String] =
    if (whole && spec.pushedFor(id).nonEmpty) Some("filter_pushed")
    else if (whole && spec.limited) Some("limit")
    else if (whole) None
    else if (failed) Some("failed")
    else if (!anything) Some("never_executed")
    else if (over || spec.limited) Some("limit")
    else Some("partial")

  /** A spark_job ran, or the execution is over: the RDD knows its partitions without work. */
  private def settle(): Unit = {
    if (expected.isEmpty) expected = input.flatMap(rdd => Try(rdd.getNumPartitions).toOption)
    input = None
    planHash = planHash.orElse(plan.flatMap(Measurement.hashOf))
    plan = None
  }

  final private class Totals(seen: Seq[PartitionMeasures], rows: Seq[SampledRow]) {
    val longs: Array[Long] = seen.foldLeft(layout.newLongs())((sum, one) => add(sum, one.longs))
    private val doubles = seen.sortBy(_.index).foldLeft(layout.newDoubles()) { (sum, one) =>
      sum.indices.map(i => sum(i) + one.doubles(i)).toArray
    }
    private val inOrder = layout.columns.zipWithIndex.sortBy(_._1.position).toSeq

    def columns: Seq[ProbedColumn] = inOrder.map { case (column, i) =>
      ProbedColumn(
        name = column.name,
        dataType = column.typeName,
        nulls = Some(longs(layout.nulls(i))),
        fingerprint = if (column.hashable) Some(f"xxh64:${longs(layout.sums(i))}%016x") else None,
        sketch = if (column.floating) Some(sketch(layout.sketch(i))) else None,
        nans = if (column.floating) Some(longs(layout.nans(i))) else None
      )
    }

    def fingerprint: Option[String] =
      layout.rowFingerprint.map(name => f"$name:${longs(Layout.RowA)}%016x${longs(Layout.RowB)}%016x")

    def sample: Option[Sample] =
      if (!layout.sampling) None
      else
        Some(
          Sample(
            key = layout.key.map(layout.columns(_)).sortBy(_.position).map(_.name).toSeq,
            columns = inOrder.map(_._1.name),
            rows = rows.map(row => inOrder.map { case (_, i) => Option(row.values(i)) }),
            counts = rows.map(_.count)
          )
        )

    /** `whole`: no row is missing; before, keys are not compared. */
    def answers(whole: Boolean): Seq[Answer] = spec.questions.map { posed =>
      val question = posed.question
      val at = layout.asked.indexWhere(_.question == question)
      val (value, reason) =
        if (posed.expressions.isLeft) (None, posed.expressions.left.toOption)
        else if (at < 0) (None, Some("a column of it does not flow: nothing reads it"))
        else if (longs(layout.faults(at)) > 0) (None, Some("it failed on a row"))
        else if (question.kind == Question.Unique) unique(at, whole)
        else (Some(longs(layout.counted(at))), None)
      Answer(question.kind, question.arguments, value, reason)
    }

    private def unique(at: Int, whole: Boolean): (Option[Long], Option[String]) =
      if (!whole) (None, Some("not all rows flowed"))
      else KeysSeen.unique(seen.map(_.keys(at)), spec.mostKeys) match {
        case Some(all) => (Some(if (all) 1L else 0L), None)
        case None =>
          (None, Some(s"more than ${spec.mostKeys} keys (checks.keys), or too many of them in one partition"))
      }

    private def sketch(at: Int) = Sketch(doubles(at), doubles(at + 1), Some(doubles(at + 2)).filter(_ => layout.signed))

    private def add(sum: Array[Long], one: Array[Long]): Array[Long] = {
      sum.indices.foreach(i => sum(i) += one(i))
      sum
    }
  }
}

private[probe] object Measurement {
  private val count = new AtomicLong

  private val Hash = TreeNodeTag[(Int, Int)]("spark.lineage.hash")

  /** Equal for two physical plans that give the same rows. Codegen stages do not matter. */
  private def hashOf(plan: SparkPlan): Option[String] = Try {
    val (first, second) = hash(plan.canonicalized)
    f"$first%08x$second%08x"
  }.toOption

  /** Two hashes of a canonical plan. It keeps them: of boundaries above each other, each stands in the plan of the next. */
  private def hash(canonical: QueryPlan[_]): (Int, Int) = canonical match {
    case WholeStageCodegenExec(child) => hash(child)
    case InputAdapter(child) => hash(child)
    case _ => canonical.getTagValue(Hash).getOrElse {
        val inside: Seq[Any] = canonical.children ++ canonical.innerChildren
        val below = inside.collect { case plan: QueryPlan[_] => hash(plan) }
        val text = canonical.verboseString(Int.MaxValue)
        val both = (
          MurmurHash3.orderedHash(MurmurHash3.stringHash(text, 1) +: below.map(_._1)),
          MurmurHash3.orderedHash(MurmurHash3.stringHash(text, 2) +: below.map(_._2))
        )
        canonical.setTagValue(Hash, both)
        both
      }
  }
}
