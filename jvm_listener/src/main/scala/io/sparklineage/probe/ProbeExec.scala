package io.sparklineage.probe

import io.sparklineage.Guard
import org.apache.spark.rdd.RDD
import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.expressions.{Attribute, AttributeSet, SortOrder, UnsafeProjection}
import org.apache.spark.sql.catalyst.expressions.codegen.{CodegenContext, ExprCode}
import org.apache.spark.sql.catalyst.plans.physical.Partitioning
import org.apache.spark.sql.execution._
import org.apache.spark.sql.lineage.{SharedProjectExec, UnseenExec}

/**
 * Looks at the rows of `child` as they pass by; transparent to the plan around it.
 *
 * It canonicalizes to its child, so exchanges and caches are found as without it, and does not show in
 * `explain`. What it measured is in `Probes.snapshot()`. After a fault of ours it hands the rows on and looks no more.
 *
 * @param specs
 *   what it measures: of boundaries between which there are only projections, the top one first
 * @param columns
 *   that it hands on; None: all of them
 */
final case class ProbeExec(specs: Seq[ProbeSpec], child: SparkPlan, columns: Option[Seq[Attribute]] = None)
    extends UnseenExec {
  private def counts: Boolean = specs.head.counting.isDefined
  private def toTheEnd: Boolean = specs.head.toTheEnd

  override def nodeName: String = "LineageProbe"
  override def output: Seq[Attribute] = columns.getOrElse(child.output)
  private def narrowed: SparkPlan = columns.fold(child)(ProjectExec(_, child))
  // Asked again and again, and each time all the way down. What they are (lists that are made lazily) need not travel.
  @transient override lazy val outputPartitioning: Partitioning = narrowed.outputPartitioning
  @transient override lazy val outputOrdering: Seq[SortOrder] = narrowed.outputOrdering
  override protected def doCanonicalize(): SparkPlan = child.canonicalized
  override protected def withNewChildInternal(newChild: SparkPlan): SparkPlan = copy(child = newChild)

  @transient private[probe] lazy val stacked = Stacked(specs.map(Layout(_, child.output, conf.sessionLocalTimeZone)))

  /** Empty where one could not be made: then the plan runs without this probe. */
  @transient private lazy val measurements: Seq[Measurement] = Guard.value("measurement", unmeasured) {
    specs.zip(stacked.layouts).map { case (spec, layout) => new Measurement(spec, layout, sparkContext) }
  }

  private def handles: Option[ProbeHandles] =
    if (measurements.isEmpty) None else Some(new ProbeHandles(stacked, measurements.map(_.handle), toTheEnd))

  private def unmeasured: Seq[Measurement] = {
    SteppedAside.afterFault(specs.flatMap(_.ids))
    Nil
  }

  /** Takes the place of what a fault of ours has cost: this probe measures nothing, and `without` is used instead. */
  private def stepAside[A](without: A): A = {
    measurements.foreach(_.stepAside(SteppedAside.Fault))
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
  @transient private var code: Option[StackCode] = None
  @transient private var keptForAbove: KeptHashes = Sharing.Nothing

  // Goes to the executors with the plan that a join holds: the same object as in the code of this probe. Null: there
  // what a join leaves unread stays unread.
  private var ofTask: ProbeHandles = _

  /** A join needs no more rows of this side. What is below has not let go of its memory yet. */
  override def cleanupResources(): Unit = {
    if (ofTask != null) Guard.run("probe rest")(ofTask.readRest())
    super.cleanupResources()
  }

  override protected def begin(rdd: Option[RDD[InternalRow]]): Unit = Guard.value("probe begin", stepAside(())) {
    val shared = SharedProjectExec.in(child)
    measurements.foreach(each => each.begin(rdd, shared.fold(child)(_.below(each.spec.above))))
  }

  override protected def doProduce(ctx: CodegenContext): String = {
    code = Guard.value("probe code", stepAside(Option.empty[StackCode]))(handles.map(newCode(ctx, _)))
    keptForAbove = Sharing.Nothing
    val produced = child.asInstanceOf[CodegenSupport].produce(ctx, this)
    val checks = limitNotReachedChecks
    Guard.value("probe begin code", stepAside(produced))(code.fold(produced)(around(_, produced, checks)))
  }

  private def newCode(ctx: CodegenContext, of: ProbeHandles): StackCode = {
    val handles = ctx.addReferenceObj("probe", of)
    if (toTheEnd) {
      ofTask = of
      ctx.addPartitionInitializationStatement(s"$handles.reads(this);")
    }
    new StackCode(ctx, stacked, handles, counts, keptForAbove)((lowest, asked) =>
      if (counts) None
      else Sharing.below(child).map { found =>
        val sharing = new Sharing(found.probe.stacked.layouts.head, lowest, found.passed, found.sameRows)
        found.probe.keptForAbove = sharing.asks(asked)
        ProbeCode.Below(sharing, () => found.probe.code.map(_.top))
      }
    )
  }

  private def around(code: StackCode, produced: String, limitNotReached: Seq[String]): String =
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
    val standing =
      if (columns.isEmpty && row != null && row.code.isEmpty && input.nonEmpty) row.value.toString else null
    s"""
       |$evaluated
       |$look
       |${consume(ctx, handedOn(input), standing)}
     """.stripMargin
  }

  private def handedOn(input: Seq[ExprCode]): Seq[ExprCode] =
    columns.fold(input)(_.map(column => input(child.output.indexWhere(_.exprId == column.exprId))))

  private def lookCode(code: StackCode, input: Seq[ExprCode]): String =
    if (code.canLook) code.look(ProbeCode.Variables(input)) else stepAside("")

  override protected def look(rdd: RDD[InternalRow]): Option[Look] = {
    begin(Some(rdd))
    val looking = Guard.value("probe rows", stepAside(Option.empty[Look]))(handles.map(lookingAt))
    columns.fold(looking)(wanted => Some(narrowing(looking, wanted, child.output)))
  }

  private def narrowing(looking: Option[Look], wanted: Seq[Attribute], from: Seq[Attribute]): Look =
    (index, rows) => {
      val projection = UnsafeProjection.create(wanted, from)
      projection.initialize(index)
      looking.fold(rows)(_(index, rows)).map(projection)
    }

  private def lookingAt(handles: ProbeHandles): Look = {
    if (toTheEnd) ofTask = handles
    val mayCompile = conf.wholeStageEnabled
    (index, rows) => {
      val looked = ProbingIterator.over(rows, handles, mayCompile, index)
      if (handles.toTheEnd) handles.reads(looked)
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
    Guard.value("driver rows", stepAside(()))(measurements.foreach(look(rows, whole, _)))
    rows
  }

  private def look(rows: Array[InternalRow], whole: Boolean, into: Measurement): Unit = {
    val gauge = InterpretedRowProbe.all(into.handle, rows.iterator)
    if (whole) gauge.exhausted()
    into.here(gauge.measures(0))
  }
}

object ProbeExec {

  /** The probe of one boundary, or one that counts. */
  def apply(spec: ProbeSpec, child: SparkPlan): ProbeExec = new ProbeExec(Seq(spec), child)
}
