package io.sparklineage.probe

import io.sparklineage.Guard
import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.expressions.{BoundReference, XxHash64}
import org.apache.spark.sql.catalyst.expressions.codegen._

/** Looks at rows one by one, where the plan is not in a whole codegen stage. */
abstract class RowProbe {
  def gauge: Gauge

  /** Throws no fault of ours: after one the gauge is off, and no row is looked at any more. */
  def look(row: InternalRow): Unit
}

private[sparklineage] object RowProbe {

  /**
   * So many values of one partition are looked at before code is generated for them. Java's compiler takes as long for a
   * wide row as looking at some thousand of them without, and makes the JVM compile it, too.
   */
  @volatile var valuesBeforeCode = 1000000

  /** Java source of a `RowProbe`, and what it refers to after the handle. */
  final case class Source(code: CodeAndComment, references: Array[Any])

  /** Made on the driver. */
  def source(layout: Layout, counts: Boolean): Source = {
    val ctx = new CodegenContext
    val name = "probe_handle"
    ctx.addReferenceObj(name, new AnyRef, classOf[ProbeHandle].getName)
    val handle = ctx.addMutableState(
      classOf[ProbeHandle].getName,
      name,
      v => s"$v = (${classOf[ProbeHandle].getName}) references[0];",
      forceInline = true
    )
    val code = new ProbeCode(ctx, layout, handle, counts)
    val look = code.look(ProbeCode.Row("row"))
    val body =
      s"""
         |public Object generate(Object[] references) { return new SpecificRowProbe(references); }
         |
         |final class SpecificRowProbe extends ${classOf[RowProbe].getName} {
         |  private Object[] references;
         |  ${ctx.declareMutableStates()}
         |
         |  public SpecificRowProbe(Object[] references) {
         |    this.references = references;
         |    ${ctx.initMutableStates()}
         |  }
         |
         |  public ${classOf[Gauge].getName} gauge() { return ${code.gauge}; }
         |
         |  public void look(InternalRow row) {
         |    $look
         |  }
         |
         |  ${ctx.declareAddedFunctions()}
         |}
       """.stripMargin
    val text = CodeFormatter.stripOverlappingComments(
      new CodeAndComment(CodeFormatter.stripExtraNewLines(body), ctx.getPlaceHolderToComments())
    )
    Source(text, ctx.references.toArray.drop(1))
  }

  /** What goes on with the same gauge in generated code. None where that cannot be compiled. */
  def compiled(gauge: Gauge, layout: Layout, source: Source): Option[RowProbe] =
    Guard.value("probe compile", Option.empty[RowProbe]) {
      val references = Array[Any](new Opened(gauge, layout)) ++ source.references
      Some(CodeGenerator.compile(source.code)._1.generate(references).asInstanceOf[RowProbe])
    }
}

/** Gives the gauge that there is already. */
final private class Opened(gauge: Gauge, layout: Layout) extends ProbeHandle(layout, null) {
  override def open(): Gauge = gauge
}

/** The same without generated code: for the first rows, and for where code cannot be compiled. */
final private[probe] class InterpretedRowProbe(handle: ProbeHandle) extends RowProbe {
  override val gauge: Gauge = handle.open()
  private val layout = handle.layout
  private val longs = gauge.longs
  private val inKey = layout.columns.indices.map(layout.key.contains).toArray
  private val inputs = layout.columns.map(c => BoundReference(c.ordinal, c.dataType, c.nullable))
  private val hashes = layout.columns.zip(inputs).map { case (c, input) =>
    if (c.hashable) XxHash64(Seq(input), Mixing.Seed) else null
  }

  private val asked = layout.asked.map { asking =>
    asking.expressions.map(_.transform { case b: BoundReference =>
      b.copy(ordinal = layout.columns(asking.columns(b.ordinal)).ordinal)
    })
  }

  private def ask(question: Int, row: InternalRow): Unit = if (longs(layout.faults(question)) == 0) {
    try {
      val values = asked(question)
      val first = values.head.eval(row)
      if (!layout.asked(question).unique) { if (first == false) longs(layout.counted(question)) += 1 }
      else if (first == true)
        gauge.keysOf(question).add(values(1).eval(row).asInstanceOf[Long], values(2).eval(row).asInstanceOf[Long])
    } catch { case _: RuntimeException => longs(layout.faults(question)) += 1 }
  }

  override def look(row: InternalRow): Unit = if (!gauge.isOff) {
    try {
      Guard.enter("probe look")
      measure(row)
    } catch { case error: Throwable => gauge.fail("probe look", error) }
    ()
  }

  private def measure(row: InternalRow): Unit = {
    asked.indices.foreach(ask(_, row))
    longs(Layout.Rows) += 1
    var hash, key, prefix = Mixing.Seed
    layout.columns.indices.foreach { i =>
      val value = inputs(i).eval(row)
      if (value == null) longs(layout.nulls(i)) += 1
      if (i == layout.exact) prefix = hash
      if (hashes(i) != null) {
        val h = hashes(i).eval(row).asInstanceOf[Long]
        longs(layout.sums(i)) += h
        if (inKey(i)) key = Mixing.fold(key, h)
        hash = Mixing.fold(hash, h)
      }
      if (layout.columns(i).floating && value != null) sketch(i, value.asInstanceOf[Number].doubleValue, prefix < 0)
    }
    if (layout.rowFingerprint.isDefined) {
      longs(Layout.RowA) += Mixing.mixA(hash)
      longs(Layout.RowB) += Mixing.mixB(hash)
    }
    if (gauge.sampler != null && key <= gauge.sampler.threshold && gauge.sampler.admit(key, hash)) {
      inputs.indices.foreach { i =>
        val value = inputs(i).eval(row).asInstanceOf[AnyRef]
        if (value != null) gauge.sampler.put(i, value)
      }
    }
  }

  private def sketch(i: Int, number: Double, negative: Boolean): Unit =
    if (number.isNaN) longs(layout.nans(i)) += 1
    else if (math.abs(number) <= Double.MaxValue) {
      val at = layout.sketch(i)
      gauge.doubles(at) += number
      gauge.doubles(at + 1) += number * number
      gauge.doubles(at + 2) += (if (negative) -number else number)
    }
}

private[probe] object ProbingIterator {

  /** The rows, each looked at as it passes; after a fault of ours the rows as they are. */
  def over(
      rows: Iterator[InternalRow],
      handle: ProbeHandle,
      source: Option[RowProbe.Source],
      index: Int
  ): Iterator[InternalRow] =
    try {
      Guard.enter("probe iterator")
      new ProbingIterator(rows, handle, source, index)
    } catch {
      case error: Throwable =>
        val gauge = handle.open()
        gauge.fail("probe iterator", error)
        gauge.start(index)
        rows
    }
}

/** Passes rows on and looks at each. */
final private[probe] class ProbingIterator(
    input: Iterator[InternalRow],
    handle: ProbeHandle,
    source: Option[RowProbe.Source],
    index: Int
) extends Iterator[InternalRow] {
  private var probe: RowProbe = new InterpretedRowProbe(handle)
  private var started = false

  /** Rows until code is generated; negative: it is not, or was. */
  private var rowsLeft = if (source.isEmpty) -1 else RowProbe.valuesBeforeCode / (1 + handle.layout.columns.length)

  override def hasNext: Boolean = {
    if (!started) { started = true; probe.gauge.start(index) }
    val more = input.hasNext
    if (!more) probe.gauge.exhausted()
    more
  }

  override def next(): InternalRow = {
    if (!started) { started = true; probe.gauge.start(index) }
    val row = input.next()
    if (rowsLeft == 0) source.flatMap(RowProbe.compiled(probe.gauge, handle.layout, _)).foreach(probe = _)
    rowsLeft -= 1
    probe.look(row)
    row
  }
}
