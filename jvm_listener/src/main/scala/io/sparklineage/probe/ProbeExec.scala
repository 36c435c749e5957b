package io.sparklineage.probe

import io.sparklineage.Guard
import org.apache.spark.rdd.RDD
import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.expressions.{Attribute, AttributeSet, SortOrder}
import org.apache.spark.sql.catalyst.expressions.codegen.{CodegenContext, ExprCode}
import org.apache.spark.sql.catalyst.plans.physical.Partitioning
import org.apache.spark.sql.execution._
import org.apache.spark.sql.lineage.UnseenExec

/**
 * Looks at the rows of `child` as they pass by; transparent to the plan around it.
 *
 * It canonicalizes to its child, so exchanges and caches are found as without it, and does not show in
 * `explain`. What it measured is in `Probes.snapshot()`. After a fault of ours it hands the rows on and looks no more.
 */
final case class ProbeExec(spec: ProbeSpec, child: SparkPlan) extends UnseenExec {
  private def counts: Boolean = spec.counting.isDefined

  override def nodeName: String = "LineageProbe"
  override def output: Seq[Attribute] = child.output
  // Asked again and again, and each time all the way down. What they are (lists that are made lazily) need not travel.
  @transient override lazy val outputPartitioning: Partitioning = child.outputPartitioning
  @transient override lazy val outputOrdering: Seq[SortOrder] = child.outputOrdering
  override protected def doCanonicalize(): SparkPlan = child.canonicalized
  override protected def withNewChildInternal(newChild: SparkPlan): SparkPlan = copy(child = newChild)

  @transient private[probe] lazy val layout = Layout(spec, child.output, conf.sessionLocalTimeZone)

  /** None where it could not be made: then the plan runs without this probe. */
  @transient private lazy val measurement: Option[Measurement] =
    Guard.value("measurement", unmeasured)(Some(new Measurement(spec, layout, sparkContext)))

  private def unmeasured: Option[Measurement] = {
    SteppedAside.afterFault(spec.ids)
    None
  }

  /** Takes the place of what a fault of ours has cost: this probe measures nothing, and `without` is used instead. */
  private def stepAside[A](without: A): A = {
    measurement.foreach(_.stepAside(SteppedAside.Fault))
    without
  }

  /** Rows that stand on the driver are collected without a spark_job, with the probe as without. */
  private def onDriver: Boolean = child match {
    case _: LocalTableScanExec | _: CommandResultExec => true
    case _ => false
  }

  // A codegen stage with a local table as its root would run a spark_job.
  override def supportCodegen: Boolean = !onDriver

  // The probe evaluates what it needs itself: so the code of the child is split as it is without a probe.
  override def usedInputs: AttributeSet = AttributeSet.empty

  // Made anew each time the plan is turned into code, from the root down: a probe tells the one below what it
  // can use of it before that one writes its code. None: this probe has no code.
  @transient private var code: Option[ProbeCode] = None
  @transient private var keptForAbove: KeptHashes = Sharing.Nothing

  // Goes to the executors with the plan that a join holds: the same object as in the code of this probe. Null: there
  // what a join leaves unread stays unread.
  private var ofTask: ProbeHandle = _

  /** A join needs no more rows of this side. What is below has not let go of its memory yet. */
  override def cleanupResources(): Unit = {
    if (ofTask != null) Guard.run("probe rest")(ofTask.readRest())
    super.cleanupResources()
  }

  override protected def begin(rdd: Option[RDD[InternalRow]]): Unit =
    Guard.value("probe begin", stepAside(()))(measurement.foreach(_.begin(rdd, child)))

  override protected def doProduce(ctx: CodegenContext): String = {
    code = Guard.value("probe code", stepAside(Option.empty[ProbeCode]))(measurement.map(newCode(ctx, _)))
    keptForAbove = Sharing.Nothing
    val produced = child.asInstanceOf[CodegenSupport].produce(ctx, this)
    val checks = limitNotReachedChecks
    Guard.value("probe begin code", stepAside(produced))(code.fold(produced)(around(_, produced, checks)))
  }

  private def newCode(ctx: CodegenContext, of: Measurement): ProbeCode = {
    val below = if (counts) None
    else Sharing.below(child).map { found =>
      val sharing = new Sharing(found.probe.layout, layout, found.passed, found.sameRows)
      found.probe.keptForAbove = sharing.asks(keptForAbove)
      ProbeCode.Below(sharing, () => found.probe.code)
    }
    val handle = ctx.addReferenceObj("probe", of.handle)
    if (spec.toTheEnd) {
      ofTask = of.handle
      ctx.addPartitionInitializationStatement(s"$handle.reads(this);")
    }
    new ProbeCode(ctx, layout, handle, counts, below, keptForAbove)
  }

  private def around(code: ProbeCode, produced: String, limitNotReached: Seq[String]): String =
    s"""
       |${if (code.canLook) code.begin("partitionIndex") else ""}
       |$produced
       |${if (limitNotReached.isEmpty) code.exhausted
      else s"if (${limitNotReached.mkString(" && ")}) { ${code.exhausted} }"}
     """.stripMargin

  override def doConsume(ctx: CodegenContext, input: Seq[ExprCode], row: ExprCode): String = {
    // A count reads no column: of a row that a filter above drops, the others are not decoded.
    val evaluated = if (counts) "" else evaluateVariables(input)
    val look = Guard.value("probe look code", stepAside(""))(code.fold("")(lookCode(_, input)))
    // A row that stands there already is handed on: its parent need not build it again.
    val standing = if (row != null && row.code.isEmpty && input.nonEmpty) row.value.toString else null
    s"""
       |$evaluated
       |$look
       |${consume(ctx, input, standing)}
     """.stripMargin
  }

  private def lookCode(code: ProbeCode, input: Seq[ExprCode]): String =
    if (code.canLook) code.look(ProbeCode.Variables(input)) else stepAside("")

  override protected def look(rdd: RDD[InternalRow]): Option[Look] = {
    begin(Some(rdd))
    Guard.value("probe rows", stepAside(Option.empty[Look]))(measurement.map(of => looking(of.handle)))
  }

  private def looking(handle: ProbeHandle): Look = {
    val source = Guard.value("probe class", Option.empty[RowProbe.Source]) {
      if (conf.wholeStageEnabled) Some(RowProbe.source(layout, counts)) else None
    }
    if (spec.toTheEnd) ofTask = handle
    val toTheEnd = spec.toTheEnd
    (index, rows) => {
      val looked = ProbingIterator.over(rows, handle, source, index)
      if (toTheEnd) handle.reads(looked)
      looked
    }
  }

  override def executeCollect(): Array[InternalRow] =
    if (onDriver) looked(child.executeCollect(), whole = true) else super.executeCollect()

  override def executeTake(n: Int): Array[InternalRow] =
    if (onDriver) looked(child.executeTake(n), whole = false) else super.executeTake(n)

  override def executeTail(n: Int): Array[InternalRow] =
    if (onDriver) looked(child.executeTail(n), whole = false) else super.executeTail(n)

  private def looked(rows: Array[InternalRow], whole: Boolean): Array[InternalRow] = {
    begin(None)
    Guard.value("driver rows", stepAside(()))(measurement.foreach(look(rows, whole, _)))
    rows
  }

  private def look(rows: Array[InternalRow], whole: Boolean, into: Measurement): Unit = {
    val probe = new InterpretedRowProbe(into.handle)
    rows.foreach(probe.look)
    if (whole) probe.gauge.exhausted()
    into.here(probe.gauge.measures(0))
  }
}
