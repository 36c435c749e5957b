package io.sparklineage.probe

import io.sparklineage.Guard
import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.expressions.{BoundReference, XxHash64}
import org.apache.spark.sql.catalyst.expressions.codegen._

/** Looks at rows one by one, where the plan is not in a whole codegen stage. */
abstract class RowProbe {
  def gauges: Gauges

  /** Throws no fault of ours: after one the gauge is off, and it looks at no row any more. */
  def look(row: InternalRow): Unit
}

private[sparklineage] object RowProbe {

  /**
   * So many values of one partition are looked at before code is generated for them. Java's compiler takes as long for a
   * wide row as looking at some thousand of them without, and makes the JVM compile it, too.
   */
  @volatile var valuesBeforeCode = 1000000

  /** What goes on with the same gauges in generated code. None where that cannot be had. */
  def compiled(gauges: Gauges, stack: Stacked): Option[RowProbe] =
    Guard.value("probe compile", Option.empty[RowProbe]) {
      val ctx = new CodegenContext
      ctx.addReferenceObj("probe", new Opened(gauges, stack))
      val code = source(ctx, stack)
      Some(CodeGenerator.compile(code)._1.generate(ctx.references.toArray).asInstanceOf[RowProbe])
    }

  private def source(ctx: CodegenContext, stack: Stacked): CodeAndComment = {
    val handles = s"((${classOf[ProbeHandles].getName}) references[0])"
    val code = new StackCode(ctx, stack, handles, counts = false)((_, _) => None)
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
         |  public ${classOf[Gauges].getName} gauges() { return ${code.gauges}; }
         |
         |  public void look(InternalRow row) {
         |    $look
         |  }
         |
         |  ${ctx.declareAddedFunctions()}
         |}
       """.stripMargin
    CodeFormatter.stripOverlappingComments(
      new CodeAndComment(CodeFormatter.stripExtraNewLines(body), ctx.getPlaceHolderToComments())
    )
  }
}

/** Gives the gauges that there are already. */
final private class Opened(gauges: Gauges, stack: Stacked) extends ProbeHandles(stack, Nil) {
  override def open(): Gauges = gauges
}

/** The same without generated code: for the first rows, and for where code cannot be compiled. */
final private[probe] class InterpretedRowProbe(handles: ProbeHandles) extends RowProbe {
  override val gauges: Gauges = handles.open()
  private val stack = handles.stack
  private val values = new RowValues(stack)
  private val looks = new Array[InterpretedLook](stack.layouts.length)

  looks.indices.reverse.foreach { i =>
    val below = stack.sharings.lift(i).map(sharing => InterpretedLook.Below(sharing, looks(i + 1)))
    looks(i) = new InterpretedLook(stack.layouts(i), gauges.of(i), values, below)
  }

  override def look(row: InternalRow): Unit = {
    values.of(row)
    var wanted = false
    var i = looks.length - 1
    while (i >= 0) {
      wanted |= looks(i).look()
      i -= 1
    }
    if (wanted) keep()
  }

  private def keep(): Unit =
    try {
      val row = gauges.newRow()
      stack.columns.foreach { column =>
        val value = values.value(column.ordinal).asInstanceOf[AnyRef]
        if (value != null) row.put(column.ordinal, value)
      }
      gauges.keep(row)
    } catch { case error: Throwable => gauges.fail("probe look", error) }
}

private[probe] object InterpretedRowProbe {

  /** Looks at all of the rows for one boundary. */
  def all(handle: ProbeHandle, rows: Iterator[InternalRow]): Gauge = {
    val probe = new InterpretedRowProbe(new ProbeHandles(Stacked(Seq(handle.layout)), Seq(handle)))
    rows.foreach(probe.look)
    probe.gauges.of(0)
  }
}

/** The values of one row and their hashes, by ordinal; each is looked for once, when somebody asks for it. */
final private[probe] class RowValues(stack: Stacked) {
  private val columns = stack.columns.map(column => column.ordinal -> column).toMap
  private val size = stack.ordinals
  private val inputs = Array.tabulate(size) { i =>
    columns.get(i).map(column => BoundReference(i, column.dataType, column.nullable)).orNull
  }
  private val hashing = Array.tabulate(size) { i =>
    columns.get(i).filter(_.hashable).map(_ => XxHash64(Seq(inputs(i)), Mixing.Seed)).orNull
  }
  private val hashed = new Array[Boolean](size)
  private val hashes = new Array[Long](size)

  private var current: InternalRow = _

  def row: InternalRow = current

  def of(row: InternalRow): Unit = {
    current = row
    java.util.Arrays.fill(hashed, false)
  }

  def value(ordinal: Int): Any = inputs(ordinal).eval(current)

  def isNull(ordinal: Int): Boolean = inputs(ordinal).nullable && current.isNullAt(ordinal)

  def hash(ordinal: Int): Long = {
    if (!hashed(ordinal)) {
      hashes(ordinal) = hashing(ordinal).eval(current).asInstanceOf[Long]
      hashed(ordinal) = true
    }
    hashes(ordinal)
  }
}

/** Looks at rows for one boundary. */
final private[probe] class InterpretedLook(
    layout: Layout,
    gauge: Gauge,
    values: RowValues,
    below: Option[InterpretedLook.Below]
) {
  private val columns = layout.columns
  private val longs = gauge.longs
  private val inKey = columns.indices.map(layout.key.contains).toArray
  private val summed = columns.indices.map(i => below.exists(_.sharing.summed(i))).toArray
  private val start = below.fold(0)(_.sharing.prefix)
  private val looked = columns.indices.filter(i => below.forall(_.sharing.needed(i))).toArray

  /** The running hash before each column, from `start` on; before the others it is that of the look below. */
  private val running = new Array[Long](columns.length + 1)

  private def before(column: Int): Long = if (column < start) below.get.look.before(column) else running(column)

  private val asked = layout.asked.map { asking =>
    asking.expressions.map(_.transform { case b: BoundReference =>
      b.copy(ordinal = columns(asking.columns(b.ordinal)).ordinal)
    })
  }

  /** Whether the row is to be kept in the sample. */
  def look(): Boolean =
    if (!gauge.looks) false
    else
      try {
        Guard.enter("probe look")
        measure()
      } catch { case error: Throwable => gauge.fail("probe look", error) }

  private def ask(question: Int): Unit = if (longs(layout.faults(question)) == 0) {
    try {
      val (answers, row) = (asked(question), values.row)
      val first = answers.head.eval(row)
      if (!layout.asked(question).unique) { if (first == false) longs(layout.counted(question)) += 1 }
      else if (first == true)
        gauge.keysOf(question).add(answers(1).eval(row).asInstanceOf[Long], answers(2).eval(row).asInstanceOf[Long])
    } catch { case _: RuntimeException => longs(layout.faults(question)) += 1 }
  }

  private def measure(): Boolean = {
    layout.asked.indices.foreach(ask)
    running(start) = if (start == 0) Mixing.Seed else below.get.look.before(start)
    var key = Mixing.Seed
    var n = 0
    while (n < looked.length) {
      val i = looked(n)
      val column = columns(i)
      val missing = values.isNull(column.ordinal)
      if (missing && !summed(i)) longs(layout.nulls(i)) += 1
      if (column.hashable) {
        val hash = values.hash(column.ordinal)
        if (!summed(i)) longs(layout.sums(i)) += hash
        if (inKey(i)) key = Mixing.fold(key, hash)
        if (i >= start) running(i + 1) = Mixing.fold(running(i), hash)
      } else if (i >= start) running(i + 1) = running(i)
      if (column.floating && !missing)
        gauge.sketch(i, values.value(column.ordinal).asInstanceOf[Number].doubleValue, before(layout.exact) < 0)
      n += 1
    }
    gauge.row(before(columns.length), if (layout.keyed) key else before(layout.exact))
  }
}

private[probe] object InterpretedLook {

  /** What has looked at the row before, and what need not be looked at again. */
  final case class Below(sharing: Sharing, look: InterpretedLook)
}

private[probe] object ProbingIterator {

  /** The rows, each looked at as it passes; after a fault of ours the rows as they are. */
  def over(
      rows: Iterator[InternalRow],
      handles: ProbeHandles,
      mayCompile: Boolean,
      index: Int
  ): Iterator[InternalRow] =
    try {
      Guard.enter("probe iterator")
      new ProbingIterator(rows, handles, mayCompile, index)
    } catch {
      case error: Throwable =>
        val gauges = handles.open()
        gauges.fail("probe iterator", error)
        gauges.begin(index)
        rows
    }
}

/** Passes rows on and looks at each. */
final private[probe] class ProbingIterator(
    input: Iterator[InternalRow],
    handles: ProbeHandles,
    mayCompile: Boolean,
    index: Int
) extends Iterator[InternalRow] {
  private var probe: RowProbe = new InterpretedRowProbe(handles)

  /** Rows until code is generated; negative: it is not, or was. */
  private var rowsLeft =
    if (mayCompile) RowProbe.valuesBeforeCode / (1 + handles.stack.columns.length) else -1

  private var begun = false

  private def begin(): Unit = if (!begun) {
    begun = true
    probe.gauges.begin(index)
  }

  override def hasNext: Boolean = {
    begin()
    val more = input.hasNext
    if (!more) probe.gauges.exhausted()
    more
  }

  override def next(): InternalRow = {
    begin()
    val row = input.next()
    if (rowsLeft == 0) RowProbe.compiled(probe.gauges, handles.stack).foreach(probe = _)
    rowsLeft -= 1
    probe.look(row)
    row
  }
}
