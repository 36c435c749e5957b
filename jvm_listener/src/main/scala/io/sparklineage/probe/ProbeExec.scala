package io.sparklineage.probe

import io.sparklineage.Guard
import org.apache.spark.rdd.RDD
import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.expressions.{Attribute, AttributeSet, SortOrder}
import org.apache.spark.sql.catalyst.expressions.codegen.{CodegenContext, ExprCode}
import org.apache.spark.sql.catalyst.plans.physical.Partitioning
import org.apache.spark.sql.execution._

/**
 * Looks at the rows of `child` as they pass by; transparent to the plan around it.
 *
 * It canonicalizes to its child, so exchanges and caches are found as without it, and does not show in
 * `explain`. What it measured is in `Probes.snapshot()`.
 */
final case class ProbeExec(spec: ProbeSpec, child: SparkPlan) extends Unexplained with CodegenSupport {
  override def nodeName: String = "LineageProbe"
  override def output: Seq[Attribute] = child.output
  override def outputPartitioning: Partitioning = child.outputPartitioning
  override def outputOrdering: Seq[SortOrder] = child.outputOrdering
  override protected def doCanonicalize(): SparkPlan = child.canonicalized
  override protected def withNewChildInternal(newChild: SparkPlan): SparkPlan = copy(child = newChild)

  @transient private[probe] lazy val layout = Layout(spec, child.output, conf.sessionLocalTimeZone)
  @transient private lazy val measurement = new Measurement(spec, layout, sparkContext)

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
  // can use of it before that one writes its code.
  @transient private var code: ProbeCode = _
  @transient private var asked: KeptHashes = Sharing.Nothing

  override def inputRDDs(): Seq[RDD[InternalRow]] = {
    val rdds = child.asInstanceOf[CodegenSupport].inputRDDs()
    measurement.begin(rdds.headOption, child)
    rdds
  }

  override protected def doProduce(ctx: CodegenContext): String = {
    val below = Sharing.below(child).map { found =>
      val sharing = new Sharing(found.probe.layout, layout, found.passed, found.sameRows)
      found.probe.asked = sharing.asks(asked)
      ProbeCode.Below(sharing, () => found.probe.code)
    }
    code = new ProbeCode(ctx, layout, ctx.addReferenceObj("probe", measurement.handle), below, asked)
    asked = Sharing.Nothing
    val produced = child.asInstanceOf[CodegenSupport].produce(ctx, this)
    val drained = code.exhausted
    val checks = limitNotReachedChecks
    val begin = Guard.value("probe code", measurement.stepAside())(code.begin("partitionIndex"))
    s"""
       |$begin
       |$produced
       |${if (checks.isEmpty) drained else s"if (${checks.mkString(" && ")}) { $drained }"}
     """.stripMargin
  }

  override def doConsume(ctx: CodegenContext, input: Seq[ExprCode], row: ExprCode): String = {
    val evaluated = evaluateVariables(input)
    val look = Guard.value("probe code", measurement.stepAside())(code.look(ProbeCode.Variables(input)))
    // A row that stands there already is handed on: its parent need not build it again.
    val standing = if (row != null && row.code.isEmpty && input.nonEmpty) row.value.toString else null
    s"""
       |$evaluated
       |$look
       |${consume(ctx, input, standing)}
     """.stripMargin
  }

  override protected def doExecute(): RDD[InternalRow] = {
    val rdd = child.execute()
    measurement.begin(Some(rdd), child)
    val handle = measurement.handle
    val source = Guard.value("probe code", Option.empty[RowProbe.Source]) {
      if (conf.wholeStageEnabled) Some(RowProbe.source(layout)) else None
    }
    rdd.mapPartitionsWithIndex { (index, rows) =>
      new ProbingIterator(rows, RowProbe.open(handle, source), index)
    }
  }

  override def executeCollect(): Array[InternalRow] =
    if (onDriver) here(child.executeCollect(), whole = true) else super.executeCollect()

  override def executeTake(n: Int): Array[InternalRow] =
    if (onDriver) here(child.executeTake(n), whole = false) else super.executeTake(n)

  override def executeTail(n: Int): Array[InternalRow] =
    if (onDriver) here(child.executeTail(n), whole = false) else super.executeTail(n)

  private def here(rows: Array[InternalRow], whole: Boolean): Array[InternalRow] = {
    measurement.begin(None, child)
    val probe = new InterpretedRowProbe(measurement.handle)
    rows.foreach(probe.look)
    if (whole) probe.gauge.exhausted()
    measurement.here(probe.gauge.measures(0))
    rows
  }
}
