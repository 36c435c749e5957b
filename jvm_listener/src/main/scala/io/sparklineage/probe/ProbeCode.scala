package io.sparklineage.probe

import io.sparklineage.Guard
import org.apache.spark.sql.catalyst.expressions.{BoundReference, XxHash64}
import org.apache.spark.sql.catalyst.expressions.codegen._
import org.apache.spark.sql.types._

/**
 * The Java code of one boundary of a probe, for a whole codegen stage or for a class of its own (`RowProbe`).
 *
 * It hashes columns and adds up the hashes; all else is done by the `Gauge`. Code is compiled anew for each query, first by
 * Spark and then by the JVM, which costs more than many rows do: so there is little of it. It stands in functions
 * beside the loop over the rows, of some columns each, so that a wide row leaves no method near the 8,000 bytes
 * above which nothing is compiled.
 *
 * @param opened
 *   what gives the `Gauge` in the generated class
 * @param counts
 *   rows are counted and nothing else
 * @param below
 *   a probe of the same stage that has looked at the row before
 * @param asked
 *   what a probe above needs of this one
 */
final private[probe] class ProbeCode(
    ctx: CodegenContext,
    layout: Layout,
    opened: String,
    counts: Boolean,
    below: Option[ProbeCode.Below],
    asked: KeptHashes
) {
  import ProbeCode._

  private val floats = layout.exact < layout.columns.length

  private def state(javaType: String, name: String, init: String => String = _ => ""): String =
    ctx.addMutableState(javaType, s"probe_$name", init, forceInline = true)

  /** The name of the `Gauge` in the generated class. */
  val gauge: String = state(classOf[Gauge].getName, "gauge", v => s"$v = $opened;")
  private val key = if (layout.keyed) state("long", "key") else ""

  /** The running hash before the first float column: its sign signs the sketches. */
  private val prefix = if (floats) state("long", "prefix") else ""

  private var looked = false

  /** The probe below, whose code stands before that of this one. */
  private def lower: ProbeCode = below.get.code().get

  /** False where this probe would use hashes of a probe below that makes none: that one has stepped aside. */
  def canLook: Boolean = below.forall(_.code().exists(_.looked))

  /** Before this column the running hash is that of the probe below. */
  private val start: Int = below.map(_.sharing.prefix).getOrElse(0)

  /** Fields that keep column hashes for the probe above; what a still lower one keeps is not kept again. */
  private lazy val hashes: Map[Int, String] =
    asked.hashes.map(i => i -> lowerHash(i).getOrElse(state("long", "share"))).toMap

  private def lowerHash(column: Int): Option[String] =
    below.flatMap(_.sharing.columns.get(column)).flatMap(j => lower.hashes.get(j))

  /** Running hash before a column, for the probe above: a field, or the seed. */
  private lazy val folds: Map[Int, String] = asked.folds.map { at =>
    at -> (if (at == 0) s"${Mixing.Seed}L" else if (at <= start) lower.folds(at) else state("long", "fold"))
  }.toMap

  private def summed(column: Int): Boolean = below.exists(_.sharing.summed(column))

  /** The gauge below whose hashes are used, and what of it is the same in this one: as in `Gauge.begin`. */
  def sharedWith: (String, String) = {
    val shared = below.map(_.sharing).filter(_.sameRows)
      .map(sharing => ctx.addReferenceObj("probe_slots", new SharedSlots(sharing.slots)))
    (below.fold("null")(_ => lower.gauge), shared.getOrElse("null"))
  }

  /** Looks at one row, and sets `wanted` where it is to be kept in the sample. */
  def look(input: Input, wanted: String): String = {
    looked = true
    if (counts) s"$gauge.count();"
    else {
      val (before, last) = looks(input)
      s"""
         |${before.mkString("\n")}
         |$wanted |= $last;
         |${layout.asked.indices.map(ask(_, input)).mkString("\n")}
       """.stripMargin
    }
  }

  /** Statements that look at columns, the first ones first, and a call that looks at the last: whether to keep the row. */
  private def looks(input: Input): (Seq[String], String) = {
    val touched = layout.columns.indices.filter { i =>
      val column = layout.columns(i)
      (column.hashable || column.nullable) && below.forall(_.sharing.needed(i))
    }
    val chunks = if (touched.isEmpty) Seq(Nil) else chunked(touched)(layout.columns(_).dataType)
    val hash = if (chunks.length > 1) ctx.freshName("probe_hash") else ""
    val calls = chunks.zipWithIndex.map { case (chunk, n) =>
      val bound = input.bind(ctx, chunk.map(need))
      val previous = touched.takeWhile(i => chunk.headOption.exists(i < _)).lastOption.getOrElse(-1)
      val begin = if (n == 0) first else ""
      val code = s"$begin${columns(previous, chunk, bound)}"
      val handed = if (n == 0) bound else bound.copy(s", long hash${bound.parameters}", s", $hash${bound.arguments}")
      if (n < chunks.length - 1) call("look", handed, s"$code\nreturn hash;", "long" -> "0L")
      else call("look", handed, s"$code\n${last(chunk.lastOption.getOrElse(-1))}", "boolean" -> "false")
    }
    val before = calls.init.zipWithIndex.map { case (look, n) => s"${if (n == 0) "long " else ""}$hash = $look;" }
    (before, calls.last)
  }

  private def first: String = {
    val hash = if (start > 0) lower.folds(start) else s"${Mixing.Seed}L"
    s"long hash = $hash;${if (layout.keyed) s"\n$key = ${Mixing.Seed}L;" else ""}\n"
  }

  private def last(previous: Int): String = {
    val by = if (layout.keyed) key else if (floats) prefix else "hash"
    s"${marks(previous, layout.columns.length)}\nreturn $gauge.row(hash, $by);"
  }

  /** Looks at the row for a question; where that fails the question has no answer, and the row passes on. */
  private def ask(question: Int, input: Input): String = {
    val asking = layout.asked(question)
    val bound = input.bind(ctx, asking.columns.toSeq.map(i => Need(layout.columns(i), value = true, isNull = true)))
    val values = bound.variables.map(_.code.toString).mkString("\n")
    ctx.currentVars = bound.variables.map(v => ExprCode(v.isNull, v.value))
    ctx.INPUT_ROW = null
    val code = asking.expressions.map(_.genCode(ctx))
    val faults = s"$gauge.longs()[${layout.faults(question)}]"
    val counted = s"$gauge.longs()[${layout.counted(question)}]"
    val look =
      if (asking.unique) {
        val (has, first, second) = (code(0), code(1), code(2))
        s"""
           |${has.code}
           |if (${has.value}) {
           |  ${first.code}
           |  ${second.code}
           |  $gauge.keysOf($question).add(${first.value}, ${second.value});
           |}
         """.stripMargin
      } else s"${code.head.code}\nif (!${code.head.isNull} && !${code.head.value}) $counted++;"
    val body = s"if ($faults == 0L) {\n try {\n$values\n$look\n} catch (RuntimeException fault) { $faults++; }\n}"
    call("ask", bound, body) + ";"
  }

  /**
   * A function of its own, and the call of it. A fault of ours ends the look at the partition, and the row passes on;
   * where nothing is thrown, `try` is free.
   *
   * @param result its type, and what it is where nothing is looked at
   */
  private def call(name: String, bound: Bound, look: String, result: (String, String) = "void" -> ""): String = {
    val fresh = ctx.freshName(s"probe_$name")
    val defined = ctx.addNewFunction(
      fresh,
      s"""
         |private ${result._1} $fresh(${bound.parameters.stripPrefix(", ")}) {
         |  if ($gauge.looks()) try {
         |    $enter$look
         |  } catch (Throwable fault) { $gauge.fail("probe look", fault); }
         |  return ${result._2};
         |}
       """.stripMargin
    )
    s"$defined(${bound.arguments.stripPrefix(", ")})"
  }

  /** Keeps the running hash for whoever needs it before one of the columns after `previous` up to `next`. */
  private def marks(previous: Int, next: Int): String = {
    val own = folds.toSeq.filter(_._1 > start) ++ (if (floats) Seq(layout.exact -> prefix) else Nil)
    own.collect { case (at, field) if at > previous && at <= next => s"$field = hash;" }.mkString("\n")
  }

  private def columns(previous: Int, chunk: Seq[Int], bound: Bound): String = {
    val each = chunk.indices.map { n =>
      val before = if (n == 0) previous else chunk(n - 1)
      Seq(marks(before, chunk(n)), column(chunk(n), bound.variables(n))).filter(_.nonEmpty).mkString("\n")
    }
    s"long[] longs = $gauge.longs();\n${each.mkString("\n")}"
  }

  /** What the code of a column reads of it. */
  private def need(i: Int): Need = {
    val known = lowerHash(i).isDefined
    val floating = layout.columns(i).floating
    Need(layout.columns(i), value = !known || floating, isNull = !known || floating || !summed(i))
  }

  private def column(i: Int, variable: ExprCode): String = {
    val measured = layout.columns(i)
    val missing = if (summed(i)) "" else s"longs[${layout.nulls(i)}]++;"
    if (!measured.hashable) Seq(variable.code.toString, unlessNull(variable, missing, "")).mkString("\n")
    else {
      val sketch =
        if (measured.floating) s"$gauge.sketch($i, ${variable.value}, $prefix < 0L);" else ""
      val known = lowerHash(i)
      val hash = known.getOrElse(ctx.freshName("probe_column"))
      val look =
        if (known.isDefined) unlessNull(variable, missing, sketch)
        else {
          val nullable = variable.isNull != FalseLiteral
          val begin = s"long $hash${if (nullable) s" = ${Mixing.Seed}L" else ""};"
          s"$begin\n${unlessNull(variable, missing, s"${hashed(measured, variable, hash)} $sketch")}"
        }
      Seq(
        variable.code.toString,
        look,
        if (known.isEmpty) hashes.get(i).map(field => s"$field = $hash;").getOrElse("") else "",
        if (summed(i)) "" else s"longs[${layout.sums(i)}] += $hash;",
        if (layout.keyed && layout.key.contains(i)) s"$key = $key * ${Mixing.Factor}L + $hash;" else "",
        if (i >= start) s"hash = hash * ${Mixing.Factor}L + $hash;" else ""
      ).filter(_.nonEmpty).mkString("\n")
    }
  }

  private def unlessNull(variable: ExprCode, absent: String, present: String): String =
    if (variable.isNull == FalseLiteral) present
    else if (absent.isEmpty && present.isEmpty) ""
    else if (present.isEmpty) s"if (${variable.isNull}) { $absent }"
    else s"if (${variable.isNull}) { $absent } else { $present }"

  private def hashed(measured: MeasuredColumn, variable: ExprCode, result: String): String =
    measured.dataType match {
      case decimal: DecimalType if decimal.precision <= Decimal.MAX_LONG_DIGITS =>
        s"$result = $gauge.hash(${variable.value}.toUnscaledLong());"
      case dataType if ByGauge.contains(dataType) || dataType.isInstanceOf[DecimalType] =>
        s"$result = $gauge.hash(${variable.value});"
      case dataType =>
        ctx.currentVars = Seq(ExprCode(FalseLiteral, variable.value))
        val code = XxHash64(Seq(BoundReference(0, dataType, nullable = false)), Mixing.Seed).genCode(ctx)
        s"${code.code}\n$result = ${code.value};"
    }
}

private[probe] object ProbeCode {

  /** Columns in one function, about: a string or a number weighs one. */
  private val ChunkWeight = 24

  /** Types that `Gauge.hash` hashes as Spark does; texts of the one collation whose equal texts have equal bytes. */
  val ByGauge: Set[DataType] = Set(
    BooleanType,
    ByteType,
    ShortType,
    IntegerType,
    LongType,
    FloatType,
    DoubleType,
    DateType,
    TimestampType,
    TimestampNTZType,
    StringType,
    BinaryType
  )

  /** Where tests watch for faults: a call that throws one. */
  def enter: String =
    if (Guard.isWatched) s"""${Guard.getClass.getName.stripSuffix("$")}.enter("probe look");""" else ""

  /** Columns in groups of one function each. */
  def chunked[A](columns: Seq[A])(dataType: A => DataType): Seq[Seq[A]] = {
    val chunks = Seq.newBuilder[Seq[A]]
    var chunk = Vector.empty[A]
    var weight = 0
    columns.foreach { column =>
      chunk :+= column
      weight += weigh(dataType(column))
      if (weight >= ChunkWeight) { chunks += chunk; chunk = Vector.empty; weight = 0 }
    }
    if (chunk.nonEmpty) chunks += chunk
    chunks.result()
  }

  final case class Below(sharing: Sharing, code: () => Option[ProbeCode])

  /** What a function reads of a column. */
  final case class Need(column: MeasuredColumn, value: Boolean, isNull: Boolean)

  /** How the values of a few columns get into a function. */
  final case class Bound(parameters: String, arguments: String, variables: Seq[ExprCode])

  sealed trait Input {
    def bind(ctx: CodegenContext, needs: Seq[Need]): Bound
  }

  /** The row stands in Java variables, by ordinal. */
  final case class Variables(values: Seq[ExprCode]) extends Input {
    override def bind(ctx: CodegenContext, needs: Seq[Need]): Bound = {
      val bound = needs.map { need =>
        val outer = values(need.column.ordinal)
        val javaType = CodeGenerator.javaType(need.column.dataType)
        val value = ctx.freshName("value")
        val isNull = ctx.freshName("isNull")
        val nullable = need.column.nullable && outer.isNull != FalseLiteral
        val passed = (if (need.value) Seq(s"$javaType $value" -> outer.value.code) else Nil) ++
          (if (need.isNull && nullable) Seq(s"boolean $isNull" -> outer.isNull.code) else Nil)
        val nullCode = if (nullable) JavaCode.isNullVariable(isNull) else FalseLiteral
        (passed, ExprCode(nullCode, JavaCode.variable(value, need.column.dataType)))
      }
      val all = bound.flatMap(_._1)
      Bound(all.map(", " + _._1).mkString, all.map(", " + _._2).mkString, bound.map(_._2))
    }
  }

  /** The row stands in an `InternalRow`; each function reads its columns itself. */
  final case class Row(name: String) extends Input {
    override def bind(ctx: CodegenContext, needs: Seq[Need]): Bound = {
      ctx.currentVars = null
      ctx.INPUT_ROW = "row"
      val variables = needs.map { case Need(column, _, _) =>
        BoundReference(column.ordinal, column.dataType, column.nullable).genCode(ctx)
      }
      Bound(", org.apache.spark.sql.catalyst.InternalRow row", s", $name", variables)
    }
  }

  private def weigh(dataType: DataType): Int = dataType match {
    case struct: StructType => struct.fields.map(field => weigh(field.dataType)).sum + 1
    case array: ArrayType => weigh(array.elementType) + 2
    case _ => 1
  }
}
